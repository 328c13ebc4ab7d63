import Testing

@testable import Devices

@Suite struct ClockMonitorTests {
    private func clock(_ name: String, _ seen: ClockConditions) throws -> ClockConditions.Clock {
        try #require(seen.clocks.first { $0.domain.name == name })
    }

    @Test func weighsFrequenciesByTime() throws {
        let root = try ClockFixtures.board()
        let monitor = ClockMonitor(files: root.files)
        for (seconds, kilohertz) in [(0, 600_000), (1, 1_000_000), (4, 1_000_000), (5, 1_400_000)] {
            try root.write("\(kilohertz)", "\(ClockFixtures.big)/scaling_cur_freq")
            monitor.sample(at: seconds * 1_000_000_000)
        }
        let seen = monitor.summary()
        let big = try clock("policy4", seen)
        #expect(
            big.megahertz == ClockConditions.Spread(minimum: 600, mean: (800 + 3 * 1000 + 1200) / 5, maximum: 1400))
        #expect(big.fullMegahertz == 1804.8 && big.limitMegahertz == 1804.8 && big.governors == ["schedutil"])
        #expect(try clock("fb000000.gpu", seen).megahertz?.mean == 600)
        #expect(try clock("dmc", seen).megahertz?.mean == 2112)
        #expect(seen.sampleCount == 4 && !seen.isThrottled && seen.notes.isEmpty)
    }

    @Test func throttlingThatComesAndGoesIsTold() throws {
        let root = try ClockFixtures.board()
        let monitor = ClockMonitor(files: root.files)
        monitor.sample()
        for state in [1, 2] {
            try root.write("\(state)", "\(ClockFixtures.cpuCooler)/cur_state")
            try root.write("1400000", "\(ClockFixtures.big)/scaling_max_freq")
            monitor.sample()
        }
        try root.write("0", "\(ClockFixtures.cpuCooler)/cur_state")
        try root.write("1804800", "\(ClockFixtures.big)/scaling_max_freq")
        monitor.sample()
        let seen = monitor.summary()
        let big = try clock("policy4", seen)
        #expect(big.throttledPercent == 50 && big.limitMegahertz == 1400)
        #expect(try clock("policy0", seen).throttledPercent == 0)
        #expect(seen.isThrottled)
        #expect(
            seen.causes == [
                "policy4 limited to 1400 of 1804.8 MHz", "cooling by cpufreq-cpu4 (cooling_device0) up to state 2 of 3",
            ])
    }

    @Test func aFanOrABusThrottlesNothing() throws {
        let root = try ClockFixtures.board()
        try root.write("528000000", "sys/class/devfreq/dmc/max_freq")
        let monitor = ClockMonitor(files: root.files)
        monitor.sample()
        #expect(!monitor.summary().isThrottled)
        #expect(try clock("dmc", monitor.summary()).limitMegahertz == 528)
    }

    @Test func onlyWhatIsUsedCounts() throws {
        let root = try ClockFixtures.board()
        try root.write("600000000", "\(ClockFixtures.gpu)/max_freq")
        try root.write("1000000", "\(ClockFixtures.big)/scaling_max_freq")
        let little = ClockMonitor(files: root.files, cpus: [1], kinds: [.cpu])
        let gpu = ClockMonitor(files: root.files, cpus: [1], kinds: [.cpu, .gpu])
        for monitor in [little, gpu] { monitor.sample() }
        #expect(little.summary().clocks.map(\.domain.name) == ["policy0", "dmc", "fb000000.gpu"])
        #expect(!little.summary().isThrottled)
        #expect(gpu.summary().causes == ["fb000000.gpu limited to 600 of 1000 MHz"])
    }

    @Test func beingHeldAtAFrequencyIsNoThrottling() throws {
        let root = try ClockFixtures.board()
        try root.write("1000000", "\(ClockFixtures.big)/scaling_max_freq")
        let monitor = ClockMonitor(files: root.files, fixedMegahertz: ["policy4": 1000])
        monitor.sample()
        #expect(!monitor.summary().isThrottled)
        try root.write("600000", "\(ClockFixtures.big)/scaling_max_freq")
        monitor.sample()
        #expect(monitor.summary().causes == ["policy4 limited to 600 of 1000 MHz"])
    }

    @Test func aProcessorThatSlowsItselfDownIsThrottled() throws {
        let root = try ClockFixtures.board()
        let counter = "sys/devices/system/cpu/cpu4/thermal_throttle/core_throttle_count"
        try root.write("12", counter)
        let monitor = ClockMonitor(files: root.files)
        for count in [12, 12, 15, 15] {
            try root.write("\(count)", counter)
            monitor.sample()
        }
        #expect(monitor.summary().causes == ["CPU 4 slowed itself down 3 times"])
        #expect(try clock("policy4", monitor.summary()).throttledPercent == 25)
        #expect(try clock("policy0", monitor.summary()).throttledPercent == 0)
    }

    @Test func aPowerClampThatIsOffIsNone() throws {
        let root = try ClockFixtures.board()
        try root.write("intel_powerclamp", "\(ClockFixtures.cpuCooler)/type")
        try root.write("-1", "\(ClockFixtures.cpuCooler)/cur_state")
        let monitor = ClockMonitor(files: root.files)
        monitor.sample()
        #expect(!monitor.summary().isThrottled)
        try root.write("20", "\(ClockFixtures.cpuCooler)/cur_state")
        monitor.sample()
        #expect(try clock("policy0", monitor.summary()).throttledPercent == 50)
    }

    @Test func keepsTheFirstAndTheHighestTemperature() throws {
        let root = try ClockFixtures.board()
        let monitor = ClockMonitor(files: root.files)
        for millidegrees in ["45200", "71500", "-274000", "60000"] {
            try root.write(millidegrees, "sys/class/thermal/thermal_zone0/temp")
            monitor.sample()
        }
        #expect(
            monitor.summary().temperatures == [
                ClockConditions.Temperature(name: "cpu-thermal", startCelsius: 45.2, maximumCelsius: 71.5),
                ClockConditions.Temperature(name: "gpu-thermal", startCelsius: 44, maximumCelsius: 44),
            ])
    }

    @Test func filesThatVanishCostTheirFigureOnly() throws {
        let root = try ClockFixtures.board()
        let monitor = ClockMonitor(files: root.files)
        monitor.sample(at: 0)
        try root.remove(ClockFixtures.big)
        try root.write("<unknown>", "\(ClockFixtures.little)/scaling_cur_freq")
        try root.remove("sys/class/thermal")
        for second in 1...3 { monitor.sample(at: second * 1_000_000_000) }
        let seen = monitor.summary()
        #expect(try clock("policy4", seen).megahertz?.mean == 1000)
        #expect(try clock("policy0", seen).megahertz?.mean == 1000)
        #expect(try clock("fb000000.gpu", seen).megahertz?.mean == 600)
        #expect(seen.temperatures.map(\.startCelsius) == [45.2, 44])
        // Each file once: three of the policy, one word, two temperatures, two cooling devices.
        #expect(seen.notes.count == 8, "\(seen.notes)")
        #expect(seen.notes.contains { $0.contains("policy0/scaling_cur_freq' holds '<unknown>'") })
    }

    @Test func filesThatNeverWereAreNoFailure() throws {
        let root = try ClockFixtures.board()
        try root.remove("\(ClockFixtures.big)/scaling_max_freq")
        let monitor = ClockMonitor(files: root.files)
        monitor.sample()
        #expect(monitor.summary().notes.isEmpty)
        #expect(try clock("policy4", monitor.summary()).limitMegahertz == nil)
    }

    @Test(arguments: ["1e300", "nan", "", "-5"]) func nonsenseTrapsNothing(text: String) throws {
        let root = try ClockFixtures.board()
        for file in ["scaling_cur_freq", "scaling_max_freq"] { try root.write(text, "\(ClockFixtures.big)/\(file)") }
        try root.write(text, "\(ClockFixtures.cpuCooler)/cur_state")
        try root.write(text, "\(ClockFixtures.cpuCooler)/max_state")
        try root.write(text, "sys/class/thermal/thermal_zone0/temp")
        let monitor = ClockMonitor(files: root.files)
        monitor.sample()
        monitor.sample()
        #expect(monitor.summary().sampleCount == 2)
    }

    @Test func aMachineThatTellsNothingIsNotThrottled() throws {
        let monitor = ClockMonitor(files: try FixtureRoot().files)
        monitor.sample()
        let seen = monitor.summary()
        #expect(seen.clocks.isEmpty && seen.temperatures.isEmpty && seen.notes.isEmpty && !seen.isThrottled)
    }
}
