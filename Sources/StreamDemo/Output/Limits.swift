// What holds this process back whichever CPUs it runs on: the CPU quota of its control groups.

import Devices
import Foundation
import Kernels

/// The contract's "limits", and what it means for the threads that compute.
struct Limits: Encodable {
    /// CPU time, in CPUs; null where there is no quota.
    let cpuQuota: OrNull<Double>
    private let cpuCount: Int
    private let busyThreads: Int?

    private enum CodingKeys: CodingKey { case cpuQuota }

    /// - Parameter busyThreads: that compute at once; nil where that isn't known.
    init(_ inventory: CPUInventory, busyThreads: Int? = nil) {
        (cpuQuota, cpuCount) = (OrNull(inventory.quota), inventory.allowed.count)
        self.busyThreads = busyThreads
    }

    init<Frame>(_ inventory: CPUInventory, of devices: [NetworkDevice<Frame>]) {
        self.init(inventory, busyThreads: devices.reduce(0) { $0 + $1.busyThreads })
    }

    /// A line, where the quota is less than the CPUs.
    var text: String? {
        guard let quota = cpuQuota.value, quota < Double(cpuCount) else { return nil }
        let time = "CPU quota: the time of \(quota.formatted(digits: 2)) of \(cpuCount) CPUs"
        guard let busyThreads else { return time }
        let threads = "\(time), for \(busyThreads) busy thread\(busyThreads == 1 ? "" : "s")"
        return isExceeded ? "\(threads): all stand still together whenever it is used up" : threads
    }

    /// More threads are busy than the quota can keep busy.
    var isExceeded: Bool {
        guard let quota = cpuQuota.value, let busyThreads else { return false }
        return Double(busyThreads) > quota.rounded(.up)
    }

    /// For the user who asked for more threads than the quota keeps busy.
    var warning: String? { isExceeded ? text : nil }
}

extension NetworkDevice {
    /// Threads that compute at once; the host threads of a GPU wait for most of the time.
    fileprivate var busyThreads: Int {
        guard let openCLDevice else { return laneCount * threadsPerLane }
        return openCLDevice.kind == .cpu ? threadsPerLane : 0
    }
}
