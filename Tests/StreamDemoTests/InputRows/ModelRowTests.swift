// Models that were refused or wrong once, through the program, on a CPU cluster and on an OpenCL device beside it.

import Foundation
import Testing

@Suite(.serialized, .enabled(if: dataFolder != nil, "COEXEC_DATA is not set"), .needsTwoDevices)
struct ModelRowTests {
    private static let devices = ["cpu:0", "gpu:1"]

    private func folder() throws -> String { try #require(dataFolder) }

    /// A picture of one colour, R, G, B, as BMP.
    /// - Precondition: a width that 4 divides.
    private func picture(_ width: Int, _ height: Int, _ colour: [UInt8], in folder: TemporaryFolder) throws -> String {
        func four(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
        let size = 3 * width * height
        // Sums of all would take Swift 6.0 too long.
        var bytes = [UInt8]("BM".utf8)
        for number in [54 + size, 0, 54, 40, width, height] { bytes += four(number) }
        bytes += [1, 0, 24, 0] as [UInt8]
        for number in [0, size, 0, 0, 0, 0] { bytes += four(number) }
        for _ in 0..<width * height { bytes += colour.reversed() }
        return try folder.write(bytes, to: "picture.bmp")
    }

    private func run(
        _ input: String, _ model: String, _ device: String, _ more: [String] = []
    ) throws -> ProgramResult {
        try Program.run(["run", input, "--model", model, "--devices", device, "--no-tune", "--output", "-"] + more)
    }

    /// The values of the first frame's output, of five elements at most, in order.
    private func values(_ result: ProgramResult) throws -> [Double] {
        #expect(result.exitCode == 0, "\(result.errors)")
        return try result.firstFrameValues().sorted { $0.index < $1.index }.map(\.value)
    }

    private func expect(_ result: ProgramResult, _ wanted: [Double]) throws {
        let values = try values(result)
        #expect(values.count == wanted.count && zip(values, wanted).allSatisfy { abs($0 - $1) < 1e-4 }, "\(values)")
    }

    @Test(
        arguments: [
            ("layernorm", [-0.8783, -0.2928, 0.2928, 0.8783, 1.4638]), ("gelu", [-0.0455, -0.1587, 0, 0.8413, 1.9545]),
            ("if_squeeze", [0, 1, 2, 3, 4]), ("avgpool_ceil", [0.73807, 2.56556, 0.80323, -0.0999]),
            ("maxpool_ceil", [-1, -3, -11, -13]),
        ], devices)
    func operators(_ row: (name: String, values: [Double]), _ device: String) throws {
        let data = try folder()
        try expect(run("\(data)/images/cat.bmp", "\(data)/probes/onnx/\(row.name).onnx", device), row.values)
    }

    /// The means of a picture of one colour, normalised as for ImageNet, at the size that is asked for.
    @Test(arguments: devices) func openHeightAndWidth(_ device: String) throws {
        let temporary = try TemporaryFolder()
        let input = try picture(64, 48, [200, 100, 50], in: temporary)
        let model = try folder() + "/probes/onnx/dynamic_hw.onnx"
        let wanted: [Double] = zip([200.0, 100, 50], zip([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]))
            .map { byte, statistics in (byte - statistics.0) / statistics.1 }
        try expect(run(input, model, device, ["--size", "64x48"]), wanted)
        let without = try run(input, model, device)
        #expect(without.exitCode == 1 && without.errors.contains("height and width are left open"), "\(without.errors)")
        #expect(without.errors.contains("--size"), "\(without.errors)")
    }

    @Test(arguments: devices) func oneChannelTakesLuma(_ device: String) throws {
        let temporary = try TemporaryFolder()
        let input = try picture(28, 28, [200, 100, 50], in: temporary)
        let luma: Double = 124.2 / 255  // 0.299 × 200 + 0.587 × 100 + 0.114 × 50
        // One number is a class's only where that is said.
        let asClass = ["--task", "classify"]
        try expect(run(input, folder() + "/probes/onnx/grey_input.onnx", device, asClass), [luma])
        #expect(try values(run(input, folder() + "/wild/o_mnist_ort.onnx", device)).count == 5)
    }

    /// Every command that takes a model takes its size.
    @Test func allCommandsTakeASize() throws {
        let temporary = try TemporaryFolder()
        let model = try folder() + "/probes/onnx/dynamic_hw.onnx"
        let size = ["--size", "32x24"]
        let bench = ["bench", "--model", model, "--device", "cpu:0", "--frames", "2", "--warmup", "0", "--no-tune"]
        let study = ["study", "--model", model, "--devices", "cpu:0", "--frames", "2", "--rounds", "1", "--no-tune"]
        let quantize = ["quantize", model, "--frames", "2", "--output", temporary.file("q.onnx")]
        for command in [bench, study, quantize] {
            let result = try Program.run(command + size)
            #expect(result.exitCode == 0, "\(result.errors)")
            #expect(try Program.run(command).exitCode == 1)
            let built = command.map { $0 == model ? "squeezenet" : $0 == "--model" ? "--network" : $0 }
            let named = built.map { $0 == "--network" && built[0] == "study" ? "--networks" : $0 }
            let refused = try Program.run(named + size)
            #expect(refused.exitCode == 64 && refused.errors.contains("--size"), "\(refused.errors)")
        }
    }

    @Test func sizesThatDontFitAreErrors() throws {
        let data = try folder()
        // Of a network whose layers keep their size; one that is the same at another size takes it.
        let detector = "\(data)/wild/o_nanodet320.onnx"
        let fixed = try run("\(data)/images/cat.bmp", detector, "cpu:0", ["--size", "96x80"])
        #expect(fixed.exitCode == 1 && fixed.errors.contains("'Reshape_13' (Reshape)"), "\(fixed.errors)")
        #expect(fixed.errors.contains("320×320") && fixed.errors.contains("96×80"), "\(fixed.errors)")
        let other = try run("\(data)/images/cat.bmp", "\(data)/probes/onnx/rgb.onnx", "cpu:0", ["--size", "65x48"])
        #expect(other.exitCode == 0, "\(other.errors)")
        let wrong = try run("\(data)/images/cat.bmp", "\(data)/probes/onnx/rgb.onnx", "cpu:0", ["--size", "0x48"])
        #expect(wrong.exitCode == 64)
    }

    @Test func filesThatAreNoModelsAreNamed() throws {
        let data = try folder()
        let video = try run("\(data)/images/cat.bmp", "\(data)/probes/pictures/upright.mp4", "cpu:0")
        #expect(video.exitCode == 1 && video.errors.contains("an MP4 or QuickTime video"), "\(video.errors)")
        #expect(video.errorLines.count == 1)
    }

    /// Planes in a TFLite file, as converters from PyTorch leave them.
    @Test func tfliteModelsMayTakePlanes() throws {
        let data = try folder()
        let bench = try Program.run([
            "bench", "--model", "\(data)/wild/t_yolox_f16.tflite", "--device", "cpu:0", "--frames", "1", "--warmup",
            "0", "--no-tune",
        ])
        #expect(bench.exitCode == 0, "\(bench.errors)")
    }
}
