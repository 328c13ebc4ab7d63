// What `devices` prints.

import Devices
import Kernels

/// The contract's JSON of `devices`, and its tables.
struct DeviceInventory: Encodable {
    struct Meter: Encodable {
        let name: String
        let rail: String
        /// W, or J for a counter.
        let unit: String
        /// What it feeds.
        let load: String

        init(_ rail: PowerRail) {
            (name, self.rail, unit) = (rail.meter, rail.name, rail.quantity.isCounter ? "J" : "W")
            load = rail.load.description + (rail.isPart ? ", part of another" : "")
        }
    }

    /// nil where nothing tells.
    let machine: String?
    /// Another machine's, by a dump or by hwloc's environment variables: nothing can run on it.
    let foreign: Bool
    let clusters: [ClusterRow]
    let offlineCpus: [Int]
    let forbiddenCpus: [Int]
    let opencl: [OpenCLUnit]
    let openclFailures: [OpenCLFault]
    let meters: [Meter]
    /// Sensors that are there and cannot be read.
    let meterFailures: [String]
    let limits: Limits
    /// What is used when no devices are named; empty for another machine's dump.
    let defaultDevices: [String]
    /// What isn't, and why.
    let leftOut: [String]

    /// - Parameters:
    ///   - sysroot: another machine's dump; its OpenCL devices cannot be known.
    ///   - files: where this machine's sensors are.
    init(sysroot: String?, files: SystemFiles) throws {
        let topology = try sysroot.map(Topology.init(sysroot:)) ?? Topology.thisMachine()
        let machine: Machine? = topology.isThisSystem ? try DeviceSelection.discoverAll(topology) : nil
        let hardware = machine?.hardware ?? Hardware(inventory: topology.inventory)
        self.machine = topology.inventory.modelName
        foreign = !topology.isThisSystem
        clusters = hardware.clusters.map(ClusterRow.init)
        (offlineCpus, forbiddenCpus) = (topology.inventory.offline.numbers, topology.inventory.forbidden.numbers)
        opencl = hardware.gpuOrder.enumerated().map { number, index in
            OpenCLUnit(machine!.openCLDevices[index], device: "\(DeviceSpecification.Name.gpu(number))")
        }
        openclFailures = machine?.openCLFailures.map(OpenCLFault.init) ?? []
        let sensors = PowerMeters.discover(sysroot.map(SystemFiles.init) ?? files, isDump: sysroot != nil)
        meters = sensors.sensors.map { Meter($0.rail) }
        meterFailures = sensors.failures.map { "\($0)" }
        limits = Limits(topology.inventory)
        leftOut = machine?.hardware.leftOut().map(\.description) ?? []
        defaultDevices = machine?.hardware.defaultDevices.map { "\($0.name): \(machine!.describe($0))" } ?? []
    }

    var text: String {
        var sections: [String] = []
        if foreign { sections.append("another machine: nothing runs on it from here") }
        let unused = UnusedCPUs.lines(offline: offlineCpus, forbidden: forbiddenCpus)
        let lines = (unused + [limits.text].compactMap(\.self)).map { $0.wrapped() }
        sections.append(([ClusterRow.text(clusters)] + lines).joined(separator: "\n"))
        if !opencl.isEmpty {
            var table = Table(["OpenCL", "name", "kind", "units"])
            for unit in opencl {
                table.append([
                    unit.device, unit.name, unit.kind == "cpu" ? "CPU, no GPU" : unit.kind, String(unit.computeUnits),
                ])
            }
            sections.append(([table.text] + opencl.map { $0.text.wrapped() }).joined(separator: "\n"))
        } else if !defaultDevices.isEmpty {
            sections.append("OpenCL: no device found")
        }
        if !openclFailures.isEmpty {
            let lines = openclFailures.map { "  \($0.platform.value ?? "platform without a name"): \($0.error)" }
            let text = "OpenCL platforms and devices that cannot be used:\n" + lines.joined(separator: "\n")
            sections.append(text.wrapped())
        }
        if !meters.isEmpty {
            var table = Table(["power meter", "rail", "unit", "of"])
            for meter in meters { table.append([meter.name, meter.rail, meter.unit, meter.load]) }
            sections.append(table.text)
        } else if meterFailures.isEmpty {
            sections.append("power: no meter found")
        }
        if !meterFailures.isEmpty {
            sections.append(
                "power meters that cannot be read:\n" + meterFailures.map { "  \($0)" }.joined(separator: "\n"))
        }
        if !defaultDevices.isEmpty {
            let used = "used when no devices are named:\n" + defaultDevices.map { "  \($0)" }.joined(separator: "\n")
            let others = leftOut.isEmpty ? "" : "\nleft out: \(leftOut.joined(separator: ", "))"
            sections.append((used + others).wrapped())
        }
        return ((machine.map { [$0] } ?? []) + sections).joined(separator: "\n\n")
    }
}
