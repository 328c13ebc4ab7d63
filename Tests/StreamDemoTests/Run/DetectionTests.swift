// What trained detectors find in real pictures, beside their makers' post-processing of ONNX Runtime's and LiteRT's
// outputs.

import Foundation
import Testing

@testable import StreamDemo

/// A box by its corners, in pixels of the picture, and its class.
private struct Wanted {
    let corners: [Double]
    let index: Int

    init(_ left: Double, _ top: Double, _ right: Double, _ bottom: Double, _ index: Int = 0) {
        (corners, self.index) = ([left, top, right, bottom], index)
    }

    /// Intersection over union.
    func overlap(_ other: Wanted) -> Double {
        let (a, b) = (corners, other.corners)
        let common = max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
        func area(_ c: [Double]) -> Double { (c[2] - c[0]) * (c[3] - c[1]) }
        return common / (area(a) + area(b) - common)
    }
}

/// The wanted boxes were made once by a script apart from this project: onnxruntime 1.32 and ai-edge-litert 2.3, with
/// pictures that NumPy shrank by the means of what a pixel covers, as the models' makers feed them, and each maker's own
/// decoding and suppression written after its published code. Those that are a few hundredths around the threshold are
/// left out.
@Suite(.enabled(if: dataFolder != nil, "needs COEXEC_DATA")) struct DetectionTests {
    /// - Parameter least: of the surer ones, which must all be wanted ones.
    private func expect(
        _ model: String, _ picture: String, _ options: [String], _ wanted: [Wanted], surerThan least: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let data = try #require(dataFolder)
        let result = try Program.run(
            [
                "run", "\(data)/\(picture)", "--model", "\(data)/wild/\(model)", "--devices", "cpu", "--output", "-",
            ] + options)
        #expect(result.exitCode == 0, "\(result.errors)", sourceLocation: sourceLocation)
        let boxes = try #require(try result.jsonLines().first?["boxes"] as? [[String: Any]])
        let found = try boxes.map { box in
            let numbers = try ["x", "y", "w", "h"].map { try #require(box[$0] as? Double) }
            let index = try #require(box["index"] as? Int)
            let area = Wanted(numbers[0], numbers[1], numbers[0] + numbers[2], numbers[1] + numbers[3], index)
            return (area: area, probability: try #require(box["p"] as? Double))
        }
        for box in wanted {
            let best = found.filter { $0.area.index == box.index }.map { $0.area.overlap(box) }.max() ?? 0
            #expect(best >= 0.9, "\(model): \(box.corners) \(best)", sourceLocation: sourceLocation)
        }
        for box in found where box.probability > least {
            let isWanted = wanted.contains { $0.index == box.area.index && $0.overlap(box.area) >= 0.9 }
            #expect(isWanted, "\(model): \(box)", sourceLocation: sourceLocation)
        }
    }

    private let beach = "wild/pictures/kite_and_cold.jpg"
    private let portrait = "images/grace_hopper.bmp"
    private let letterbox = ["--channels", "bgr", "--preset", "bytes", "--fit", "letterbox"]

    @Test func kitesAndPeople() throws {
        let yolox = [
            Wanted(592.8, 77.3, 671.8, 153.5, 33), Wanted(111.1, 607.2, 167.4, 764.3),
            Wanted(211.0, 686.6, 274.7, 873.2), Wanted(277.4, 233.0, 306.1, 281.5, 33),
            Wanted(78.8, 509.3, 109.6, 565.7), Wanted(1078.5, 389.2, 1105.7, 423.8),
            Wanted(521.4, 502.4, 549.3, 533.2), Wanted(25.2, 512.2, 59.2, 561.7),
            Wanted(574.4, 340.4, 605.1, 366.8, 33),
        ]
        for model in ["o_yolox_nano.onnx", "t_yolox_f16.tflite"] {
            try expect(model, beach, letterbox, yolox, surerThan: 0.33)
        }
        try expect(
            "o_nanodet320.onnx", beach,
            ["--channels", "bgr", "--mean", "103.53,116.28,123.675", "--scale", "57.375,57.12,58.395"]
                + ["--fit", "letterbox:0"],
            [
                Wanted(590.3, 79.4, 670.8, 154.6, 33), Wanted(214.9, 698.6, 270.2, 850.7),
                Wanted(109.2, 604.5, 162.1, 757.5), Wanted(273.4, 232.6, 302.3, 278.0, 33),
                Wanted(79.9, 505.1, 105.5, 562.3),
            ], surerThan: 0.42)
        try expect(
            "o_fastestdet.onnx", beach, ["--channels", "bgr", "--preset", "zero-one"],
            [
                Wanted(592.7, 78.9, 682.3, 145.7, 33), Wanted(279.0, 237.3, 311.4, 285.1, 33),
                Wanted(201.4, 679.6, 278.4, 861.6), Wanted(115.0, 605.6, 166.4, 760.1),
                Wanted(463.5, 338.9, 482.3, 365.8, 33), Wanted(571.9, 343.7, 598.5, 365.1, 33),
            ], surerThan: 0.68)
        try expect(
            "t_coco_ssd.tflite", beach, [],
            [Wanted(598.7, 74.9, 669.4, 139.5, 37), Wanted(281.8, 236.0, 305.9, 285.3, 37)], surerThan: 0.8)
    }

    @Test func aPerson() throws {
        try expect(
            "o_yolox_nano.onnx", portrait, letterbox,
            [Wanted(3.5, 42.3, 512.0, 579.5), Wanted(221.7, 407.8, 296.6, 530.3, 27)], surerThan: 0.35)
        try expect("t_coco_ssd.tflite", portrait, [], [Wanted(3.8, 22.5, 505.0, 591.7)], surerThan: 0.75)
    }

    @Test func faces() throws {
        let centred = ["--mean", "127", "--scale", "128"]
        try expect(
            "o_ultra_slim320.onnx", portrait, centred, [Wanted(177.8, 115.9, 354.3, 332.4)], surerThan: 0.7)
        try expect("o_ultra_rfb320.onnx", portrait, centred, [Wanted(172.9, 121.5, 357.6, 333.8)], surerThan: 0.7)
        try expect(
            "o_yunet_n320.onnx", portrait, ["--channels", "bgr", "--preset", "bytes", "--fit", "letterbox:0"],
            [Wanted(175.1, 120.4, 355.6, 339.1)], surerThan: 0.6)
        try expect("o_osf_det.onnx", portrait, [], [Wanted(160.0, 101.7, 352.0, 326.8)], surerThan: 0.6)
        try expect(
            "t_mp_face_short.tflite", portrait, ["--fit", "letterbox:0"], [Wanted(166.6, 143.3, 366.5, 342.7)],
            surerThan: 0.5)
        try expect(
            "t_mp_face_full.tflite", portrait, ["--fit", "letterbox:0"], [Wanted(167.1, 131.4, 365.1, 329.6)],
            surerThan: 0.5)
    }

    /// Recognised, and said; --head and --task otherwise.
    @Test func whatItIsIsSaid() throws {
        let (data, folder) = (try #require(dataFolder), try TemporaryFolder())
        let (model, picture) = ("\(data)/wild/o_ultra_slim320.onnx", "\(data)/\(portrait)")
        let arguments = ["run", picture, "--model", model, "--devices", "cpu", "--mean", "127", "--scale", "128"]
        let summary = try Program.run(arguments + ["--json", "-"]).json()
        let results = try #require(summary["results"] as? [String: Any])
        #expect(results["task"] as? String == "detect" && (results["head"] as? String)?.contains("faces") == true)
        #expect((results["outputs"] as? [[String: Any]])?.count == 2)

        let refused = try Program.run(arguments + ["--task", "segment"])
        #expect(refused.exitCode == 64 && refused.errors.contains("--task segment: nothing of the kind"))
        let head = folder.file("head.json")
        try Data(#"{"task": "detect"}"#.utf8).write(to: URL(fileURLWithPath: head))
        let unclear = try Program.run(arguments + ["--head", head])
        #expect(unclear.exitCode == 1 && unclear.errors.contains("'boxes' is left out"))
        try Data(
            #"{"task": "detect", "boxes": {"output": 1, "coding": "corners"}, "scores": {"output": 0}}"#.utf8
        ).write(to: URL(fileURLWithPath: head))
        let described = try Program.run(arguments + ["--head", head, "--output", "-"]).jsonLines()
        #expect(described.first?["boxes"] is [Any])
        let missing = try Program.run(arguments + ["--head", folder.file("none.json")])
        #expect(missing.exitCode == 1 && missing.errors.contains("none.json"))
        let classes = try Program.run(arguments + ["--task", "classify", "--output", "-"]).jsonLines()
        #expect((classes[0]["top"] as? [Any])?.count == 5)
    }
}
