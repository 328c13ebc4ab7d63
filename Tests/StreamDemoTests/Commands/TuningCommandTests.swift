// --no-tune, --retune and the cache folder, as a user sees them.

import Foundation
import Testing

@testable import Devices

@Suite(.serialized, .needsTwoCores)
struct TuningCommandTests {
    let folder: TemporaryFolder
    /// Two cores of this machine.
    let device: String

    init() throws {
        folder = try TemporaryFolder()
        let cores = try Topology.thisMachine().inventory.allowedCores.prefix(2)
        device = "cpu:\(CPUSet(cores.flatMap(\.numbers)))"
    }

    private func bench(_ more: String..., cache: String? = nil) throws -> [String: Any] {
        let result = try Program.run(
            ["bench", "--network", "mobilenet_v1_0.25", "--device", device, "--frames", "4", "--warmup", "0"]
                + ["--json", "-"] + more, environment: ["XDG_CACHE_HOME": cache ?? folder.path])
        #expect(result.exitCode == 0, "\(result.errors)")
        return try result.json()
    }

    /// The remembered lanes: the file's number, which changes when it is replaced, and its contents.
    private func lanes() throws -> (number: UInt64, text: String)? {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.file("coexec"))) ?? []
        let own = files.filter { $0.hasPrefix("lanes-") }
        #expect(own.count <= 1)
        guard let name = own.first else { return nil }
        let path = folder.file("coexec/" + name)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let number = try #require(attributes[.systemFileNumber] as? UInt64)
        return (number, try String(contentsOfFile: path, encoding: .utf8))
    }

    /// What is remembered is all that a second process knows of the libraries.
    @Test(.enabled(if: dataFolder != nil, "COEXEC_DATA is not set"))
    func choicesAreGoodForAnotherProcess() throws {
        let models = try #require(dataFolder) + "/wild/"
        for model in ["t_mp_recrop.tflite", "t_mp_face_short.tflite", "t_facemesh_fiq.tflite"] {
            for _ in 0..<2 {
                let result = try Program.run(
                    ["bench", "--model", models + model, "--device", device, "--frames", "2", "--warmup", "0"],
                    environment: ["XDG_CACHE_HOME": folder.path])
                #expect(result.exitCode == 0, "\(model): \(result.errors)")
            }
        }
    }

    /// As root nothing is unwritable, but a file is no folder.
    @Test func aCacheThatCannotBeWrittenIsSaid() throws {
        let file = try folder.write("no folder".utf8, to: "file")
        let network = ["--network", "mobilenet_v1_0.25"]
        let arguments = ["bench", "--device", device, "--frames", "2", "--warmup", "0"] + network
        let result = try Program.run(arguments, environment: ["XDG_CACHE_HOME": file])
        #expect(result.exitCode == 0 && result.errorLines.count == 1, "\(result.errors)")
        #expect(result.errors.hasPrefix("stream-demo: warning: what was measured is lost at the end, since '\(file)"))
        #expect(try Program.run(arguments, environment: ["XDG_CACHE_HOME": folder.path]).errors.isEmpty)
    }

    @Test func lanesAreMeasuredOnceAndAnewOnRequest() throws {
        let first = try bench()
        let kept = try #require(try lanes())
        let shape = try (lanes: #require(first["lanes"] as? Int), threads: #require(first["threads"] as? Int))
        #expect(kept.text.hasSuffix(#""value":{"lanes":\#(shape.lanes),"threads":\#(shape.threads)}}"#), "\(kept.text)")
        let second = try bench()
        #expect(second["lanes"] as? Int == shape.lanes && second["threads"] as? Int == shape.threads)
        #expect(try lanes()?.number == kept.number)
        _ = try bench("--retune")
        #expect(try #require(try lanes()).number != kept.number)
    }

    @Test func noTuneLeavesNothing() throws {
        let json = try bench("--no-tune")
        #expect(json["lanes"] as? Int == 2 && json["threads"] as? Int == 1)
        #expect(!FileManager.default.fileExists(atPath: folder.file("coexec")))
        // Nor does an asked-for layout measure lanes.
        let asked = try bench("--lanes", "1")
        #expect(asked["lanes"] as? Int == 1)
        #expect(try lanes() == nil)
    }

    @Test func aCacheThatCannotBeIsNoFailure() throws {
        let json = try bench(cache: "/dev/null")
        #expect((json["lanes"] as? Int ?? 0) > 0)
    }

    @Test func runAndStudySayTheLayout() throws {
        let environment = ["XDG_CACHE_HOME": folder.path]
        let run = try Program.run(
            ["run", "--devices", device, "--no-tune", "--network", "mobilenet_v1_0.25", "--json", "-"],
            environment: environment)
        #expect(run.exitCode == 0 && run.errors.contains("2 lanes of 1 thread"), "\(run.errors)")
        let devices = try #require(try run.json()["devices"] as? [[String: Any]])
        #expect(devices.map { $0["lanes"] as? Int } == [2] && devices.map { $0["threads"] as? Int } == [1])
        let study = try Program.run(
            [
                "study", "--devices", device, "--no-tune", "--networks", "mobilenet_v1_0.25", "--frames", "4",
                "--rounds", "1", "--json", "-",
            ], environment: environment)
        #expect(study.exitCode == 0 && study.errors.contains("2 lanes of 1 thread"), "\(study.errors)")
        let rows = try #require(try study.json()["rows"] as? [[String: Any]])
        let layout = try #require(rows.first?["layout"] as? [String: [String: Int]])
        #expect(layout == ["cpu": ["lanes": 2, "threads": 1]])
    }

    @Test func runMeasuresWhileItRunsAndSaysHowFarItCame() throws {
        func run(_ more: String...) throws -> (tuning: [[String: Any]], text: String) {
            let arguments = ["run", "--devices", device, "--network", "mobilenet_v1_0.25", "--json", "-"]
            let result = try Program.run(arguments + more, environment: ["XDG_CACHE_HOME": folder.path])
            #expect(result.exitCode == 0, "\(result.errors)")
            return (try #require(try result.json()["tuning"] as? [[String: Any]]), result.errors)
        }
        // Over before anything could be measured.
        let picture = try run("--frames", "1")
        #expect(picture.tuning.isEmpty && !picture.text.contains("tuned while running"), "\(picture.text)")
        let first = try run()
        // A short clip may be over before a layer's ways are.
        #expect(first.tuning.count <= 1)
        #expect(first.text.contains("tuned while running") == !first.tuning.isEmpty, "\(first.text)")
        if let row = first.tuning.first {
            #expect(row["device"] as? String == "cpu" && row["network"] as? String == "mobilenet_v1_0.25", "\(row)")
            #expect(row["problem"] == nil && row["kept"] as? Bool == true, "\(row)")
            let layers = try (all: #require(row["layers"] as? Int), measured: #require(row["measured_layers"] as? Int))
            #expect(layers.measured > 0 && layers.measured <= layers.all)
        }
        // Lanes aren't measured while frames run.
        #expect(try lanes() == nil)
        let tunedFirst = try run("--tune-first")
        #expect(tunedFirst.tuning.isEmpty && !tunedFirst.text.contains("tuned while running"))
        #expect(try lanes() != nil)
        // Nothing is left to measure.
        let last = try run()
        #expect(last.tuning.isEmpty)
    }

    @Test(arguments: ["bench", "run", "study"]) func bothFlagsAreAUsageError(command: String) throws {
        let result = try Program.run([command, "--no-tune", "--retune"])
        #expect(result.exitCode == 64)
        #expect(result.errors.contains("--no-tune or --retune"), "\(result.errors)")
        #expect(try Program.run([command, "--no-tune", "--tune-first"]).exitCode == 64)
    }
}

extension Trait where Self == ConditionTrait {
    static var needsTwoCores: Self {
        .enabled(if: (try? Topology.thisMachine().inventory.allowedCores.count) ?? 0 > 1, "needs two CPUs")
    }
}
