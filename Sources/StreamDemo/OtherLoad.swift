// What other programs take of the machine while something is measured. A value; used on one thread.

import Glibc
import System

/// Counts from when it was made. The kernel counts in hundredths of a second.
struct OtherLoad {
    private struct Reading {
        let nanoseconds: Int
        /// Time that all cores spent on anything, with what a hypervisor took away.
        let busySeconds: Double
        let ownSeconds: Double

        init?() {
            // "cpu  user nice system idle iowait irq softirq steal …", user with what guests take.
            guard let text = try? SystemFiles.thisMachine.text("proc/stat"),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") })
            else { return nil }
            let ticks = line.split(separator: " ").dropFirst().compactMap { Double($0) }
            guard ticks.count >= 8 else { return nil }
            ownSeconds = Double(processCPUNanoseconds()) / 1e9
            nanoseconds = monotonicNanoseconds()
            busySeconds = (ticks[0...2] + ticks[5...7]).reduce(0, +) / Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        }
    }

    private let start = Reading()

    /// Cores that others have kept busy, on average; nil where the kernel doesn't tell, or for less than 0.1 s.
    var cores: Double? {
        guard let start, let end = Reading(), end.nanoseconds - start.nanoseconds >= 100_000_000 else { return nil }
        let others = end.busySeconds - start.busySeconds - (end.ownSeconds - start.ownSeconds)
        return max(others, 0) / (Double(end.nanoseconds - start.nanoseconds) / 1e9)
    }
}
