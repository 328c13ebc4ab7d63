import Testing

@testable import Devices

private func battery(_ name: String, _ files: [String: String]) -> [String: String] {
    var paths = ["sys/class/power_supply/\(name)/type": "Battery"]
    for (file, text) in files { paths["sys/class/power_supply/\(name)/\(file)"] = text }
    return paths
}

@Suite struct BatterySensorTests {
    @Test(
        "power, or volts and amperes, in any unit and with either sign",
        arguments: [
            (["power_now": "7500000"], 7.5), (["power_now": "-7500000"], 7.5),
            (["voltage_now": "12000000", "current_now": "625000"], 7.5),
            (["voltage_now": "3800000", "current_now": "-500000"], 1.9),
            (["voltage_now": "3800", "current_now": "-500"], 1.9),
        ])
    func units(files: [String: String], watts: Double) throws {
        let root = try FixtureRoot(battery("BAT0", files.merging(["status": "Discharging"]) { $1 }))
        let (sensors, failures) = PowerMeters.discover(root.files)
        #expect(failures.isEmpty)
        let sensor = try #require(sensors.first)
        #expect(
            sensor.rail == PowerRail(meter: "battery", name: "BAT0", quantity: .watts, load: .machine))
        #expect(abs(try sensor.samples()[0].value - watts) < 1e-9)
    }

    @Test("two batteries are one rail; a mouse's and the mains are none")
    func several() throws {
        var files = battery("BAT0", ["status": "Discharging", "power_now": "5000000"])
        files.merge(battery("BAT1", ["status": "Not charging", "power_now": "0"])) { $1 }
        files.merge(battery("mouse", ["status": "Discharging", "scope": "Device", "power_now": "1"])) { $1 }
        files["sys/class/power_supply/AC/type"] = "Mains"
        let root = try FixtureRoot(files)
        let sensor = try #require(PowerMeters.discover(root.files).sensors.first)
        #expect(sensor.rail.name == "BAT0+BAT1")
        #expect(try sensor.samples()[0].value == 5)
        try root.write("Discharging", "sys/class/power_supply/BAT1/status")
        try root.write("2500000", "sys/class/power_supply/BAT1/power_now")
        #expect(try sensor.samples()[0].value == 7.5)
    }

    @Test("on the mains it is refused")
    func onMains() throws {
        let root = try FixtureRoot(battery("BAT0", ["status": "Charging", "power_now": "5000000"]))
        let (sensors, failures) = PowerMeters.discover(root.files)
        #expect(sensors.isEmpty)
        #expect(
            failures.map(\.description) == [
                "battery BAT0: is charging: its current says nothing of the machine's power"
            ])
        try root.write("Full", "sys/class/power_supply/BAT0/status")
        #expect(
            PowerMeters.discover(root.files).failures.map(\.reason) == [
                "doesn't feed the machine (BAT0 is 'Full'): pull the mains plug"
            ])
    }

    @Test("it is plugged in while it is read, or loses a file")
    func changes() throws {
        let root = try FixtureRoot(battery("BAT0", ["status": "Discharging", "power_now": "5000000"]))
        let sensor = try #require(PowerMeters.discover(root.files).sensors.first)
        try root.write("Charging", "sys/class/power_supply/BAT0/status")
        #expect(throws: PowerSensorError.self) { try sensor.poll { _ in } }
        try root.write("Discharging", "sys/class/power_supply/BAT0/status")
        #expect(try sensor.samples()[0].value == 5)
        try root.remove("sys/class/power_supply/BAT0/power_now")
        let missing = SystemFileError(
            path: "\(root.path)/sys/class/power_supply/BAT0/voltage_now", problem: .system(code: 2))
        #expect(throws: missing) { try sensor.poll { _ in } }
    }
}
