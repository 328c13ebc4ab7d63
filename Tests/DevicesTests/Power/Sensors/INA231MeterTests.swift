import CoExec
import Foundation
import Testing

@testable import Devices

private let folder = "sys/bus/i2c/drivers/INA231"

/// The files of the Odroid XU3's four chips.
private func odroid(bus: Int, enable: String = "0", period: String = "263808 usec") -> [String: String] {
    var files: [String: String] = ["\(folder)/module": ""]
    for (address, watts) in [("0040", "0.344000"), ("0041", "0.047000"), ("0044", "0.067000"), ("0045", "0.181000")] {
        files["\(folder)/\(bus)-\(address)/enable"] = enable
        files["\(folder)/\(bus)-\(address)/sensor_W"] = watts
        files["\(folder)/\(bus)-\(address)/update_period"] = period
    }
    return files
}

@Suite struct INA231MeterTests {
    @Test("its four rails, whatever the bus", arguments: [4, 0, 11])
    func rails(bus: Int) throws {
        let root = try FixtureRoot(odroid(bus: bus, enable: "1"))
        let (sensors, failures) = PowerMeters.discover(root.files)
        #expect(failures.isEmpty)
        let loads: [PowerRail.Load] = [.core("Cortex-A15"), .memory, .gpu, .core("Cortex-A7")]
        #expect(
            sensors.map(\.rail)
                == zip(["A15", "memory", "GPU", "A7"], loads).map { name, load in
                    PowerRail(
                        meter: "ina231", name: name, quantity: .watts, load: load, refreshNanoseconds: 263_808_000)
                })
        #expect(try sensors.map { try $0.samples().map(\.value) } == [[0.344], [0.047], [0.067], [0.181]])
    }

    @Test("it is switched on while it is read, and its first value awaited")
    func switchedOn() throws {
        let root = try FixtureRoot(odroid(bus: 4, period: "20000 usec"))
        let sensors = PowerMeters.discover(root.files).sensors
        let enable = "\(folder)/4-0040/enable"
        #expect(try root.read(enable) == "0")
        let sensor = try #require(sensors.first)
        try sensor.start()
        #expect(try root.read(enable) == "1")
        var samples: [PowerSample] = []
        try sensor.poll { samples.append($0) }
        #expect(samples.isEmpty)
        usleep(30_000)
        let before = monotonicNanoseconds()
        try sensor.poll { samples.append($0) }
        #expect(samples.map(\.value) == [0.344])
        #expect(samples[0].nanoseconds >= before && samples[0].nanoseconds <= monotonicNanoseconds())
        sensor.stop()
        #expect(try root.read(enable) == "0")
    }

    @Test("one that was on stays on")
    func leftOn() throws {
        let root = try FixtureRoot(odroid(bus: 4, enable: "1"))
        for sensor in PowerMeters.discover(root.files).sensors { _ = try sensor.samples() }
        #expect(try root.read("\(folder)/4-0045/enable") == "1")
    }

    @Test("chips that can't be read are named, the others used")
    func failures() throws {
        let root = try FixtureRoot(odroid(bus: 4))
        try root.remove("\(folder)/4-0040/sensor_W")
        try root.write("N/A", "\(folder)/4-0044/sensor_W")
        try root.remove("\(folder)/4-0045/enable")
        let (sensors, failures) = PowerMeters.discover(root.files)
        #expect(sensors.map(\.rail.name) == ["memory"])
        #expect(failures.map(\.sensor) == ["ina231 A15", "ina231 GPU", "ina231 A7"])
        #expect(failures[0].reason.hasSuffix("4-0040/sensor_W': No such file or directory"))
        #expect(failures[1].reason.hasSuffix("4-0044/sensor_W' holds 'N/A', no number"))
        #expect(failures[2].reason.contains("4-0045/enable': No such file"))
        // A failed trial leaves the chip as it was, too.
        #expect(try root.read("\(folder)/4-0040/enable") == "0")
    }

    @Test("a chip that vanishes says so, and is read again when it is back")
    func vanishes() throws {
        let root = try FixtureRoot(odroid(bus: 4, enable: "1"))
        let sensor = try #require(PowerMeters.discover(root.files).sensors.first)
        try sensor.start()
        try FileManager.default.moveItem(atPath: "\(root.path)/\(folder)/4-0040", toPath: "\(root.path)/away")
        #expect(throws: SystemFileError.self) { try sensor.poll { _ in } }
        try FileManager.default.moveItem(atPath: "\(root.path)/away", toPath: "\(root.path)/\(folder)/4-0040")
        var values: [Double] = []
        try sensor.poll { values.append($0.value) }
        #expect(values == [0.344])
        sensor.stop()
    }

    @Test(.enabled(if: isRoot, "only root's files can be withheld from others"))
    func rootOnly() throws {
        let root = try FixtureRoot(odroid(bus: 4))
        for file in ["enable", "sensor_W"] { chmod("\(root.path)/\(folder)/4-0040/\(file)", 0o600) }
        chmod("\(root.path)/\(folder)/4-0041/enable", 0o644)
        let files = root.files
        let failures = asOrdinaryUser { PowerMeters.discover(files).failures }
        let a15 = try #require(failures.first { $0.sensor == "ina231 A15" })
        #expect(a15.reason.contains("enable': Permission denied; readable by root only: run as root"))
        let memory = try #require(failures.first { $0.sensor == "ina231 memory" })
        #expect(memory.reason.contains("enable': Permission denied; this user may not use it: run as root"))
    }
}
