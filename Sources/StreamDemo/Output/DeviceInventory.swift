// What `devices` prints.

import Devices

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
    /// What each kind of hardware has to say: the arrays "clusters", "opencl", …
    let reports: [UnitReport]
    let offlineCpus: [Int]
    let forbiddenCpus: [Int]
    let meters: [Meter]
    /// Sensors that are there and cannot be read.
    let meterFailures: [String]
    let limits: Limits
    /// What is used when no devices are named; empty for another machine's dump.
    let defaultDevices: [String]
    /// What isn't, and why.
    let leftOut: [String]

    /// - Parameters:
    ///   - sysroot: another machine's dump; what only a driver tells cannot be known of it.
    ///   - files: where this machine's sensors are.
    init(
        sysroot: String?, files: SystemFiles, providers: [any DeviceProvider] = DeviceProviders.all
    ) throws {
        let topology = try sysroot.map(Topology.init(sysroot:)) ?? Topology.thisMachine()
        let machine = try Machine(topology: topology, providers: providers)
        self.machine = topology.inventory.modelName
        foreign = !topology.isThisSystem
        reports = machine.reports
        (offlineCpus, forbiddenCpus) = (topology.inventory.offline.numbers, topology.inventory.forbidden.numbers)
        let sensors = PowerMeters.discover(sysroot.map(SystemFiles.init) ?? files, isDump: sysroot != nil)
        meters = sensors.sensors.map { Meter($0.rail) }
        meterFailures = sensors.failures.map { "\($0)" }
        limits = Limits(topology.inventory)
        leftOut = foreign ? [] : machine.hardware.leftOut().map(\.description)
        defaultDevices = foreign ? [] : machine.hardware.defaultDevices.map { "\($0.name): \(machine.describe($0))" }
    }

    private enum Keys: CodingKey {
        case machine, foreign, offlineCpus, forbiddenCpus, meters, meterFailures, limits, defaultDevices, leftOut
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encodeIfPresent(machine, forKey: .machine)
        try container.encode(foreign, forKey: .foreign)
        try container.encode(offlineCpus, forKey: .offlineCpus)
        try container.encode(forbiddenCpus, forKey: .forbiddenCpus)
        try container.encode(meters, forKey: .meters)
        try container.encode(meterFailures, forKey: .meterFailures)
        try container.encode(limits, forKey: .limits)
        try container.encode(defaultDevices, forKey: .defaultDevices)
        try container.encode(leftOut, forKey: .leftOut)
        var units = encoder.container(keyedBy: ReportKey.self)
        for report in reports {
            var rows = units.nestedUnkeyedContainer(forKey: ReportKey(stringValue: report.key))
            for row in report.rows { try rows.encode(row.json) }
            guard report.promisesFailures || !report.failures.isEmpty else { continue }
            var failures = units.nestedUnkeyedContainer(forKey: ReportKey(stringValue: report.key + "Failures"))
            for failure in report.failures { try failures.encode(failure.json) }
        }
    }

    private struct ReportKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    var text: String {
        var sections: [String] = []
        if foreign { sections.append("another machine: nothing runs on it from here") }
        for report in reports { sections += report.sections }
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

extension UnitReport {
    /// A table with what else there is to say of its rows, and what cannot be used.
    fileprivate var sections: [String] {
        var sections: [String] = []
        if rows.isEmpty {
            sections += [absence].compactMap(\.self)
        } else {
            var table = Table(columns)
            for row in rows { table.append(row.cells) }
            let lines = (rows.compactMap(\.details) + notes).map { $0.wrapped() }
            sections.append(([table.text] + lines).joined(separator: "\n"))
        }
        if !failures.isEmpty {
            let lines = failures.map { "  \($0.name): \($0.reason)" }
            sections.append("\(failuresTitle)\n\(lines.joined(separator: "\n"))".wrapped())
        }
        return sections
    }
}
