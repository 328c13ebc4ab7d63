// The program from outside, as users and scripts see it: the contract's JSON, its errors and its exit codes.

import Foundation
import Kernels
import Testing

@testable import Devices
@testable import StreamDemo

@Suite struct UsageTests {
    /// Wrong arguments: exit code 64 and one clear line that names them.
    @Test(arguments: [
        (["run", "--network", "resnext"], "no network 'resnext'"),
        (["run", "--devices", "npu"], "unknown device 'npu'"),
        (["run", "--devices", "cpu:99"], "no CPU 99"),
        (["bench", "--device", "cpu:0", "--threads", "2"], "do not fit"),
        (["bench", "--device", "cpu:0@2"], "speed '2'"),
        (["study", "--networks", "squeezenet,nope"], "no network 'nope'"),
        (["run", "--devices", "cpu:0", "--policy", "fastest"], "no policy 'fastest'"),
        (["study", "--devices", "cpu:0,cpu:0"], "listed twice"),
        (["bench", "--device", "cpu:0@1e-300"], "speed '1e-300'"),
        (["bench", "--device", "cpu:0", "--lanes", "1024", "--threads", "1024"], "do not fit"),
    ])
    func wrongValuesAreUsageErrors(arguments: [String], fragment: String) throws {
        let result = try Program.run(arguments)
        #expect(result.exitCode == 64)
        #expect(result.errorLines.count == 1)
        #expect(result.errors.hasPrefix("stream-demo: ") && result.errors.contains(fragment), "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test(arguments: [
        ["run", "--bogus"], ["bench", "--frames", "0"], ["fly"], ["run", "--window", "x"],
        ["run", "--window", "99999999999999"],
        ["bench", "--lanes", "9223372036854775807"], ["bench", "--batch", "9223372036854775807"],
    ])
    func unreadableArgumentsAreUsageErrors(arguments: [String]) throws {
        let result = try Program.run(arguments)
        #expect(result.exitCode == 64)
        #expect(result.errors.hasPrefix("Error: "))
    }

    @Test(arguments: [[], ["devices"], ["run"], ["bench"], ["study"], ["simulate"]])
    func helpTeaches(command: [String]) throws {
        let result = try Program.run(command + ["--help"])
        #expect(result.exitCode == 0)
        #expect(result.output.contains("stream-demo \(command.first ?? "devices")"))
        #expect(result.errors.isEmpty)
    }

    /// What the world does wrong: exit code 1 and one clear line.
    @Test func missingThingsAreFailures() throws {
        let folder = try TemporaryFolder()
        let text = try folder.write("no video".utf8, to: "notes.txt")
        for (arguments, fragment) in [
            (["run", folder.file("missing.mp4")], "missing.mp4"),
            (["run", text], "notes.txt"),
            (["run", folder.path], folder.path),
            (["run", "--labels", folder.file("none.txt")], "none.txt"),
            (["run", "--output", folder.file("no/such/folder.jsonl")], "folder.jsonl"),
            (["devices", "--sysroot", folder.path], folder.path),
        ] {
            let result = try Program.run(arguments + (arguments[0] == "run" ? ["--devices", "cpu:0"] : []))
            #expect(result.exitCode == 1, "\(arguments)")
            #expect(result.errorLines.count == 1 && result.errors.contains(fragment), "\(result.errors)")
        }
    }

    @Test func outputThatCannotBeWrittenIsAFailure() throws {
        let result = try Program.run(["devices", "--json", "/dev/full"])
        #expect(result.exitCode == 1)
        #expect(result.errorLines.count == 1 && result.errors.contains("/dev/full"), "\(result.errors)")
    }

    @Test func noOpenCLPlatformIsAnErrorOnlyWhereAGPUIsAskedFor() throws {
        let folder = try TemporaryFolder()
        let noPlatform = ["OCL_ICD_VENDORS": folder.path + "/"]
        let asked = try Program.run(["bench", "--device", "gpu"], environment: noPlatform)
        #expect(asked.exitCode == 1)
        #expect(asked.errorLines.count == 1 && asked.errors.contains("OpenCL"), "\(asked.errors)")
        let listed = try Program.run(["devices", "--json", "-"], environment: noPlatform)
        #expect(listed.exitCode == 0)
        #expect((try listed.json()["opencl"] as? [Any])?.isEmpty == true)
    }
}

@Suite struct DevicesCommandTests {
    @Test func listsThisMachine() throws {
        let result = try Program.run(["devices", "--json", "-"])
        #expect(result.exitCode == 0)
        let json = try result.json()
        let clusters = try #require(json["clusters"] as? [[String: Any]])
        let cpus = clusters.flatMap { $0["cpus"] as? [Int] ?? [] }
        let allowed = try Topology.thisMachine().inventory.allowed.numbers
        #expect(Set(cpus) == Set(allowed))
        #expect(Set(cpus).count == cpus.count)
        #expect(json["opencl"] is [Any] && json["meters"] is [Any])
    }

    @Test(.enabled(if: dataFolder != nil, "COEXEC_DATA is not set")) func readsAnotherMachinesDump() throws {
        let board = try #require(dataFolder) + "/boards/kirin970-mate-10"
        let clusters = try #require(
            try Program.run(["devices", "--sysroot", board, "--json", "-"]).json()["clusters"] as? [[String: Any]])
        #expect(clusters.map { $0["name"] as? String } == ["big", "LITTLE"])
        #expect(clusters.map { $0["cpus"] as? [Int] } == [[4, 5, 6, 7], [0, 1, 2, 3]])
        #expect(clusters.map { $0["core"] as? String } == ["Cortex-A73", "Cortex-A53"])
    }
}

@Suite(.needsFFmpeg, .serialized) struct RunCommandTests {
    /// The issue's own acceptance: 300 frames in order, from every device, and the class doesn't depend on the device.
    @Test(.needsTwoDevices) func aVideoThroughTwoDevicesInOrder() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30", "-frames:v", "300", "-pix_fmt", "yuv420p", "-c:v",
            "libx264",
            "clip.mp4")
        let together = try run(clip, devices: "cpu:0,gpu:1")
        #expect(together.map { $0["frame"] as? Int } == Array(0..<300))
        #expect(Set(together.compactMap { $0["device"] as? String }) == ["cpu", "gpu"])
        let alone = try run(clip, devices: "cpu:0")
        #expect(together.map(Self.topIndex) == alone.map(Self.topIndex))
        #expect(together.allSatisfy { ($0["latency_ms"] as? Double ?? 0) > 0 })
    }

    @Test func aCutVideoGivesItsFramesThenTheError() throws {
        let folder = try TemporaryFolder()
        let cut = try folder.cut(folder.makeClip("clip.mkv"), to: 0.3)
        let result = try Program.run(["run", cut, "--devices", "cpu:0", "--output", "-"])
        #expect(result.exitCode == 1)
        let frames = try result.jsonLines().map { $0["frame"] as? Int }
        #expect(frames.count > 3 && frames.count < 30)
        #expect(frames == Array(0..<frames.count))
        #expect(result.errorLines.last?.contains("clip") == true, "\(result.errors)")
        // The summary is still there, on standard error since results took standard output.
        #expect(result.errors.contains("\(frames.count) frames in"))
    }

    @Test func yuv4mpegOnStandardInputWithLabels() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.make("-f", "lavfi", "-i", "testsrc2=s=160x120:r=30", "-frames:v", "12", "clip.y4m")
        let labels = try folder.write((0..<1000).map { "class \($0)\n" }.joined().utf8, to: "labels.txt")
        let result = try Program.run(
            ["run", "-", "--devices", "cpu:0", "--labels", labels, "--output", "-"], standardInput: clip)
        #expect(result.exitCode == 0, "\(result.errors)")
        let lines = try result.jsonLines()
        #expect(lines.count == 12)
        let top = try #require(lines[0]["top"] as? [[String: Any]])
        #expect(top.count == 5)
        let best = try #require(top[0]["index"] as? Int)
        #expect(top[0]["label"] as? String == "class \(best)")
        let probabilities = top.compactMap { $0["p"] as? Double }
        #expect(probabilities == probabilities.sorted(by: >) && probabilities.reduce(0, +) <= 1.0001)
    }

    @Test func interruptingAStalledPipeStillPrintsTheSummary() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.make("-f", "lavfi", "-i", "testsrc2=s=160x120:r=30", "-frames:v", "6", "clip.y4m")
        let pipe = folder.file("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        // Both ends are open here, so the program's read of the pipe never ends by itself.
        let both = open(pipe, O_RDWR)
        defer { close(both) }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: clip))
        Thread.detachNewThread { bytes.withUnsafeBytes { _ = write(both, $0.baseAddress, $0.count) } }
        let result = try Program.run(
            ["run", "-", "--devices", "cpu:0", "--output", "-"], standardInput: pipe, interruptAfterLines: 4)
        #expect(result.exitCode == Interrupt.exitCode)
        let frames = try result.jsonLines().map { $0["frame"] as? Int }
        #expect(frames.count >= 4 && frames == Array(0..<frames.count))
        #expect(result.errors.contains("\(frames.count) frames in"), "\(result.errors)")
    }

    @Test func aTraceHasARowALaneAndEveryFrame() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.makeClip("clip.mp4")
        let trace = folder.file("trace.json")
        let result = try Program.run(
            ["run", clip, "--devices", "cpu:0", "--policy", "round-robin", "--trace", trace])
        #expect(result.exitCode == 0, "\(result.errors)")
        let data = try Data(contentsOf: URL(fileURLWithPath: trace))
        let events = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        let runs = events.filter { $0["ph"] as? String == "X" }
        #expect(runs.compactMap { ($0["args"] as? [String: Any])?["frame"] as? Int } == Array(0..<30))
        #expect(runs.allSatisfy { ($0["dur"] as? Double ?? 0) > 0 && $0["tid"] as? Int == 0 })
        #expect(events.contains { ($0["args"] as? [String: Any])?["name"] as? String == "cpu/0" })
    }

    @Test func theInputIsNotOverwritten() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.makeClip("clip.mp4")
        let before = try Data(contentsOf: URL(fileURLWithPath: clip))
        let result = try Program.run(["run", clip, "--devices", "cpu:0", "--output", clip])
        #expect(result.exitCode == 64 && result.errors.contains("is the input"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: clip)) == before)
    }

    @Test func interruptingDrainsAndStillPrintsTheSummary() throws {
        let result = try Program.run(
            ["run", "--devices", "cpu:0@0.2", "--output", "-"], interruptAfterLines: 5)
        #expect(result.exitCode == Interrupt.exitCode)
        let frames = try result.jsonLines().map { $0["frame"] as? Int }
        #expect(frames.count >= 5 && frames.count < 300)
        #expect(frames == Array(0..<frames.count))
        #expect(result.errors.contains("\(frames.count) frames in"))
        #expect(result.errors.contains("emulated"))
    }

    private func run(_ clip: String, devices: String) throws -> [[String: Any]] {
        let folder = try TemporaryFolder()
        let output = folder.file("results.jsonl")
        let result = try Program.run(
            ["run", clip, "--network", "squeezenet", "--devices", devices, "--output", output])
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.output.contains("frames/s together"))
        return try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    private static func topIndex(_ line: [String: Any]) -> Int? {
        (line["top"] as? [[String: Any]])?.first?["index"] as? Int
    }
}

@Suite(.serialized) struct MeasuringCommandTests {
    @Test func benchGivesTheContractsJSON() throws {
        let result = try Program.run([
            "bench", "--network", "mobilenet_v1", "--device", "cpu:0", "--frames", "6", "--warmup", "2", "--batch", "2",
            "--layers", "--no-tune", "--json", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try result.json()
        #expect(json["device"] as? String == "cpu" && json["network"] as? String == "mobilenet_v1")
        #expect(json["precision"] as? String == "fp32" && json["batch"] as? Int == 2 && json["frames"] as? Int == 6)
        #expect(json["threads"] as? Int == 1 && (json["fps"] as? Double ?? 0) > 0)
        let latency = try #require(json["latency_ms"] as? [String: Double])
        #expect(Set(latency.keys) == ["min", "p50", "p90", "p99"])
        let macs = try #require(json["macs"] as? Int)
        #expect(macs > 560_000_000 && macs < 580_000_000)
        let layers = try #require(json["layers"] as? [[String: Any]])
        #expect(layers.count >= 28)
        #expect(layers.allSatisfy { $0["name"] is String && $0["op"] is String && ($0["ms"] as? Double ?? -1) >= 0 })
        let computing = layers.filter { $0["gflops"] is Double }
        #expect(computing.count == 28 && computing.allSatisfy { ($0["flop_per_byte"] as? Double ?? 0) > 0 })
        #expect(layers.allSatisfy { $0["gflops"] != nil && $0["flop_per_byte"] != nil })
    }

    @Test(.needsTwoDevices) func aPrecisionThatTheDeviceLacksIsAUsageError() throws {
        let result = try Program.run(["bench", "--device", "gpu:1", "--precision", "bf16"])
        #expect(result.exitCode == 64)
        #expect(result.errorLines == ["stream-demo: device 'gpu' does not compute in bf16"])
    }

    @Test func benchTakesTheLibraryAskedFor() throws {
        let command = ["bench", "--network", "mobilenet_v1_0.25", "--device", "cpu:0", "--frames", "3", "--engine"]
        for (engine, name) in [("onednn", "oneDNN "), ("xnnpack", "XNNPACK ")] {
            let json = try Program.run(command + [engine, "--json", "-"]).json()
            #expect((json["engine"] as? String)?.hasPrefix(name) == true)
        }
        #expect(try Program.run(command + ["tflite"]).exitCode == 64)
        let refused = try Program.run(command + ["xnnpack", "--precision", "bf16"])
        #expect(refused.exitCode == 1 && refused.errorLines.count == 1)
        #expect(refused.errors.contains(CPUEngine.supports(.bf16) ? "it computes in fp32 only" : "bf16"))
    }

    @Test(.enabled(if: CPUEngine.supports(.bf16), "this CPU has no instructions for BF16"))
    func benchSaysItsPrecision() throws {
        let result = try Program.run([
            "bench", "--network", "mobilenet_v1_0.25", "--device", "cpu:0", "--frames", "3", "--precision", "bf16",
            "--json", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try result.json()
        #expect(json["precision"] as? String == "bf16")
    }

    @Test(.needsTwoDevices) func studyGivesTheContractsJSON() throws {
        let result = try Program.run([
            "study", "--networks", "squeezenet", "--devices", "cpu:0,gpu:1", "--frames", "12", "--rounds", "2",
            "--json",
            "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let rows = try #require(try result.json()["rows"] as? [[String: Any]])
        let row = try #require(rows.first)
        #expect(rows.count == 1 && row["network"] as? String == "squeezenet")
        let isolated = try #require(row["isolated"] as? [String: Double])
        #expect(Set(isolated.keys) == ["cpu", "gpu"])
        let combined = try #require(row["combined"] as? Double)
        let best = try #require(row["best_single"] as? Double)
        #expect(best == isolated.values.max())
        #expect(abs(try #require(row["gain_percent"] as? Double) - (combined / best - 1) * 100) < 1e-6)
        #expect(abs(try #require(row["efficiency"] as? Double) - combined / isolated.values.reduce(0, +)) < 1e-9)
        let composition = try #require(row["composition"] as? [String: Double])
        #expect(abs(composition.values.reduce(0, +) - 100) < 1e-6)
        #expect(row["ci95"] is [String: Double] && row["energy"] is [String: Any])
        #expect(result.errors.contains("gain %"))
    }
}

/// The folder of real boards, pictures and networks.
let dataFolder = ProcessInfo.processInfo.environment["COEXEC_DATA"]

private let hasTwoDevices: Bool = {
    guard let inventory = try? Topology.thisMachine().inventory, inventory.allowed.contains(1),
        let devices = try? Program.run(["devices", "--json", "-"]).json()
    else { return false }
    return (devices["opencl"] as? [Any])?.isEmpty == false
}()

extension Trait where Self == ConditionTrait {
    /// Two CPUs and an OpenCL device beside them.
    static var needsTwoDevices: Self {
        .enabled(if: hasTwoDevices, "needs two CPUs and an OpenCL device")
    }
}
