// `--channels`, `--mean`, `--scale`, `--preset`, `--fit`: what a model sees; `--tensors`, `--task`, `--top`: what is told.

import Foundation
import Testing

@Suite("Pixel options", .enabled(if: dataFolder != nil, "COEXEC_DATA is not set"))
struct PixelOptionTests {
    /// A model that gives the mean of each channel, and a picture of one colour, wider than the model's.
    private let folder: TemporaryFolder
    private let picture: String
    private let model: String

    init() throws {
        folder = try TemporaryFolder()
        let pixels = (0..<32 * 16).flatMap { _ in [10, 20, 30] as [UInt8] }
        picture = try folder.write(Array("P6\n32 16\n255\n".utf8) + pixels, to: "picture.ppm")
        model = try #require(dataFolder) + "/probes/onnx/rgb.onnx"
    }

    private func run(_ arguments: [String], model: String? = nil) throws -> ProgramResult {
        try Program.run(
            ["run", picture, "--model", model ?? self.model, "--devices", "cpu:0", "--output", "-", "--no-tune"]
                + arguments)
    }

    @Test func whatIsAssumedIsSaid() throws {
        let json = folder.file("summary.json")
        let result = try run(["--preset", "bytes", "--channels", "bgr", "--fit", "letterbox:7", "--json", json])
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.errors.contains("pictures: BGR, letterboxed into"), "\(result.errors)")
        #expect(result.errors.contains("with grey 7, from 0 to 255 (asked for)"), "\(result.errors)")
        let data = try Data(contentsOf: URL(fileURLWithPath: json))
        let summary = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let pixels = try #require(summary["pixels"] as? [String: Any])
        #expect(pixels["channels"] as? String == "bgr" && pixels["fit"] as? String == "letterbox:7")
        #expect((pixels["from"] as? [String: Any])?["channels"] as? String == "asked")
    }

    @Test func wrongOptionsAreUsageErrors() throws {
        for arguments in [
            ["--channels", "cmyk"], ["--mean", "a"], ["--mean", "1,2"], ["--scale", "0"], ["--fit", "fold"],
            ["--fit", "letterbox:300"], ["--preset", "bytes", "--mean", "1"], ["--mean", "1,2,3", "--scale", "1,2,3,4"],
            ["--top", "0"], ["--task", "dance"],
        ] {
            let result = try run(arguments)
            #expect(result.exitCode == 64, "\(arguments): \(result.errors)")
        }
        let builtIn = try Program.run(["bench", "--network", "squeezenet", "--mean", "1"])
        #expect(builtIn.exitCode == 64 && builtIn.errors.contains("--mean is for --model"), "\(builtIn.errors)")
        // A stream's model is one, too.
        let streamed = try Program.run(["run", "--stream", "a=nowhere;model=none.onnx", "--mean", "1"])
        #expect(streamed.exitCode != 64, "\(streamed.errors)")
        let channels = try run(["--channels", "grey"])
        #expect(channels.exitCode == 1 && channels.errors.contains("3 channels"), "\(channels.errors)")
    }

    @Test func topSaysHowMany() throws {
        let result = try run(["--top", "2"])
        #expect(try result.firstFrameValues().count == 2, "\(result.errors)")
    }

    /// Two outputs of a detector, in the model's own shape.
    @Test func tensorsAreFilesOfNumPy() throws {
        let (data, tensors) = (try #require(dataFolder), folder.file("tensors"))
        let result = try run(
            ["--task", "tensors", "--tensors", tensors], model: "\(data)/wild/o_ultra_slim320.onnx")
        #expect(result.exitCode == 0, "\(result.errors)")
        let line = try #require(try result.jsonLines().first)
        #expect(line["top"] == nil && line["tensors"] as? [String] == ["000000.00.npy", "000000.01.npy"])
        for (name, last) in [("000000.00.npy", 2), ("000000.01.npy", 4)] {
            let file = try Data(contentsOf: URL(fileURLWithPath: "\(tensors)/\(name)"))
            let start = 10 + Int(file[8]) + Int(file[9]) << 8
            let header = String(decoding: file[10..<start], as: UTF8.self)
            #expect(start % 64 == 0 && header.contains("'descr': '<f4'") && header.hasSuffix("\n"))
            let shape = "'shape': (1, 4420, \(last),)"
            #expect(header.contains(shape), "\(header)")
            #expect(file.count - start == 4420 * last * 4)
        }
    }
}
