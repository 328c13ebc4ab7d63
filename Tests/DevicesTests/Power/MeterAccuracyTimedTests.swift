import CoExec
import Foundation
import Testing

@testable import Devices

/// Each kind of meter, from its files to the energy of a run, against the integral of the power behind them.
@Suite struct MeterAccuracyTimedTests {
    /// Seconds of a run.
    private static let length = 3.0

    /// A power that moves 20 % up and down.
    private static func wave(_ mean: Double, phase: Double = 0, periodSeconds: Double = 1.7) -> SensorFixture.Curve {
        { mean * (1 + 0.2 * sin($0 / periodSeconds * 2 * .pi + phase)) }
    }

    /// A run, half a second after the recorder's start.
    private struct Run {
        let energies: [RailEnergy]
        let startNanoseconds: Int
        /// 1 %, and as much more as the machine kept this process from running: fixtures and polls were late then.
        let tolerance: Double
    }

    private static func record(
        _ sensors: [any PowerSensor], seconds: Double = length, during: () async throws -> Void = {}
    ) async throws -> Run {
        let recorder = try PowerRecorder(sensors, apartFrom: [], on: .thisMachine())
        defer { recorder.stop() }
        try await Task.sleep(for: .milliseconds(500))
        let lateness = LatenessWatch()
        let start = monotonicNanoseconds()
        recorder.begin()
        try await during()
        let left = seconds - Double(monotonicNanoseconds() - start) / 1e9
        if left > 0 { try await Task.sleep(for: .seconds(left)) }
        let energies = recorder.end()
        let share = lateness.stop() / (Double(energies[0].nanoseconds) / 1e9)
        return Run(energies: energies, startNanoseconds: start, tolerance: 0.01 + share)
    }

    private static func expect(
        _ energy: RailEnergy, _ truth: Double, _ run: Run, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let joules = energy.joules ?? .nan
        #expect(
            abs(joules / truth - 1) < run.tolerance,
            "\(energy.rail.name): \(joules) J for \(truth) J; \(energy.problem ?? "no problem")",
            sourceLocation: sourceLocation)
    }

    /// Expects each sensor's energy to be its fixture's.
    private static func expectTruth(
        _ run: Run, _ fixture: SensorFixture, _ indices: [Int]? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for index in indices ?? Array(run.energies.indices) {
            let energy = run.energies[index]
            expect(
                energy, fixture.joules(of: index, from: run.startNanoseconds, nanoseconds: energy.nanoseconds), run,
                sourceLocation: sourceLocation)
        }
    }

    @Test("RAPL: counters that wrap every second")
    func wrappingCounters() async throws {
        func zone(_ name: String) -> String { "sys/class/powercap/intel-rapl:\(name)" }
        let root = try FixtureRoot([
            "\(zone("0"))/name": "package-0", "\(zone("0"))/max_energy_range_uj": "20000000",
            "\(zone("0:0"))/name": "dram", "\(zone("0:0"))/max_energy_range_uj": "3000000",
        ])
        let fixture = try SensorFixture(
            root,
            [
                .counter("\(zone("0"))/energy_uj", initial: 1.9e7, range: 2e7, every: 0.01, Self.wave(18)),
                .counter("\(zone("0:0"))/energy_uj", range: 3e6, every: 0.01, Self.wave(2.5, phase: 1)),
            ])
        defer { fixture.stop() }
        let sensors = PowerMeters.discover(root.files).sensors
        #expect(sensors.map(\.rail.name) == ["package-0", "package-0 dram"])
        let run = try await Self.record(sensors)
        Self.expectTruth(run, fixture)
    }

    @Test("INA231: 3.8 values a second, polled 200 times a second, one chip missing")
    func slowSensors() async throws {
        func chip(_ name: String) -> String { "sys/bus/i2c/drivers/INA231/3-\(name)" }
        var files: [String: String] = [:]
        for address in ["0040", "0041", "0044", "0045"] {
            files["\(chip(address))/enable"] = "0"
            files["\(chip(address))/update_period"] = "263808 usec"
        }
        let root = try FixtureRoot(files)
        let fixture = try SensorFixture(
            root,
            [("0040", 4.0), ("0041", 0.1), ("0045", 0.4)].map { address, watts in
                .power(
                    "\(chip(address))/sensor_W", unitsPerWatt: 1, decimals: 6, every: 0.263808,
                    Self.wave(watts, phase: watts, periodSeconds: 5))
            })
        defer { fixture.stop() }
        let (sensors, failures) = PowerMeters.discover(root.files)
        #expect(failures.map(\.sensor) == ["ina231 GPU"])
        let run = try await Self.record(sensors, seconds: 5)
        #expect(run.energies.map(\.rail.name) == ["A15", "memory", "A7"])
        Self.expectTruth(run, fixture)
        for energy in run.energies {
            // 19 values in 5 s; the machine that runs the tests may be late with some.
            #expect(energy.samples >= 12 && energy.samples <= 20 && energy.polls > 200)
        }
        #expect(try root.read("\(chip("0040"))/enable") == "0")
    }

    @Test("hwmon: energy, power, volts times amperes")
    func hwmonChips() async throws {
        func chip(_ name: String) -> String { "sys/class/hwmon/hwmon\(name)" }
        let root = try FixtureRoot([
            "\(chip("0"))/name": "scmi_sensors", "\(chip("0"))/energy1_label": "cpu",
            "\(chip("1"))/name": "ina226", "\(chip("1"))/label": "vdd_gpu",
            "\(chip("2"))/name": "ina3221", "\(chip("2"))/in2_label": "VDD_SOC",
        ])
        let fixture = try SensorFixture(
            root,
            [
                .counter("\(chip("0"))/energy1_input", initial: 5e12, every: 0.02, Self.wave(6)),
                .power("\(chip("1"))/power1_input", unitsPerWatt: 1e6, every: 0.03, Self.wave(3, phase: 2)),
                .product(
                    "\(chip("2"))/in2_input", "\(chip("2"))/curr2_input", supplyVolts: 5, every: 0.02,
                    Self.wave(8, phase: 3)),
            ])
        defer { fixture.stop() }
        let (sensors, failures) = PowerMeters.discover(root.files)
        #expect(failures.isEmpty && sensors.map(\.rail.name) == ["cpu", "vdd_gpu", "VDD_SOC"])
        let run = try await Self.record(sensors)
        Self.expectTruth(run, fixture)
    }

    @Test("a battery that tells four times a second")
    func battery() async throws {
        let folder = "sys/class/power_supply/BAT1"
        let root = try FixtureRoot(["\(folder)/type": "Battery", "\(folder)/status": "Discharging"])
        let fixture = try SensorFixture(
            root,
            [
                .product(
                    "\(folder)/voltage_now", "\(folder)/current_now", supplyVolts: 12_000, every: 0.25,
                    { Self.wave(9, periodSeconds: 5)($0) * 1e6 })
            ])
        defer { fixture.stop() }
        let run = try await Self.record(PowerMeters.discover(root.files).sensors, seconds: 4)
        #expect(run.energies.count == 1)
        for energy in run.energies {
            let truth = fixture.joules(of: 0, from: run.startNanoseconds, nanoseconds: energy.nanoseconds) / 1e6
            Self.expect(energy, truth, run)
        }
    }

    @Test("NVML's counter", .enabled(if: NVMLStub.compiler != nil, "no C compiler to make a stub of NVML with"))
    func nvml() async throws {
        let stub = try NVMLStub(["COUNT": "2", "COUNTER": "0"])
        let sensors = PowerMeters.discover(meters: [.nvml], nvmlLibrary: stub.path).sensors
        let run = try await Self.record(sensors, seconds: 2)
        #expect(run.energies.count == 2)
        for (energy, watts) in zip(run.energies, [30.0, 60]) {
            Self.expect(energy, watts * Double(energy.nanoseconds) / 1e9, run)
        }
    }

    @Test("an external meter with a clock of its own, and a line lost now and then")
    func externalMeter() async throws {
        let root = try FixtureRoot()
        let path = "\(root.path)/meter"
        try #require(mkfifo(path, 0o600) == 0)
        let sensors = PowerMeters.discover(root.files, meters: [.external(path: path)]).sensors
        try #require(sensors.count == 1)
        let origin = monotonicNanoseconds()
        let curve = Self.wave(11)
        let writer = DispatchQueue(label: "meter")
        let pipe = open(path, O_WRONLY | O_NONBLOCK)
        try #require(pipe >= 0)
        let stopping = DispatchSemaphore(value: 0)
        writer.async {
            // Its clock stands at 12 s when it begins; 100 lines a second.
            var line = 0
            while stopping.wait(timeout: .now() + .milliseconds(10)) == .timedOut {
                let seconds = Double(monotonicNanoseconds() - origin) / 1e9
                line += 1
                let text =
                    line % 23 == 0
                    ? "overrun\n" : String(format: "%.4f\t%.5f\n", 12 + seconds, curve(seconds))
                _ = write(pipe, text, text.utf8.count)
            }
            close(pipe)
        }
        let run = try await Self.record(sensors)
        stopping.signal()
        writer.sync {}
        let first = Double(run.startNanoseconds - origin) / 1e9
        let truth = SensorFixture.integral(curve, first, first + Double(run.energies[0].nanoseconds) / 1e9)
        Self.expect(run.energies[0], truth, run)
        #expect(run.energies[0].problem == nil)
    }

    @Test("a sensor that goes in the middle of a run loses its energy and says so; the others keep theirs")
    func stops() async throws {
        func chip(_ name: String) -> String { "sys/class/hwmon/hwmon\(name)" }
        let root = try FixtureRoot([
            "\(chip("0"))/name": "ina226", "\(chip("0"))/label": "cpu", "\(chip("1"))/name": "ina226",
            "\(chip("1"))/label": "gpu",
        ])
        let fixture = try SensorFixture(
            root,
            (0..<2).map {
                .power("\(chip("\($0)"))/power1_input", unitsPerWatt: 1e6, every: 0.02, Self.wave(3, phase: Double($0)))
            })
        defer { fixture.stop() }
        let run = try await Self.record(PowerMeters.discover(root.files).sensors) {
            try await Task.sleep(for: .seconds(1))
            try fixture.remove(0)
        }
        try #require(run.energies.count == 2)
        #expect(run.energies[0].joules == nil)
        let problem = try #require(run.energies[0].problem)
        #expect(problem.hasPrefix("stopped after 1.") && problem.contains("hwmon0/power1_input': No such file"))
        Self.expectTruth(run, fixture, [1])
    }

    @Test(
        "the Odroid XU3's traces, replayed 25 times as fast, give the energy of their samples",
        .enabled(if: dataFolder != nil, "COEXEC_DATA is not set"),
        arguments: ["odroid-xu3-parsec-big-1core-1400000", "odroid-xu3-parsec-big-1core-1800000"])
    func replayedTrace(name: String) async throws {
        let trace = try OdroidTrace(name)
        let times = trace.seconds.map { $0 / 25 }
        func chip(_ name: String) -> String { "sys/bus/i2c/drivers/INA231/2-\(name)" }
        let addresses = ["0040", "0041", "0044", "0045"]
        var files: [String: String] = [:]
        for address in addresses {
            files["\(chip(address))/enable"] = "1"
            // 0.51 s on the board.
            files["\(chip(address))/update_period"] = "20400 usec"
        }
        let root = try FixtureRoot(files)
        // The files show each sample until the next one.
        let fixture = try SensorFixture(
            root,
            addresses.map { address in
                let watts = trace.watts[address]!
                return .power("\(chip(address))/sensor_W", unitsPerWatt: 1, decimals: 6, every: 0.005) { time in
                    watts[max(Self.firstIndex(after: time, in: times) - 1, 0)]
                }
            })
        defer { fixture.stop() }
        let run = try await Self.record(PowerMeters.discover(root.files).sensors, seconds: 5)
        try #require(run.energies.count == 4)
        for (energy, address) in zip(run.energies, addresses) {
            let watts = trace.watts[address]!
            let first = Double(run.startNanoseconds - fixture.startNanoseconds) / 1e9
            let truth = SensorFixture.integral(
                { time in
                    let next = min(max(Self.firstIndex(after: time, in: times), 1), times.count - 1)
                    // Where the machine is so late that the trace is over, its last value stays.
                    let share = min((time - times[next - 1]) / (times[next] - times[next - 1]), 1)
                    return watts[next - 1] + (watts[next] - watts[next - 1]) * share
                }, first, first + Double(energy.nanoseconds) / 1e9)
            Self.expect(energy, truth, run)
        }
    }

    private static func firstIndex(after value: Double, in values: [Double]) -> Int {
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if values[middle] > value { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
