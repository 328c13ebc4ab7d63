// How many cores devices get under a CPU quota. Pure.

extension Hardware {
    /// Cores that a CPU quota keeps busy; nil where it doesn't bind. More busy threads would use it up sooner, and then
    /// all stand still together until the next period.
    public var busyCoreLimit: Int? {
        guard let quota = inventory.quota, quota < Double(inventory.allowedCores.count) else { return nil }
        return Int(quota.rounded(.up))
    }

    /// CPU clusters cut to the cores that the quota keeps busy, the first ones first; what isn't a CPU cluster, or is
    /// listed as fixed, stays as it is.
    /// - Parameters:
    ///   - fixed: names of devices whose CPUs the user wrote.
    ///   - keepingEach: a device keeps one core at least, as one that the user named; else it is left out.
    func withinQuota(
        _ devices: [ResolvedDevice], fixed: Set<String> = [], keepingEach: Bool
    ) -> [ResolvedDevice] {
        guard let limit = busyCoreLimit else { return devices }
        func isCut(_ device: ResolvedDevice) -> Bool { device.isMadeOfCPUs && !fixed.contains(device.name) }
        func cores(_ device: ResolvedDevice) -> [CPUSet] { inventory.cores(of: device.cpus) }
        let taken = devices.filter { !isCut($0) && !$0.hasHostThreads }.reduce(0) { $0 + cores($1).count }
        var left = limit - taken
        var following = devices.count(where: isCut)
        return devices.compactMap { device in
            guard isCut(device) else { return device }
            following -= 1
            let most = keepingEach ? max(left - following, 1) : max(left, 0)
            let own = cores(device).prefix(most)
            left -= own.count
            guard !own.isEmpty else { return nil }
            var cut = device
            cut.cpus = CPUSet(own.joinedNumbers)
            return cut
        }
    }
}
