// The units of a machine that a device can be made of, and how a written device is matched with them.

/// An OpenCL device, as far as choosing devices needs to know it.
public struct OpenCLDeviceSummary: Sendable, Hashable {
    public let name: String
    /// A driver that runs on the CPU, such as PoCL; it shares the CPUs with the clusters.
    public let isCPU: Bool

    public init(name: String, isCPU: Bool) { (self.name, self.isCPU) = (name, isCPU) }
}

/// The CPUs, clusters and OpenCL devices of a machine.
public struct Hardware: Sendable, Hashable {
    public let inventory: CPUInventory
    /// Fastest first.
    public let clusters: [CPUCluster]
    /// In the order in which OpenCL lists them.
    public let openCLDevices: [OpenCLDeviceSummary]
    /// What `gpu`, `gpu1`, … stand for: positions in `openCLDevices`, real GPUs before CPUs.
    public let gpuOrder: [Int]

    public init(inventory: CPUInventory, openCLDevices: [OpenCLDeviceSummary] = []) {
        (self.inventory, self.openCLDevices) = (inventory, openCLDevices)
        clusters = inventory.clusters
        gpuOrder =
            openCLDevices.indices.filter { !openCLDevices[$0].isCPU }
            + openCLDevices.indices.filter { openCLDevices[$0].isCPU }
    }

    /// The names that a device can have here; `cpu` can be had anywhere.
    public var deviceNames: [String] {
        let names = clusters.map(\.name) + gpuOrder.indices.map { DeviceSpecification.Name.gpu($0).description }
        return names.contains("cpu") ? names : names + ["cpu"]
    }
}

/// A device that this machine has: which unit, on which CPUs, at which speed.
public struct ResolvedDevice: Sendable, Hashable {
    public enum Unit: Sendable, Hashable {
        /// CPU threads, on `cpus`.
        case cpu
        /// The OpenCL device at this position of `Hardware.openCLDevices`.
        case openCL(Int)
    }

    /// "big", "cpu", "cpu1", "gpu".
    public internal(set) var name: String
    public let unit: Unit
    /// The CPUs it computes on. For a GPU, those that its host threads are bound to; empty until they have a place.
    public internal(set) var cpus: CPUSet
    /// Relative speed to emulate, 1 for the unit as it is.
    public let speed: Double
    /// It stands in for a unit that the machine doesn't have: a CPU as a GPU, or a speed that isn't its own. Every
    /// output must say so.
    public let isEmulated: Bool

    public init(name: String, unit: Unit, cpus: CPUSet, speed: Double = 1, isEmulated: Bool = false) {
        precondition(speed > 0 && speed <= 1, "a relative speed is in (0, 1]")
        (self.name, self.unit, self.cpus) = (name, unit, cpus)
        (self.speed, self.isEmulated) = (speed, isEmulated)
    }
}

extension Hardware {
    /// Matches a written device with this machine's units.
    ///
    /// A discovered cluster takes CPUs of its own only.
    /// - Throws: `DeviceSpecificationError` naming the device or the CPUs that aren't here.
    public func resolve(_ specification: DeviceSpecification) throws(DeviceSpecificationError) -> ResolvedDevice {
        let name = specification.name
        try check(specification.cpus ?? [], of: name)
        switch name {
        case .cpu:
            return ResolvedDevice(
                name: "cpu", unit: .cpu, cpus: specification.cpus ?? inventory.allowed, speed: specification.speed,
                isEmulated: specification.speed < 1)
        case .gpu(let number):
            guard gpuOrder.indices.contains(number) else { throw .unknownDevice(name, available: deviceNames) }
            return gpu(number, cpus: specification.cpus, speed: specification.speed)
        case .cluster(let word):
            guard let cluster = clusters.first(where: { $0.name.lowercased() == word }) else {
                throw .unknownDevice(name, available: deviceNames)
            }
            let outside = (specification.cpus ?? []).subtracting(cluster.cpus)
            guard outside.isEmpty else {
                throw .foreignCPUs(outside, cluster: cluster.name, cpus: cluster.cpus)
            }
            return ResolvedDevice(
                name: cluster.name, unit: .cpu, cpus: specification.cpus ?? cluster.cpus, speed: specification.speed,
                isEmulated: specification.speed < 1)
        }
    }

    /// - Precondition: the machine has this GPU.
    func gpu(_ number: Int, cpus: CPUSet?, speed: Double = 1) -> ResolvedDevice {
        let index = gpuOrder[number]
        let isCPU = openCLDevices[index].isCPU
        return ResolvedDevice(
            name: DeviceSpecification.Name.gpu(number).description, unit: .openCL(index),
            cpus: cpus ?? (isCPU ? inventory.allowed : []), speed: speed, isEmulated: isCPU || speed < 1)
    }

    /// Numbers clusters of the user's own where there are several: `cpu0`, `cpu1`, …, unlike all other names here.
    func numbered(_ devices: [ResolvedDevice]) -> [ResolvedDevice] {
        guard devices.count(where: { $0.name == "cpu" }) > 1 else { return devices }
        let others = Set(devices.map(\.name))
        var free = (0...).lazy.map { "cpu\($0)" }.filter { !others.contains($0) }.makeIterator()
        return devices.map { device in
            var device = device
            if device.name == "cpu" { device.name = free.next()! }
            return device
        }
    }

    /// Devices that the user made of several kinds of core, a line each: "cpu mixes kinds of core: big 4, LITTLE 0-3".
    public func mixtures(of devices: [ResolvedDevice]) -> [String] {
        devices.filter { $0.unit == .cpu }.compactMap { device in
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
