// `--model`: networks from ONNX and TFLite files, through the program.

import Foundation
import Testing

@Suite struct ModelFileTests {
    /// A model of one operator over 1×channels×8×8, in Protocol Buffers' wire format (all lengths below 128).
    private func model(_ operation: String, channels: UInt8 = 3) -> [UInt8] {
        func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
            [number << 3 | 2, UInt8(content.count)] + content
        }
        let dimensions = [1, channels, 8, 8].flatMap { field(1, [0x08, $0]) }
        let type = field(2, field(1, [0x08, 1] + field(2, dimensions)))
        let node = field(1, Array("x".utf8)) + field(2, Array("y".utf8)) + field(4, Array(operation.utf8))
        let graph =
            field(1, node) + field(11, field(1, Array("x".utf8)) + type) + field(12, field(1, Array("y".utf8)))
        return field(7, graph) + field(8, [0x10, 17])
    }

    @Test func benchRunsAModel() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(model("GlobalAveragePool"), to: "mean.onnx")
        let result = try Program.run([
            "bench", "--model", path, "--device", "cpu:0", "--frames", "3", "--warmup", "0", "--json", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(try result.json()["network"] as? String == "mean")
    }

    @Test func runGivesTheModelsOutputs() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(model("GlobalAveragePool"), to: "mean.onnx")
        let output = folder.file("results.jsonl")
        let result = try Program.run(["run", "--model", path, "--devices", "cpu:0", "--output", output])
        #expect(result.exitCode == 0, "\(result.errors)")
        let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        let line = try #require(lines.first)
        let first = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        // The means of three normalised channels.
        #expect((first["top"] as? [[String: Any]])?.count == 3)
    }

    @Test func studyMeasuresAModelAlone() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(model("Relu"), to: "relu.onnx")
        let result = try Program.run([
            "study", "--model", path, "--devices", "cpu:0", "--frames", "4", "--rounds", "1", "--json", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let rows = try #require(try result.json()["rows"] as? [[String: Any]])
        #expect(rows.map { $0["network"] as? String } == ["relu"])
    }

    @Test func badModelsAreFailures() throws {
        let folder = try TemporaryFolder()
        let unknown = try folder.write(model("Frobnicate"), to: "unknown.onnx")
        let other = try folder.write(model("Relu", channels: 5), to: "other.onnx")
        let cut = try folder.write(model("Relu").dropLast(9), to: "cut.onnx")
        for (path, fragment) in [
            (folder.file("missing.onnx"), "missing.onnx"), (unknown, "'y' (Frobnicate)"), (other, "takes no frames"),
            (cut, "cut.onnx"), (folder.path, folder.path),
        ] {
            let result = try Program.run(["bench", "--model", path, "--device", "cpu:0", "--frames", "1"])
            #expect(result.exitCode == 1)
            #expect(result.errorLines.count == 1 && result.errors.contains(fragment), "\(result.errors)")
        }
        let both = try Program.run(["bench", "--model", unknown, "--network", "squeezenet"])
        #expect(both.exitCode == 64)
    }

    @Test(.enabled(if: dataFolder != nil, "COEXEC_DATA is not set")) func aTFLiteModelNamesACat() throws {
        let data = try #require(dataFolder)
        let result = try Program.run([
            "run", "\(data)/images/cat.bmp", "--model", "\(data)/models/mobilenet_v1_0.75_192_quant.tflite", "--labels",
            "\(data)/images/imagenet_labels.txt", "--devices", "cpu:0", "--output", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let line = try #require(result.output.split(separator: "\n").first)
        let first = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let best = try #require((first["top"] as? [[String: Any]])?.first)
        #expect((best["label"] as? String)?.contains("cat") == true, "\(line)")
    }

    @Test func aBadTFLiteModelIsAFailure() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write([0xFF, 0, 0, 0] + Array("TFL3".utf8), to: "cut.tflite")
        let result = try Program.run(["bench", "--model", path, "--device", "cpu:0", "--frames", "1"])
        #expect(result.exitCode == 1)
        #expect(result.errorLines.count == 1 && result.errors.contains("cut.tflite: damaged"), "\(result.errors)")
    }
}
