// Which test holds the right value of each input that once went wrong: the list, so that none gets lost.

import Foundation
import Testing

@Suite("Inputs that went wrong") struct InputRowsTests {
    /// A row of the table of inputs that were tried, and the test that has its right value on `cpu:0` and `gpu:1`; the
    /// rows of the camera, of 10 and 12 bits and of kinds of core are tested at the source only, before any device.
    struct Row: CustomTestStringConvertible, Sendable {
        let input: String
        /// Below `Tests`.
        let file: String
        /// What the file says where the row is tested.
        let mark: String

        init(_ input: String, _ file: String, _ mark: String) {
            (self.input, self.file, self.mark) = (input, file, mark)
        }

        var testDescription: String { input }
    }

    private static let pictures = "StreamDemoTests/InputRows/PictureRowTests.swift"
    private static let models = "StreamDemoTests/InputRows/ModelRowTests.swift"
    private static let probes = "StreamDemoTests/InputRows/ProbeModelTests.swift"
    private static let colours = "MediaTests/VideoColourTests.swift"
    private static let damage = "MediaTests/VideoDamageTests.swift"
    private static let integers = "KernelsTests/Graph/Quantization/QuantizedProbeTests.swift"

    static let rows = [
        Row("pictures turned by Exif", pictures, "exif6.jpg"),
        Row("a video turned by its container", pictures, "rotated.mp4"),
        Row("one damaged frame of 600", pictures, "damaged.h264"),
        Row("a camera's damaged first frame", damage, "aDamagedPacketIsOneErrorInItsPlace"),
        Row("a folder, half of it broken", pictures, "\"folder\""),
        Row("a JPEG with two starts", pictures, "two-soi.jpg"),
        Row("a grey PGM", pictures, "grey8.pgm"),
        Row("16-bit grey without a range", pictures, "flat16-16.tiff"),
        Row("video of 10 and 12 bits", colours, "limitedVideoIsAsFFmpegs"),
        Row("stripes of one pixel", "StreamDemoTests/InputRows/ResampleTests.swift", "stripes.png"),
        Row("hidden colours", pictures, "hidden.png"),
        Row("a video of changing rate", pictures, "vfr.mkv"),
        Row("HDR", pictures, "hlg.mp4"),
        Row("bytes as input", probes, "uint8_nhwc.onnx"),
        Row("a channel of scale 0", probes, "zero_scale.onnx"),
        Row("an open height and width", models, "dynamic_hw.onnx"),
        Row("a grey input", models, "grey_input.onnx"),
        Row("layer normalisation", models, "layernorm"),
        Row("Gelu", models, "gelu"),
        Row("a condition that folds", models, "if_squeeze"),
        Row("Hugging Face's cache", probes, "models--a--b"),
        Row("denormals", probes, "denormal_slow.onnx"),
        Row("8 bits through oneDNN's reorders", integers, "q_slice_18x8x8"),
        Row("two kinds of core that look alike", "DevicesTests/CPUs/ProbedMachinesTests.swift", "ryzen-7545u-zen4c"),
        Row("labels of another count", pictures, "labelsOffByOneAreSaid"),
    ]

    @Test(arguments: rows) func hasATest(row: Row) throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: tests.appendingPathComponent(row.file), encoding: .utf8)
        #expect(text.contains(row.mark))
    }
}
