// What a machine draws from its batteries. Owned by a recorder, read by its thread alone.

import CoExec

/// All batteries that feed the machine, as one rail: a machine with two empties one after the other.
///
/// Source: Linux `Documentation/ABI/testing/sysfs-class-power`: µW, µA and µV. Some drivers tell mA or mV, and the sign
/// differs too.
final class BatterySensor: PowerSensor {
    private static let folder = "sys/class/power_supply"

    let rail: PowerRail
    private let files: SystemFiles
    private let batteries: [String]

    static func find(in files: SystemFiles, into finding: inout PowerSensorFinding) {
        let batteries = files.names(in: folder).filter { name in
            // Batteries of mice and headsets have this scope.
            (try? files.text("\(folder)/\(name)/type")) == "Battery"
                && (try? files.text("\(folder)/\(name)/scope")) != "Device"
        }
        if !batteries.isEmpty { finding.tryOnce(BatterySensor(batteries, in: files)) }
    }

    private init(_ batteries: [String], in files: SystemFiles) {
        (self.batteries, self.files) = (batteries, files)
        rail = PowerRail(
            meter: "battery", name: batteries.joined(separator: "+"), quantity: .watts, load: .machine)
    }

    func poll(_ take: (PowerSample) -> Void) throws {
        let before = monotonicNanoseconds()
        var watts = 0.0
        var isFeeding = false
        var states: [String] = []
        for battery in batteries {
            let status = try files.text("\(Self.folder)/\(battery)/status")
            switch status {
            case "Charging":
                throw PowerSensorError(
                    sensor: "battery \(battery)",
                    reason: "is charging: its current says nothing of the machine's power")
            case "Discharging", "Unknown":
                isFeeding = true
                watts += try self.watts(of: battery)
            default: states.append("\(battery) is '\(status)'")
            }
        }
        guard isFeeding else {
            throw PowerSensorError(
                sensor: "battery \(rail.name)",
                reason: "doesn't feed the machine (\(states.joined(separator: ", "))): pull the mains plug")
        }
        take(PowerSample(nanoseconds: before + (monotonicNanoseconds() - before) / 2, value: watts))
    }

    private func watts(of battery: String) throws -> Double {
        let base = "\(Self.folder)/\(battery)"
        if files.exists("\(base)/power_now") { return abs(try files.number("\(base)/power_now")) * 1e-6 }
        let (volts, amperes) = (
            abs(try files.number("\(base)/voltage_now")), abs(try files.number("\(base)/current_now"))
        )
        // No battery has less than 0.1 V: then these are mV. No machine runs from less than 10 mA: then these are mA.
        return volts * (volts < 100_000 ? 1e-3 : 1e-6) * amperes * (amperes < 10_000 ? 1e-3 : 1e-6)
    }
}
