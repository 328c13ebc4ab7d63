import Testing

@testable import Devices

@Suite struct HeatTests {
    @Test(arguments: [
        ("cpufreq-cpu4", CoolingDevice.Target.cpu(4)), ("idle-cpu0", .cpu(0)), ("thermal-cpufreq-0", .cpus),
        ("Processor", .cpus), ("intel_powerclamp", .cpus), ("thermal-idle-1", .cpus), ("thermal-devfreq-0", .gpus),
        ("devfreq-fb000000.gpu", .device("fb000000.gpu")), ("mali", .gpus), ("gpu_cooling", .gpus),
    ])
    func processorsAreSlowedDown(type: String, target: CoolingDevice.Target) {
        #expect(CoolingDevice.target(of: type) == target)
    }

    @Test(arguments: ["pwm-fan", "Fan", "cpu_fan", "gpio-fan", "TCC Offset", "iwlwifi", "LCD"])
    func otherDevicesThrottleNothing(type: String) { #expect(CoolingDevice.target(of: type) == nil) }

    @Test func coolersActOnTheirClock() throws {
        let root = try ClockFixtures.board()
        let domains = ClockDomain.all(of: root.files)
        let coolers = CoolingDevice.all(of: root.files)
        #expect(coolers.map(\.type) == ["cpufreq-cpu4", "devfreq-fb000000.gpu"])
        #expect(coolers.map { cooler in domains.filter(cooler.slows).map(\.name) } == [["policy4"], ["fb000000.gpu"]])
        #expect(coolers.map(\.maximumState) == [3, nil])
    }

    @Test func zonesOfOneTypeAreToldApart() throws {
        let folder = "sys/class/thermal"
        let root = try FixtureRoot([
            "\(folder)/thermal_zone0/type": "acpitz", "\(folder)/thermal_zone1/type": "acpitz",
            "\(folder)/thermal_zone10/type": "x86_pkg_temp",
        ])
        #expect(
            ThermalZone.all(of: root.files).map(\.name)
                == ["acpitz (thermal_zone0)", "acpitz (thermal_zone1)", "x86_pkg_temp"])
        #expect(ThermalZone.celsius(millidegrees: 45200) == 45.2)
        #expect(ThermalZone.celsius(millidegrees: -274000) == nil)
    }

    @Test func processorsWithoutAZoneHaveASensor() throws {
        let folder = "sys/class/hwmon"
        let root = try FixtureRoot([
            "\(folder)/hwmon0/name": "nvme", "\(folder)/hwmon0/temp1_input": "30000",
            "\(folder)/hwmon1/name": "k10temp", "\(folder)/hwmon1/temp1_input": "61250",
        ])
        let monitor = ClockMonitor(files: root.files)
        monitor.sample()
        #expect(
            monitor.summary().temperatures
                == [ClockConditions.Temperature(name: "k10temp", startCelsius: 61.25, maximumCelsius: 61.25)])
    }

    @Test func aPackageCountsOnce() throws {
        let folder = "sys/devices/system/cpu"
        var files: [String: String] = [:]
        for cpu in 0..<4 {
            files["\(folder)/cpu\(cpu)/thermal_throttle/core_throttle_count"] = "0"
            files["\(folder)/cpu\(cpu)/thermal_throttle/package_throttle_count"] = "7"
            files["\(folder)/cpu\(cpu)/topology/physical_package_id"] = "\(cpu / 2)"
        }
        let root = try FixtureRoot(files)
        let counters = ThrottleCounter.all(of: root.files, cpus: [1, 2, 3])
        #expect(counters.map(\.name) == ["CPU 1", "CPU 2", "CPU 3", "package 0", "package 1"])
        #expect(counters.map(\.cpus) == [[1], [2], [3], [1], [2, 3]])
    }
}
