// What holds this process back whichever CPUs it runs on: the CPU quota of its control groups.

import Devices

/// The contract's "limits", and what it means for the threads that compute.
struct Limits: Encodable {
    /// CPU time, in CPUs; null where there is no quota.
    let cpuQuota: OrNull<Double>
    private let line: String?
    private let busyThreads: Int?

    private enum CodingKeys: CodingKey { case cpuQuota }

    /// - Parameter busyThreads: that compute at once; nil where that isn't known.
    init(_ inventory: CPUInventory, busyThreads: Int? = nil) {
        (cpuQuota, line) = (OrNull(inventory.quota), inventory.quotaLine)
        self.busyThreads = busyThreads
    }

    init<Frame>(_ inventory: CPUInventory, of devices: [NetworkDevice<Frame>]) {
        self.init(inventory, busyThreads: devices.reduce(0) { $0 + $1.busyThreads })
    }

    /// A line, where the quota is less than the CPUs.
    var text: String? {
        guard let line else { return nil }
        guard let busyThreads else { return line }
        let threads = "\(line), for \(busyThreads) busy thread\(busyThreads == 1 ? "" : "s")"
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
