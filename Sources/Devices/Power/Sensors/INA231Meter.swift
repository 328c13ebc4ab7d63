// The power sensors of the Odroid XU3 and XU3 Lite under their maker's kernel: four INA231 chips with a driver of their
// own. (Under a mainline kernel the same chips are hwmon's.) Used on the thread that discovers.

/// Source: `drivers/hardkernel/ina231-i2c.c` and `ina231-sysfs.c` of the maker's kernel.
enum INA231Meter {
    private static let folder = "sys/bus/i2c/drivers/INA231"

    /// What the chip at an I²C address measures.
    static let rails: [String: (name: String, load: PowerRail.Load)] = [
        "0040": ("A15", .core("Cortex-A15")), "0041": ("memory", .memory), "0044": ("GPU", .gpu),
        "0045": ("A7", .core("Cortex-A7")),
    ]

    static func find(in files: SystemFiles, into finding: inout PowerSensorFinding) {
        for device in files.names(in: folder) {
            let parts = device.split(separator: "-")
            guard parts.count == 2, let rail = rails[String(parts[1])] else { continue }
            let base = "\(folder)/\(device)"
            let period = try? files.number("\(base)/update_period")
            finding.tryOnce(
                FilePowerSensor(
                    PowerRail(
                        meter: "ina231", name: rail.name, quantity: .watts, load: rail.load,
                        refreshNanoseconds: period.flatMap { Int(exactly: ($0 * 1000).rounded()) }),
                    .value("\(base)/sensor_W", scale: 1), enableFile: "\(base)/enable", in: files))
        }
    }
}
