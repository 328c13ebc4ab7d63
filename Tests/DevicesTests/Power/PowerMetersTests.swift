import Testing

@testable import Devices

@Suite struct PowerMetersTests {
    @Test func aMachineWithoutSensorsHasNone() throws {
        let root = try FixtureRoot()
        let (sensors, failures) = PowerMeters.discover(root.files)
        #expect(sensors.isEmpty && failures.isEmpty)
    }

    @Test("what was asked for and isn't there is said")
    func asked() throws {
        let root = try FixtureRoot()
        let (sensors, failures) = PowerMeters.discover(
            root.files, meters: [.rapl, .nvml, .external(path: "\(root.path)/none")], nvmlLibrary: "libnone.so.1")
        #expect(sensors.isEmpty)
        #expect(
            failures.map(\.description) == [
                "meter 'rapl': this machine has no such sensor",
                "meter 'nvml': 'libnone.so.1', which comes with NVIDIA's driver, is not installed",
                "external \(root.path)/none: '\(root.path)/none': No such file or directory",
            ])
    }

    @Test("several kinds at once, and only those that were asked for")
    func selection() throws {
        let root = try FixtureRoot([
            "sys/class/powercap/intel-rapl:0/name": "package-0", "sys/class/powercap/intel-rapl:0/energy_uj": "1",
            "sys/class/hwmon/hwmon0/name": "ina226", "sys/class/hwmon/hwmon0/power1_input": "1",
        ])
        #expect(PowerMeters.discover(root.files).sensors.map(\.rail.meter) == ["rapl", "hwmon ina226"])
        #expect(
            PowerMeters.discover(root.files, meters: [.hwmon]).sensors.map(\.rail.meter) == ["hwmon ina226"])
    }

    @Test(
        arguments: [
            ("rapl", .rapl), ("HWMON", .hwmon), ("ina231", .ina231), ("nvml", .nvml), ("battery", .battery),
            ("external:/tmp/a:b@c", .external(path: "/tmp/a:b@c")), ("external:log.csv", .external(path: "log.csv")),
            ("external:/dev/ttyUSB0@115200", .external(path: "/dev/ttyUSB0", baud: 115_200)),
        ] as [(String, PowerMeterSpecification)])
    func specification(text: String, meter: PowerMeterSpecification) throws {
        #expect(try PowerMeterSpecification(text) == meter)
        #expect(try PowerMeterSpecification(meter.description) == meter)
    }

    @Test(arguments: [
        ("wattmeter", "is none of rapl, ina231, hwmon, nvml, battery, external:PATH[@BAUD]"),
        ("external:", "has no path"), ("external", "is none of rapl"),
        ("external:/dev/ttyS0@12345", "12345 Bd is none"),
    ])
    func wrongSpecification(text: String, reason: String) throws {
        do {
            _ = try PowerMeterSpecification(text)
            Issue.record("it was taken")
        } catch {
            #expect(error.description.hasPrefix("meter '\(text)': \(reason)"))
        }
    }
}
