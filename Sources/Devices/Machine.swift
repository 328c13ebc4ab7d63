// This machine, or another one's dump, as a whole: its topology, the units that providers found, and the devices that a
// network can run on. A value.

import CoExec
import Kernels

/// The hardware that this process runs on, discovered once.
public struct Machine: Sendable {
    public let topology: Topology
    public let hardware: Hardware
    /// What each provider found, in their order.
    let findings: [(provider: any DeviceProvider, found: FoundUnits)]

    /// Discovers all units.
    /// - Parameter topology: of this machine, or of a dump, where units are only described.
    /// - Throws: what a provider throws that fails to look.
    public init(topology: Topology, providers: [any DeviceProvider] = DeviceProviders.all) throws {
        self.init(topology, try providers.map { ($0, try $0.find(UnitSearch(topology))) })
    }

    /// Discovers what these devices may need: all units whose names hardware suggests, and those of the other providers
    /// whose names are asked for.
    /// - Throws: as for all units; `DeviceSpecificationError` for devices and CPUs that aren't here, as far as they must
    ///   be known before a provider looks.
    public init(
        topology: Topology, for specifications: [DeviceSpecification],
        providers: [any DeviceProvider] = DeviceProviders.all
    ) throws {
        let owners = specifications.map { Self.owner(of: $0.name, among: providers) }
        var found: [FoundUnits] = try providers.map { provider in
            provider.naming.stem == nil ? try provider.find(UnitSearch(topology)) : FoundUnits()
        }
        let known = Self(topology, Array(zip(providers, found))).hardware
        // The CPUs that each of them takes, as far as it's known before its provider looks.
        var cpus: [CPUSet] = []
        for (specification, owner) in zip(specifications, owners) {
            do throws(DeviceSpecificationError) {
                if owner != nil { try known.check(specification.cpus ?? [], of: specification.name) }
                cpus.append(try owner == nil ? known.resolve(specification).cpus : specification.cpus ?? [])
            } catch {
                guard case .unknownDevice(let name, _) = error else { throw error }
                let all = try Machine(topology: topology, providers: providers)
                throw DeviceSpecificationError.unknownDevice(name, available: all.hardware.deviceNames)
            }
        }
        for index in providers.indices where owners.contains(index) {
            let own = specifications.indices.filter { owners[$0] == index }
            let others = specifications.indices.filter { owners[$0] != index }
            found[index] = try providers[index].find(
                UnitSearch(
                    topology, wanted: own.map { specifications[$0] },
                    taken: others.reduce([]) { $0.union(cpus[$1]) }))
        }
        self.init(topology, Array(zip(providers, found)))
    }

    private init(_ topology: Topology, _ findings: [(provider: any DeviceProvider, found: FoundUnits)]) {
        (self.topology, self.findings) = (topology, findings)
        hardware = Hardware(
            inventory: topology.inventory, units: findings.flatMap { $0.found.units.map(\.summary) })
    }

    /// The provider whose stem a name has; nil for names that hardware suggests.
    private static func owner(
        of name: DeviceSpecification.Name, among providers: [any DeviceProvider]
    ) -> Int? {
        providers.firstIndex { $0.naming.number(of: name.word) != nil }
    }

    /// What is there and cannot be used.
    public var failures: [UnitFailure] { findings.flatMap(\.found.failures) }

    /// Why a unit may be missing: what failed of its kind.
    func failure(behind name: DeviceSpecification.Name) -> UnitFailure? {
        Self.owner(of: name, among: findings.map(\.provider)).flatMap { findings[$0].found.failures.first }
    }

    /// What each provider has `devices` say.
    public var reports: [UnitReport] {
        findings.compactMap { $0.provider.report($0.found, of: topology) }
    }

    /// nil for a device of another machine.
    func unit(of device: ResolvedDevice) -> (any DeviceUnit)? {
        findings.lazy.flatMap(\.found.units).first { $0.summary.name == device.unit.name }
    }

    /// What a device is, in words for tables: its processor, its CPUs, and whether it is emulated.
    public func describe(_ device: ResolvedDevice) -> String {
        var parts = unit(of: device)?.describe(device) ?? ["a device of another machine"]
        if device.speed < 1 { parts.append("emulated speed \(device.speed)") }
        return parts.joined(separator: ", ")
    }

    /// A device as far as its power goes.
    public func consumer(_ device: ResolvedDevice) -> PowerPlan.Consumer {
        let unit = unit(of: device)
        return PowerPlan.Consumer(name: device.name) { unit?.rails(of: device, among: $0) ?? [] }
    }

    /// The clocks of devices that run, and those of the machine's others, which can be set by name.
    public func clockTargets(of devices: [ResolvedDevice]) -> [ClockTarget] {
        let used = devices.map { device in
            ClockTarget(
                name: device.name, cpus: device.hasHostThreads ? [] : device.cpus, kind: unit(of: device)?.clock ?? .cpu
            )
        }
        let clusters = hardware.clusters.map { ClockTarget(name: $0.name, cpus: $0.cpus, isUsed: false) }
        // Where nobody has looked for units, their clocks may be there all the same.
        let others = findings.compactMap { provider, found -> ClockTarget? in
            guard found.units.isEmpty, let clocks = provider.clocks, let stem = provider.naming.stem else { return nil }
            return ClockTarget(name: stem, cpus: [], kind: clocks.kind, isUsed: false)
        }
        return used + clusters + others
    }

    /// A device that runs a network on a unit of this machine.
    ///
    /// How many lanes and threads it has by default, and what is measured for that, is up to the unit's provider. On a
    /// CPU cluster that takes up to about ten seconds a network once, unless tuning is off.
    /// - Parameters:
    ///   - library: whose kernels compute on a CPU cluster; nil for the fastest.
    ///   - tuning: off, unless the application wants seconds spent and files kept: `.standard`.
    /// - Throws: `DeviceSpecificationError` for a device of another machine; `PrecisionError`; `UnsupportedNodeError`;
    ///   `NetworkDeviceError`; `LaneLayoutError`; `LibraryError`; what the provider throws where the device cannot be
    ///   had, such as `OpenCLError`; what opening a lane or running a frame throws where lanes are measured.
    public func makeDevice<Frame: ImageFrame>(
        _ device: ResolvedDevice, network: Network, layout: LaneLayout = LaneLayout(), precision: Precision = .fp32,
        library: CPUEngine.Library? = nil, tuning: Tuning = .off
    ) throws -> NetworkDevice<Frame> {
        guard let unit = unit(of: device) else {
            throw DeviceSpecificationError.unknownDevice(.init(device.name), available: hardware.deviceNames)
        }
        guard unit.supports(precision) else { throw PrecisionError(device: device.name, precision: precision) }
        if case .not(let node, let reason) = unit.supports(network) {
            throw UnsupportedNodeError(
                device: device.name, network: network.name, node: network.nodes[node].name, reason: reason)
        }
        // Before anything is measured.
        try network.check(takes: Frame.self, on: device.name)
        guard layout.lanes ?? 1 > 0, layout.threads ?? 1 > 0 else {
            throw NetworkDeviceError.layout(
                device: device.name, lanes: layout.lanes ?? 1, threads: layout.threads ?? 1)
        }
        return try unit.makeDevice(
            DeviceOrder(
                device: device, topology: topology, network: network, layout: layout, precision: precision,
                library: library, tuning: tuning))
    }
}
