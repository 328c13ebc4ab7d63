// What devices that compute by themselves cost the host while a stream runs: measured, not estimated.

import CoExec
import Devices
import System

/// CPU time that a device took of its host while a stream ran, in percent of one core.
struct HostUse: Encodable, Equatable {
    /// Of the lanes' threads: they launch kernels, wait, and serve the stream's ends where a command has them do so.
    let hostPercent: Double
    /// Of the threads that compute, for a CPU device whose threads are known.
    let workerPercent: Double?

    init(hostPercent: Double, workerPercent: Double?) {
        (self.hostPercent, self.workerPercent) = (hostPercent, workerPercent)
    }

    /// nil of none.
    init?(medianOf uses: [HostUse]) {
        guard !uses.isEmpty else { return nil }
        let workers = uses.compactMap(\.workerPercent)
        self.init(
            hostPercent: Samples(uses.map(\.hostPercent)).median,
            workerPercent: workers.isEmpty ? nil : Samples(workers).median)
    }

    var text: String {
        "host threads \(hostPercent.formatted(digits: 1)) % of a core"
            + (workerPercent.map { ", workers \($0.formatted(digits: 1)) %" } ?? "")
    }
}

/// Reads the devices' clocks before and after a stream.
struct HostUseMeter {
    private struct Probe {
        let workers: [Int]
        let nanoseconds: Int
    }

    /// nil for a device whose host threads compute themselves, so that their time is no cost beside it.
    private let probes: [Probe?]

    /// - Parameter devices: of the stream, whose lanes are open.
    init<Frame>(_ devices: [NetworkDevice<Frame>]) {
        probes = devices.map { device in
            guard case .others(let workers) = device.computing else { return nil }
            return Probe(workers: workers, nanoseconds: Self.time(of: workers))
        }
    }

    /// - Parameter report: of the stream, at its end. Of one that stood still all the time, there is nothing to tell.
    func uses(in report: StreamReport) -> [HostUse?] {
        let duration = Double(report.durationNanoseconds)
        return zip(probes, report.devices).map { (probe: Probe?, device) -> HostUse? in
            guard duration > 0, let probe else { return nil }
            let workerTime = Self.time(of: probe.workers) - probe.nanoseconds
            return HostUse(
                hostPercent: 100 * Double(device.cpuNanoseconds) / duration,
                workerPercent: probe.workers.isEmpty ? nil : 100 * Double(workerTime) / duration)
        }
    }

    private static func time(of workers: [Int]) -> Int {
        workers.reduce(0) { $0 + (ThreadCPUTime.nanoseconds(ofThread: $1) ?? 0) }
    }
}
