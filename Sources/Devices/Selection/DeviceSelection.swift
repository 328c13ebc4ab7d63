// From the text that a user writes to devices of this machine.

/// The devices that a user names, or this machine's default ones, found on this machine.
public struct DeviceSelection: Sendable {
    public let machine: Machine
    public let devices: [ResolvedDevice]
    /// Units of the machine that the default choice leaves out; none where the user named the devices.
    public let leftOut: [Hardware.LeftOut]

    /// - Parameters:
    ///   - text: a comma list of `NAME[:CPULIST][@SPEED]`; nil for the fastest set, `Hardware.defaultDevices`.
    ///   - hostCPUs: for the host threads of GPUs that have no CPU list; the slowest cluster when left out.
    ///   - keepingQuota: a CPU quota bounds the cores of devices without a CPU list; false where the user says how many
    ///     threads there are to be.
    ///   - providers: of the kinds of hardware that there may be.
    /// - Throws: `DeviceSpecificationError` for what cannot be read or isn't here; `TopologyError`; what a provider
    ///   throws that fails to look, or has no unit where one of its own is asked for.
    public init(
        _ text: String?, hostCPUs: CPUSet? = nil, keepingQuota: Bool = true,
        providers: [any DeviceProvider] = DeviceProviders.all
    ) throws {
        let topology = try Topology.thisMachine()
        guard topology.isThisSystem else {
            throw TopologyError(
                sysroot: nil,
                reason: "HWLOC_XMLFILE, HWLOC_FSROOT or HWLOC_SYNTHETIC shows another one, on which nothing can run")
        }
        if let text {
            let specifications = try DeviceSpecification.list(parsing: text, providers: providers)
            machine = try Machine(topology: topology, for: specifications, providers: providers)
            devices = try machine.hardware.placingHostThreads(
                of: Self.resolve(specifications, on: machine, keepingQuota), on: hostCPUs)
            leftOut = []
        } else {
            machine = try Machine(topology: topology, providers: providers)
            leftOut =
                machine.hardware.leftOut(keepingQuota: keepingQuota)
                + machine.failures.map { Hardware.LeftOut(name: $0.name, reason: "it fails: \($0.reason)") }
            devices = try machine.hardware.placingHostThreads(
                of: machine.hardware.unplacedDefaultDevices(keepingQuota: keepingQuota), on: hostCPUs)
        }
    }

    /// Which of the devices have cores in common.
    public var sharedCores: [SharedCores] { machine.hardware.inventory.sharedCores(of: devices) }

    private static func resolve(
        _ specifications: [DeviceSpecification], on machine: Machine, _ keepingQuota: Bool
    ) throws -> [ResolvedDevice] {
        let hardware = machine.hardware
        let devices = try specifications.map { specification -> ResolvedDevice in
            do throws(DeviceSpecificationError) {
                return try hardware.resolve(specification)
            } catch {
                // A unit may be missing because its driver fails.
                if case .unknownDevice(let name, _) = error, let failure = machine.failure(behind: name) {
                    throw failure.error
                }
                throw error
            }
        }
        let named = hardware.numbered(devices)
        guard keepingQuota else { return named }
        let fixed = zip(named, specifications).filter { $1.cpus != nil }.map(\.0.name)
        return hardware.withinQuota(named, fixed: Set(fixed), keepingEach: true)
    }
}
