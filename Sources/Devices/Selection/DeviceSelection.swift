// From the text that a user writes to devices of this machine.

import Kernels

/// The devices that a user names, or this machine's default ones, found on this machine.
///
/// OpenCL is touched only where a device may need it, and each of its CPU devices (PoCL) gets CPUs of its own.
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
    /// - Throws: `DeviceSpecificationError` for what cannot be read or isn't here; `TopologyError`; `OpenCLError`
    ///   where a GPU is asked for and OpenCL has none.
    public init(_ text: String?, hostCPUs: CPUSet? = nil, keepingQuota: Bool = true) throws {
        let topology = try Topology.thisMachine()
        guard topology.isThisSystem else {
            throw TopologyError(
                sysroot: nil,
                reason: "HWLOC_XMLFILE, HWLOC_FSROOT or HWLOC_SYNTHETIC shows another one, on which nothing can run")
        }
        if let text {
            let specifications = try DeviceSpecification.list(parsing: text)
            let shares = try Self.openCLShares(specifications, on: topology)
            let machine = try Machine(topology: topology, openCLCPUs: shares?.pool)
            self.machine = machine
            devices = try machine.hardware.placingHostThreads(
                of: Self.resolve(specifications, on: machine, shares, keepingQuota), on: hostCPUs)
            leftOut = []
        } else {
            machine = try Self.discoverAll(topology)
            leftOut =
                machine.hardware.leftOut(keepingQuota: keepingQuota)
                + machine.openCLFailures.map {
                    Hardware.LeftOut(name: $0.platform ?? "an OpenCL platform", reason: "it fails: \($0.error)")
                }
            devices = try machine.hardware.placingHostThreads(
                of: machine.hardware.unplacedDefaultDevices(keepingQuota: keepingQuota), on: hostCPUs)
        }
    }

    /// Which of the devices have cores in common.
    public var sharedCores: [SharedCores] { machine.hardware.inventory.sharedCores(of: devices) }

    /// This machine with all its OpenCL devices. A machine without OpenCL is a machine without OpenCL devices.
    public static func discoverAll(_ topology: Topology) throws -> Machine {
        do {
            return try Machine(topology: topology, openCLCPUs: topology.inventory.allowed.numbers)
        } catch {
            guard error == .noPlatform else { throw error }
            return try Machine(topology: topology, openCLCPUs: nil)
        }
    }

    /// The CPUs for OpenCL's CPU devices: those written, else those that no other device takes, else all; nil where
    /// no GPU is asked for.
    private static func openCLShares(
        _ specifications: [DeviceSpecification], on topology: Topology
    ) throws -> OpenCLCPUShares? {
        let hardware = Hardware(inventory: topology.inventory)
        var written: [CPUSet?] = []
        var taken: CPUSet = []
        for specification in specifications {
            if case .gpu = specification.name {
                try hardware.check(specification.cpus ?? [], of: specification.name)
                written.append(specification.cpus)
            } else {
                do {
                    taken = taken.union(try hardware.resolve(specification).cpus)
                } catch {
                    guard case .unknownDevice(let name, _) = error else { throw error }
                    let names = try discoverAll(topology).hardware.deviceNames
                    throw DeviceSpecificationError.unknownDevice(name, available: names)
                }
            }
        }
        guard !written.isEmpty else { return nil }
        return OpenCLCPUShares(written: written, taken: taken, cores: hardware.inventory.allowedCores)
    }

    /// The devices asked for, OpenCL's CPU devices with their share of the CPUs.
    private static func resolve(
        _ specifications: [DeviceSpecification], on machine: Machine, _ shares: OpenCLCPUShares?, _ keepingQuota: Bool
    ) throws -> [ResolvedDevice] {
        let hardware = machine.hardware
        func isShareless(_ specification: DeviceSpecification) -> Bool {
            guard specification.cpus == nil, case .gpu(let number) = specification.name,
                hardware.gpuOrder.indices.contains(number)
            else { return false }
            return hardware.openCLDevices[hardware.gpuOrder[number]].isCPU
        }
        var left = shares?.shares(of: specifications.count(where: isShareless)) ?? []
        let devices = try specifications.map { specification -> ResolvedDevice in
            var specification = specification
            if isShareless(specification) {
                specification = DeviceSpecification(
                    specification.name, cpus: left.removeFirst(), speed: specification.speed)
            }
            do throws(DeviceSpecificationError) {
                return try hardware.resolve(specification)
            } catch {
                // A GPU may be missing because its driver fails.
                if case .unknownDevice(.gpu, _) = error, let failure = machine.openCLFailures.first { throw failure }
                throw error
            }
        }
        let named = hardware.numbered(devices)
        guard keepingQuota else { return named }
        let fixed = zip(named, specifications).filter { $1.cpus != nil }.map(\.0.name)
        return hardware.withinQuota(named, fixed: Set(fixed), keepingEach: true)
    }
}
