// Energy as a user sees it: a counter that moves while the program runs, and what becomes of it when it is unplugged.

import CoExec
import Foundation
import Synchronization
import Testing

/// A processor package that draws constant power, as RAPL shows it, until it is unplugged.
private final class MovingCounter: Sendable {
    let folder: TemporaryFolder
    private let isMoving = Atomic<Bool>(true)
    private let hasEnded = DispatchSemaphore(value: 0)
    private var zone: String { folder.file("sys/class/powercap/intel-rapl:0") }

    init(watts: Double) throws {
        folder = try TemporaryFolder()
        let zone = folder.file("sys/class/powercap/intel-rapl:0")
        try FileManager.default.createDirectory(atPath: zone, withIntermediateDirectories: true)
        for (file, text) in ["name": "package-0", "max_energy_range_uj": "262143328850", "energy_uj": "1000"] {
            try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: "\(zone)/\(file)"))
        }
        let start = monotonicNanoseconds()
        Foundation.Thread.detachNewThread { [self] in
            while isMoving.load(ordering: .relaxed) {
                let microjoules = Int(watts * Double(monotonicNanoseconds() - start) / 1000) + 1000
                try? Data("\(microjoules)\n".utf8).write(
                    to: URL(fileURLWithPath: "\(zone)/energy_uj"), options: .atomic)
                usleep(1000)
            }
            hasEnded.signal()
        }
    }

    /// The driver goes, with its files.
    func unplug() throws {
        stop()
        try FileManager.default.removeItem(atPath: "\(zone)/energy_uj")
    }

    func stop() {
        guard isMoving.exchange(false, ordering: .relaxed) else { return }
        hasEnded.wait()
    }
}

@Suite(.serialized) struct EnergyCommandTimedTests {
    private let network = "mobilenet_v1_0.25"

    private func energy(_ json: [String: Any]) throws -> [String: Any] {
        let row = (json["rows"] as? [[String: Any]])?.first ?? json
        return try #require(row["energy"] as? [String: Any])
    }

    private func check(_ energy: [String: Any], _ name: String, watts: Double) throws {
        let measured = try #require((energy["watts"] as? [String: Double])?[name])
        #expect(abs(measured / watts - 1) < 0.05, "\(measured) W")
        let efficiency = try #require((energy["frames_per_joule"] as? [String: Double])?[name])
        #expect(efficiency > 0)
        #expect(abs(try #require((energy["joules_per_frame"] as? [String: Double])?[name]) * efficiency - 1) < 1e-6)
        #expect(try #require((energy["error_percent"] as? [String: Double])?[name]) >= 0)
        #expect((energy["rails"] as? [String: [String]])?[name] == ["rapl package-0"])
    }

    @Test func everyCommandMeasures() throws {
        let counter = try MovingCounter(watts: 20)
        defer { counter.stop() }
        let common = ["--no-tune", "--sysfs-root", counter.folder.path, "--idle", "0.5", "--json", "-"]
        let bench = try Program.run(
            ["bench", "--device", "cpu:0", "--network", network, "--frames", "300"] + common)
        #expect(bench.exitCode == 0, "\(bench.errors)")
        try check(energy(bench.json()), "cpu", watts: 20)
        let run = try Program.run(["run", "--devices", "cpu:0", "--network", network] + common)
        try check(energy(run.json()), "cpu", watts: 20)
        let study = try Program.run(
            ["study", "--devices", "cpu:0", "--networks", network, "--frames", "200", "--rounds", "3"] + common)
        let figures = try energy(study.json())
        for name in ["cpu", "combined"] { try check(figures, name, watts: 20) }
        #expect(figures["meter"] as? String == "rapl")
        #expect(abs(try #require((figures["idle_watts"] as? [String: Double])?["cpu"]) - 20) < 1)
        #expect(study.errors.contains("measured by rapl"))
    }

    @Test("a sensor that goes in the middle costs the energy figure, not the stream")
    func unplugged() throws {
        let counter = try MovingCounter(watts: 20)
        let output = counter.folder.file("results.jsonl")
        Foundation.Thread.detachNewThread {
            // Once the first results are there, the stream is running.
            while (try? FileManager.default.attributesOfItem(atPath: output)[.size] as? Int) ?? 0 == 0 { usleep(5000) }
            usleep(100_000)
            try? counter.unplug()
        }
        let result = try Program.run([
            "run", "--devices", "cpu:0@0.05", "--network", network, "--no-tune", "--sysfs-root", counter.folder.path,
            "--idle", "0.3", "--output", output, "--json", "-",
        ])
        counter.stop()
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try result.json()
        #expect(json["failed_frames"] as? Int == 0)
        let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == json["frames"] as? Int && lines.count > 10)
        let figures = try energy(json)
        #expect(figures["watts"] == nil && figures["frames_per_joule"] == nil)
        let notes = try #require(figures["notes"] as? [String])
        #expect(notes.contains { $0.contains("rapl package-0: stopped after") && $0.contains("energy_uj") }, "\(notes)")
    }

    @Test func noMeterIsSaidPlainly() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("sys"), withIntermediateDirectories: true)
        let arguments = ["bench", "--no-tune", "--device", "cpu:0", "--network", network, "--frames", "3"]
        let result = try Program.run(arguments + ["--sysfs-root", folder.path, "--json", "-"])
        #expect(result.exitCode == 0 && result.errors.contains("no meter"))
        #expect(try energy(result.json()).keys.sorted() == ["notes"])
        let named = try Program.run(arguments + ["--sysfs-root", folder.path, "--meter", "rapl"])
        #expect(named.exitCode == 1 && named.errorLines.count == 1 && named.errors.contains("rapl"))
        let unknown = try Program.run(arguments + ["--meter", "wattmeter"])
        #expect(unknown.exitCode == 64 && unknown.errors.contains("'wattmeter'"))
    }

    @Test("a measured profile is a board that simulate reads, with its power")
    func profile() throws {
        let counter = try MovingCounter(watts: 20)
        defer { counter.stop() }
        let file = counter.folder.file("board.json")
        let measured = try Program.run([
            "devices", "--profile", file, "--networks", network, "--devices", "cpu:0", "--frames", "600", "--no-tune",
            "--sysfs-root", counter.folder.path, "--idle", "0.5",
        ])
        #expect(measured.exitCode == 0, "\(measured.errors)")
        let simulated = try Program.run(["simulate", "--board", file, "--json", "-"])
        #expect(simulated.exitCode == 0, "\(simulated.errors)")
        let figures = try energy(simulated.json())
        #expect(abs(try #require((figures["watts"] as? [String: Double])?["cpu"]) - 20) < 1)
        #expect(figures["meter"] as? String == "modelled")
        let modelled = try Program.run([
            "bench", "--device", "cpu:0", "--network", network, "--frames", "30", "--no-tune", "--meter",
            "model:\(file)", "--json", "-",
        ])
        let model = try energy(modelled.json())
        #expect(model["meter"] as? String == "modelled" && model["error_percent"] == nil)
        #expect(modelled.errors.contains("energy is modelled"))
    }
}
