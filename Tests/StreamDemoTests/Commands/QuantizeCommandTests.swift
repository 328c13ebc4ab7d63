// `quantize`: from frames to a file that the other commands run, and what stops it.

import Foundation
import Testing

@testable import ModelFiles
@testable import NetworkGraph

@Suite struct QuantizeCommandTests {
    @Test func aBuiltInNetworkBecomesAFileThatRuns() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("q.onnx")
        let result = try Program.run([
            "quantize", "mobilenet_v1_0.25", "--frames", "6", "--output", path, "--json", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try result.json()
        let size = try #require(json["bytes"] as? Int)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == size)
        #expect(try #require(json["ratio"] as? Double) < 0.35)
        #expect(json["resample"] as? String == "area" && result.errors.contains("pictures shrunk by area"))
        #expect(json["percentile"] as? Double == 99.99 && json["network"] as? String == "mobilenet_v1_0.25")
        for (key, input) in [("calibration", "the built-in clip"), ("test", "the built-in clip, another scene")] {
            let agreement = try #require(json[key] as? [String: Any])
            #expect(agreement["input"] as? String == input && agreement["frames"] as? Int == 6)
            #expect(try #require(agreement["least_cosine"] as? Double) > 0.99)
        }
        #expect(result.errors.contains("of the same network in FP32"))
        // As small as the file promises, and what it promises.
        let network = try Network(modelFile: path)
        #expect(network.isQuantized)
        let bench = try Program.run([
            "bench", "--model", path, "--device", "cpu:0", "--frames", "3", "--warmup", "0", "--no-tune",
        ])
        #expect(bench.exitCode == 0, "\(bench.errors)")
        // Nothing else is left beside it.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["q.onnx"])
    }

    @Test(.enabled(if: dataFolder != nil, "COEXEC_DATA is not set"))
    func picturesOfAFolderCalibrateATrainedModel() throws {
        let data = try #require(dataFolder)
        let folder = try TemporaryFolder()
        let path = folder.file("q.onnx")
        let result = try Program.run([
            "quantize", "\(data)/models/vww_96_float.tflite", "--calibrate", "\(data)/images", "--frames", "3",
            "--method", "minmax", "--output", path, "--json", folder.file("q.json"),
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.output.contains("all values on \(data)/images"), "\(result.output)")
        let json = try String(contentsOfFile: folder.file("q.json"), encoding: .utf8)
        #expect(json.contains("\"percentile\" : null") && json.contains("other frames of"), "\(json)")
        // Pixels become what they were: from −1 to 1.
        let network = try Network(modelFile: path)
        guard case .image(let image) = network.nodes[network.inputs[0]].operation else {
            Issue.record("takes no frames")
            return
        }
        #expect(image.mean.allSatisfy { abs($0 - 127.5) < 1e-4 })
    }

    @Test func whatCannotBeIsAnErrorAndNoFile() throws {
        let folder = try TemporaryFolder()
        let output = folder.file("q.onnx")
        let empty = folder.file("empty")
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
        let quantized = folder.file("quantized.onnx")
        try ONNXFile(Self.quantizedNetwork()).write(to: quantized)
        for (arguments, code, fragment) in [
            ([quantized, "--output", output], 1, "is quantised already"),
            (["squeezenet", "--calibrate", empty, "--output", output], 1, "no pictures"),
            (["squeezenet", "--output", folder.file("missing/q.onnx")], 1, "cannot write"),
            (["squeezenet", "--output", folder.path], 1, "not a regular file"),
            (["missing.onnx", "--output", output], 1, "missing.onnx"),
            (["squeezenett", "--output", output], 64, "did you mean 'squeezenet'?"),
            (["squeezenet"], 64, "--output"),
            ([quantized, "--output", quantized], 1, "already"),
            (["squeezenet", "--frames", "0", "--output", output], 64, "--frames"),
            (["squeezenet", "--method", "minmax", "--percentile", "99", "--output", output], 64, "--percentile"),
        ] as [([String], Int32, String)] {
            let result = try Program.run(["quantize"] + arguments)
            #expect(result.exitCode == code, "\(arguments)")
            #expect(result.errors.contains(fragment), "\(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: output))
        }
    }

    private static func quantizedNetwork() throws -> Network {
        var network = Network(name: "rounded")
        let image = try network.append(.image(ImageInput(height: 8, width: 8, mean: [0, 0, 0], scale: [1, 1, 1])))
        let grid = QuantizationGrid(scale: 1, zeroPoint: 0, isSigned: false)
        network.setOutputs(try network.append(.unary(.quantize(grid)), image))
        return network
    }

    @Test func interruptedItLeavesNoFile() throws {
        let folder = try TemporaryFolder()
        let errors = try folder.write([], to: "errors")
        let program = try RunningProgram(
            ["quantize", "resnet50", "--frames", "512", "--output", folder.file("q.onnx")], errors: errors)
        // Once it catches the signal.
        while program.status == nil, !Self.isCaught(SIGINT, by: program.id) { usleep(2000) }
        kill(program.id, SIGINT)
        while program.status == nil { usleep(2000) }
        #expect(program.exitCode == 130)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["errors"])
    }

    private static func isCaught(_ signal: Int32, by process: pid_t) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
        let mask = line.flatMap { UInt64($0.dropFirst(7).drop { $0.isWhitespace }, radix: 16) } ?? 0
        return mask >> UInt64(signal - 1) & 1 == 1
    }
}
