// The units of a machine that a device can be made of, and how a written device is matched with them.

/// The CPUs and the units of a machine.
public struct Hardware: Sendable, Hashable {
    public let inventory: CPUInventory
    /// Fastest first.
    public let clusters: [CPUCluster]
    /// In the order of their providers.
    public let units: [UnitSummary]

    /// - Parameter units: those of providers.
    public init(inventory: CPUInventory, units: [UnitSummary]) {
        (self.inventory, self.units) = (inventory, units)
        clusters = inventory.clusters
    }

    /// The names that a device can have here, those that can be had anywhere last.
    public var deviceNames: [String] {
        units.filter(\.isListed).map(\.name) + units.filter { $0.choice == .onRequest }.map(\.name)
    }
}

extension Hardware {
    /// Matches a written device with this machine's units.
    ///
    /// What is made of CPUs takes CPUs of its own only.
    /// - Throws: `DeviceSpecificationError` naming the device or the CPUs that aren't here.
    public func resolve(_ specification: DeviceSpecification) throws(DeviceSpecificationError) -> ResolvedDevice {
        let name = specification.name
        try check(specification.cpus ?? [], of: name)
        guard let unit = units.first(where: { $0.name.lowercased() == name.word }) else {
            throw .unknownDevice(name, available: deviceNames)
        }
        if case .madeOf(let own) = unit.cpuUse {
            let outside = (specification.cpus ?? []).subtracting(own)
            guard outside.isEmpty else { throw .foreignCPUs(outside, cluster: unit.name, cpus: own) }
        }
        return ResolvedDevice(unit, cpus: specification.cpus, speed: specification.speed)
    }

    /// Numbers devices of one unit where there are several: `cpu0`, `cpu1`, …, unlike all other names here.
    func numbered(_ devices: [ResolvedDevice]) -> [ResolvedDevice] {
        var numbered = devices
        for unit in units where unit.allowsSeveral && devices.count(where: { $0.unit == unit }) > 1 {
            let others = Set(numbered.map(\.name))
            var free = (0...).lazy.map { "\(unit.name)\($0)" }.filter { !others.contains($0) }.makeIterator()
            for index in numbered.indices where numbered[index].unit == unit { numbered[index].name = free.next()! }
        }
        return numbered
    }

    /// Devices that the user made of several kinds of core, a line each: "cpu mixes kinds of core: big 4, LITTLE 0-3".
    public func mixtures(of devices: [ResolvedDevice]) -> [String] {
        devices.filter(\.isMadeOfCPUs).compactMap { device in
            let kinds = clusters.filter { !$0.cpus.isDisjoint(with: device.cpus) }
            guard kinds.count > 1 else { return nil }
            let parts = kinds.map { "\($0.name) \($0.cpus.intersection(device.cpus))" }
            return "\(device.name) mixes kinds of core: \(parts.joined(separator: ", "))"
        }
    }

    func check(_ cpus: CPUSet, of name: DeviceSpecification.Name) throws(DeviceSpecificationError) {
        let missing = cpus.subtracting(inventory.online)
        guard missing.isEmpty else { throw .noSuchCPUs(missing, device: name, machine: inventory.online) }
        let forbidden = cpus.subtracting(inventory.allowed)
        guard forbidden.isEmpty else { throw .forbiddenCPUs(forbidden, device: name, allowed: inventory.allowed) }
    }
}
