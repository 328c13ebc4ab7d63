// From the text that a user writes to devices of this machine.

import Kernels

/// The devices that a user names, or this machine's default ones, found on this machine.
///
/// OpenCL is touched only where a device may need it, and its CPU devices (PoCL) are kept off the other devices' CPUs.
public struct DeviceSelection: Sendable {
    public let machine: Machine
    public let devices: [ResolvedDevice]

    /// - Parameter text: a comma list of `NAME[:CPULIST][@SPEED]`; nil for all devices that share no core.
    /// - Throws: `DeviceSpecificationError` for what cannot be read or isn't here; `TopologyError`; `OpenCLError`
    ///   where a GPU is asked for and OpenCL has none.
    public init(_ text: String?) throws {
        let topology = try Topology.thisMachine()
        if let text {
            let specifications = try DeviceSpecification.list(parsing: text)
            let openCLCPUs = try Self.openCLCPUs(specifications, on: topology)
            machine = try Machine(topology: topology, openCLCPUs: openCLCPUs)
            let hardware = machine.hardware
            devices = try specifications.map { specification in
                try hardware.resolve(specification).confined(to: openCLCPUs, on: hardware)
            }
        } else {
            let (machine, openCLCPUs) = try Self.discoverAll(topology)
            self.machine = machine
            devices = machine.hardware.defaultDevices.map { $0.confined(to: openCLCPUs, on: machine.hardware) }
        }
    }

    /// This machine with all its OpenCL devices, CPU devices confined as the default choice of devices needs it. A
    /// machine without OpenCL is a machine without OpenCL devices.
    public static func discoverAll(_ topology: Topology) throws -> (Machine, openCLCPUs: CPUSet) {
        // What PoCL would get if it is what OpenCL has: its CPUs must be known before the first look.
        let standIn = Hardware(
            inventory: topology.inventory, openCLDevices: [OpenCLDeviceSummary(name: "", isCPU: true)])
        let cpus =
            standIn.defaultDevices.first { $0.unit == .openCL(0) }?.cpus ?? topology.inventory.allowed
        do {
            return (try Machine(topology: topology, openCLCPUs: cpus), cpus)
        } catch {
            guard error == .noPlatform else { throw error }
            return (try Machine(topology: topology, openCLCPUs: nil), cpus)
        }
    }

    /// The CPUs for OpenCL's CPU devices: those written, else those that no other device takes, else all; nil where
    /// no GPU is asked for.
    private static func openCLCPUs(
        _ specifications: [DeviceSpecification], on topology: Topology
    ) throws -> CPUSet? {
        let hardware = Hardware(inventory: topology.inventory)
        var written: CPUSet = []
        var taken: CPUSet = []
        var isWanted = false
        for specification in specifications {
            if case .gpu = specification.name {
                isWanted = true
                try hardware.check(specification.cpus ?? [], of: specification.name)
                written = written.union(specification.cpus ?? [])
            } else {
                do {
                    taken = taken.union(try hardware.resolve(specification).cpus)
                } catch {
                    guard case .unknownDevice(let name, _) = error else { throw error }
                    let names = try discoverAll(topology).0.hardware.deviceNames
                    throw DeviceSpecificationError.unknownDevice(name, available: names + ["cpu"])
                }
            }
        }
        guard isWanted else { return nil }
        if !written.isEmpty { return written }
        let free = hardware.inventory.allowed.subtracting(taken)
        return free.isEmpty ? hardware.inventory.allowed : free
    }
}

extension ResolvedDevice {
    /// The device as it is once OpenCL's CPU devices are confined: they compute on these CPUs.
    fileprivate func confined(to openCLCPUs: CPUSet?, on hardware: Hardware) -> ResolvedDevice {
        guard case .openCL(let index) = unit, hardware.openCLDevices[index].isCPU, let openCLCPUs else { return self }
        return ResolvedDevice(name: name, unit: unit, cpus: openCLCPUs, speed: speed, isEmulated: isEmulated)
    }
}
