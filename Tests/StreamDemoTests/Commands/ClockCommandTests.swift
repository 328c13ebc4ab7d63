// --governor, --frequency and --sysfs-root as a user sees them, and that no end of the program leaves a clock changed.

import Foundation
import Testing

@testable import Devices

@Suite(.serialized) struct ClockCommandTests {
    /// The /sys of a machine with one policy, for all CPUs of this one.
    private let folder: TemporaryFolder
    private let policy: String

    init() throws {
        folder = try TemporaryFolder()
        policy = folder.file("sys/devices/system/cpu/cpufreq/policy0")
        let cpus = try "\(Topology.thisMachine().inventory.online)"
        for (file, text) in [
            "related_cpus": cpus, "scaling_governor": "schedutil",
            "scaling_available_governors": "performance schedutil", "scaling_cur_freq": "1400000",
            "scaling_min_freq": "600000", "scaling_max_freq": "1800000", "cpuinfo_min_freq": "600000",
            "cpuinfo_max_freq": "1800000", "scaling_available_frequencies": "600000 1400000 1800000",
        ] { try write(text, "\(policy)/\(file)") }
        let thermal = folder.file("sys/class/thermal")
        for (file, text) in [
            "thermal_zone0/type": "cpu-thermal", "thermal_zone0/temp": "45200",
            "cooling_device0/type": "thermal-cpufreq-0", "cooling_device0/cur_state": "0",
            "cooling_device0/max_state": "3",
        ] { try write(text, "\(thermal)/\(file)") }
    }

    private func write(_ text: String, _ path: String) throws {
        let url = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data((text + "\n").utf8).write(to: url)
    }

    /// Governor, lowest and highest frequency.
    private func state() throws -> [String] {
        try ["governor", "min_freq", "max_freq"].map {
            try String(contentsOfFile: "\(policy)/scaling_\($0)", encoding: .utf8).trimmingCharacters(in: .newlines)
        }
    }

    private let former = ["schedutil", "600000", "1800000"]
    private let set = ["performance", "1400000", "1400000"]
    private var setting: [String] { ["--governor", "performance", "--frequency", "1400", "--sysfs-root", folder.path] }

    private func arguments(_ command: String, frames: Int = 4) -> [String] {
        let own =
            switch command {
            case "bench": ["--device", "cpu:0", "--network", "mobilenet_v1_0.25", "--frames", "\(frames)"]
            case "study": ["--devices", "cpu:0", "--networks", "mobilenet_v1_0.25", "--frames", "4", "--rounds", "1"]
            default: ["--devices", "cpu:0", "--network", "mobilenet_v1_0.25"]
            }
        return [command, "--no-tune"] + own
    }

    @Test(arguments: ["bench", "run", "study"]) func saysTheConditions(command: String) throws {
        let result = try Program.run(arguments(command) + setting + ["--json", "-"])
        #expect(result.exitCode == 0, "\(result.errors)")
        let conditions = try #require(try result.json()["conditions"] as? [String: Any])
        let clock = try #require((conditions["clocks"] as? [[String: Any]])?.first)
        #expect(clock["name"] as? String == "policy0" && clock["kind"] as? String == "cpu")
        #expect(clock["governor"] as? String == "performance")
        #expect(clock["max_mhz"] as? Double == 1400 && clock["limit_mhz"] as? Double == 1400)
        #expect((clock["mhz"] as? [String: Double]) == ["min": 1400, "mean": 1400, "max": 1400])
        #expect(clock["throttled_percent"] as? Double == 0 && conditions["throttled"] as? Bool == false)
        let temperature = try #require((conditions["temperatures"] as? [[String: Any]])?.first)
        #expect(temperature["name"] as? String == "cpu-thermal" && temperature["max_c"] as? Double == 45.2)
        #expect(result.errors.contains("performance, 1400 MHz, at most 1400"), "\(result.errors)")
        #expect(!result.errors.contains("THROTTLED"))
        #expect(try state() == former)
    }

    @Test func aThrottledRunSaysSo() throws {
        try write("2", folder.file("sys/class/thermal/cooling_device0/cur_state"))
        try write("1400000", "\(policy)/scaling_max_freq")
        let result = try Program.run(
            arguments("bench") + ["--sysfs-root", folder.path, "--json", "-"])
        #expect(result.exitCode == 0, "\(result.errors)")
        let conditions = try #require(try result.json()["conditions"] as? [String: Any])
        #expect(conditions["throttled"] as? Bool == true)
        #expect(
            conditions["causes"] as? [String] == [
                "policy0 limited to 1400 of 1800 MHz",
                "cooling by thermal-cpufreq-0 (cooling_device0) up to state 2 of 3",
            ])
        #expect(result.errorLines.contains { $0.hasPrefix("THROTTLED: policy0 limited to 1400 of") })
    }

    @Test func aMachineThatTellsNothingIsToldInOneLine() throws {
        let empty = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: empty.file("sys"), withIntermediateDirectories: true)
        let result = try Program.run(arguments("bench") + ["--sysfs-root", empty.path])
        #expect(result.exitCode == 0)
        #expect(result.outputLines.last == "frequency and temperature: this machine tells neither")
    }

    /// Starts a run and waits until it has set its clocks.
    private func start(frames: Int = 100_000_000, errors: String = "/dev/null") throws -> RunningProgram {
        let program = try RunningProgram(arguments("bench", frames: frames) + setting, errors: errors)
        #expect(try waits(upTo: 60) { try state() == set }, "never set")
        return program
    }

    /// Ctrl-C once, twice, kill, kill -9 and what a trap raises, whose first one Swift may catch for a backtrace.
    @Test(arguments: [[SIGINT], [SIGINT, SIGINT], [SIGTERM], [SIGKILL], [SIGILL, SIGILL]])
    func everyEndRestores(signals: [Int32]) throws {
        let program = try start()
        for signal in signals {
            kill(program.id, signal)
            Thread.sleep(forTimeInterval: 0.1)
        }
        #expect(try waits(upTo: 10) { try state() == former }, "never restored")
        program.end()
    }

    /// The rest is restored, and somebody is told, though the program is no more.
    @Test func whatCannotBeRestoredAfterAKillIsAWarning() throws {
        let errors = try folder.write([], to: "errors")
        let program = try start(errors: errors)
        try FileManager.default.removeItem(atPath: "\(policy)/scaling_governor")
        program.end()
        let line = "stream-demo: warning: could not restore '\(policy)/scaling_governor'\n"
        #expect(try waits(upTo: 10) { try String(contentsOfFile: errors, encoding: .utf8) == line })
        #expect(try String(contentsOfFile: "\(policy)/scaling_max_freq", encoding: .utf8) == "1800000\n")
    }

    /// The exit code is what it is without it.
    @Test func whatCannotBeRestoredIsAWarning() throws {
        let errors = try folder.write([], to: "errors")
        let program = try start(frames: 2000, errors: errors)
        try FileManager.default.removeItem(atPath: "\(policy)/scaling_governor")
        #expect(waits(upTo: 60) { program.status != nil } && program.status == 0)
        let line = "stream-demo: warning: could not restore '\(policy)/scaling_governor'\n"
        #expect(try String(contentsOfFile: errors, encoding: .utf8) == line)
    }

    private func waits(upTo seconds: Double, for condition: () throws -> Bool) rethrows -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        while try !condition() {
            guard Date() < end else { return false }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return true
    }

    @Test func anErrorRestores() throws {
        let result = try Program.run(
            ["run", folder.file("none.mp4"), "--devices", "cpu:0"] + setting)
        #expect(result.exitCode == 1 && result.errors.contains("none.mp4"))
        let full = try Program.run(arguments("bench") + setting + ["--json", "/dev/full"])
        #expect(full.exitCode == 1 && full.errors.contains("/dev/full"), "\(full.errors)")
        #expect(try state() == former)
    }

    @Test(arguments: [
        (["--governor", "turbo"], "available: performance, schedutil"),
        (["--frequency", "1000"], "available: 600, 1400, 1800"),
        (["--frequency", "npu=600"], "no device 'npu'"),
    ])
    func whatTheMachineHasNotIsAUsageError(options: [String], fragment: String) throws {
        let result = try Program.run(arguments("bench") + options + ["--sysfs-root", folder.path])
        #expect(result.exitCode == 64)
        #expect(result.errorLines.count == 1 && result.errors.contains(fragment), "\(result.errors)")
    }

    @Test func whatIsNoFrequencyIsAUsageError() throws {
        let result = try Program.run(arguments("bench") + ["--frequency", "fast"])
        #expect(result.exitCode == 64 && result.errors.contains("'fast'"), "\(result.errors)")
    }

    @Test func whatCannotBeSetIsAFailure() throws {
        try FileManager.default.removeItem(atPath: "\(policy)/scaling_governor")
        try FileManager.default.createSymbolicLink(
            atPath: "\(policy)/scaling_governor", withDestinationPath: "/proc/sys/kernel/ostype")
        for (root, fragment) in [
            (folder.path, "clocks are set by root"), (folder.file("sys"), "no folder 'sys'"),
        ] {
            let result = try Program.run(
                arguments("bench") + ["--governor", "performance", "--sysfs-root", root])
            #expect(result.exitCode == 1)
            #expect(result.errorLines.count == 1 && result.errors.contains(fragment), "\(result.errors)")
        }
    }
}
