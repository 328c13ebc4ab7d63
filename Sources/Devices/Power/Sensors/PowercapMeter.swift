// Energy counters of /sys/class/powercap: Intel's and AMD's RAPL, Arm's SCMI. Used on the thread that discovers.

/// Source: Linux `Documentation/power/powercap/powercap.rst`, `drivers/powercap/intel_rapl_common.c`.
enum PowercapMeter {
    private static let folder = "sys/class/powercap"

    /// A folder with a counter: `intel-rapl:0` is a package, `intel-rapl:0:1` a part of it.
    private struct Zone {
        let identifier: String
        let name: String
        var control: Substring { identifier.prefix { $0 != ":" } }
        var isRAPL: Bool { control.hasPrefix("intel-rapl") }
        var parent: String? {
            let parts = identifier.split(separator: ":")
            return parts.count > 2 ? parts.dropLast().joined(separator: ":") : nil
        }
    }

    static func find(in files: SystemFiles, into finding: inout PowerSensorFinding) {
        var zones: [String: Zone] = [:]
        // The shorter name first: intel-rapl before intel-rapl-mmio, which tells of the same packages once more.
        let identifiers = files.names(in: folder).filter { $0.contains(":") }.sorted { one, other in
            let (a, b) = (one.prefix { $0 != ":" }, other.prefix { $0 != ":" })
            return a == b ? (one.count, one) < (other.count, other) : (a.count, a) < (b.count, b)
        }
        var seen: Set<String> = []
        var working: Set<String> = []
        for identifier in identifiers {
            let zone: Zone
            do {
                zone = Zone(identifier: identifier, name: try files.text("\(folder)/\(identifier)/name"))
            } catch {
                finding.fail("powercap \(identifier)", error)
                continue
            }
            // What dtpm shows comes from the kernel's energy model: nothing is measured.
            guard zone.control != "dtpm" else { continue }
            zones[identifier] = zone
            let parent = zone.parent.flatMap { zones[$0] }
            let name = parent.map { "\($0.name) \(zone.name)" } ?? zone.name
            guard !zone.isRAPL || seen.insert(name).inserted else { continue }
            let contains = parent.map { working.contains($0.identifier) } ?? false
            let sensor = sensor(of: zone, name: name, isInside: contains, in: files)
            if finding.tryOnce(sensor) { working.insert(identifier) }
        }
    }

    private static func sensor(
        of zone: Zone, name: String, isInside: Bool, in files: SystemFiles
    ) -> FilePowerSensor {
        let base = "\(folder)/\(zone.identifier)"
        var meter = zone.isRAPL ? "rapl" : "powercap \(zone.control)"
        let load: PowerRail.Load
        var isPart = isInside
        if zone.isRAPL {
            switch zone.name.prefix(while: { $0 != "-" }) {
            case "package": load = .package
            case "core": load = .cpus
            case "uncore": load = .gpu
            // DRAM's zone stands below the package's, but the package's counter is without it.
            case "dram": (load, isPart) = (.memory, false)
            // The platform's counter has the packages in it. As a meter of its own, it isn't added to them.
            case "psys": (load, meter) = (.machine, "rapl psys")
            default: load = .other
            }
        } else {
            load = RailLabel(zone.name).load
        }
        if !files.exists("\(base)/energy_uj"), files.exists("\(base)/power_uw") {
            return FilePowerSensor(
                PowerRail(meter: meter, name: name, quantity: .watts, load: load, isPart: isPart),
                .value("\(base)/power_uw", scale: 1e-6), in: files)
        }
        let range = (try? files.number("\(base)/max_energy_range_uj")).flatMap { $0 > 0 ? $0 * 1e-6 : nil }
        return FilePowerSensor(
            PowerRail(meter: meter, name: name, quantity: .joules(wrapsAt: range), load: load, isPart: isPart),
            .value("\(base)/energy_uj", scale: 1e-6), in: files)
    }
}
