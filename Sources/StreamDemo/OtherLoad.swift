// What other programs take of the machine while something is measured. A value; used on one thread.

import CoExec
import Foundation

/// Counts from when it was made. The kernel counts in hundredths of a second.
struct OtherLoad {
    private struct Reading {
        let time: Int
        /// Time that all cores spent on anything, with what a hypervisor took away.
        let busySeconds: Double
        let ownSeconds: Double

        init?() {
            // "cpu  user nice system idle iowait irq softirq steal …", user with what guests take.
            guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") })
            else { return nil }
            let ticks = line.split(separator: " ").dropFirst().compactMap { Double($0) }
            guard ticks.count >= 8 else { return nil }
            var own = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own)
            time = monotonicNanoseconds()
            busySeconds = (ticks[0...2] + ticks[5...7]).reduce(0, +) / Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
            ownSeconds = Double(own.tv_sec) + Double(own.tv_nsec) / 1e9
        }
    }

    private let start = Reading()

    /// Cores that others have kept busy, on average; nil where the kernel doesn't tell, or for less than 0.1 s.
    var cores: Double? {
        guard let start, let end = Reading(), end.time - start.time >= 100_000_000 else { return nil }
        let others = end.busySeconds - start.busySeconds - (end.ownSeconds - start.ownSeconds)
        return max(others, 0) / (Double(end.time - start.time) / 1e9)
    }
}
