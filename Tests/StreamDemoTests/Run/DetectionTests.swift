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

/// The wanted boxes were made once by a script apart from this project: onnxruntime 1.32 and ai-edge-litert 2.3, fed by
/// Pillow and NumPy with what the models' makers say (facts/models.md), and each maker's own decoding and suppression
/// written after its published code. Those that are a few hundredths around the threshold are left out.
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
            Wanted(592.3, 77.3, 671.6, 153.5, 33), Wanted(111.1, 607.1, 167.2, 764.9),
            Wanted(210.9, 686.2, 274.5, 873.2),
            Wanted(277.1, 233.6, 305.6, 281.4, 33), Wanted(79.0, 509.5, 109.5, 565.2),
            Wanted(1078.0, 389.8, 1105.5, 424.2), Wanted(521.7, 502.1, 549.8, 533.6), Wanted(25.1, 512.6, 59.2, 562.2),
            Wanted(572.9, 340.7, 605.3, 367.6, 33),
        ]
        for model in ["o_yolox_nano.onnx", "t_yolox_f16.tflite"] {
            try expect(model, beach, letterbox, yolox, surerThan: 0.33)
        }
        try expect(
            "o_nanodet320.onnx", beach,
            ["--channels", "bgr", "--mean", "103.53,116.28,123.675", "--scale", "57.375,57.12,58.395"]
                + ["--fit", "letterbox:0"],
            [
                Wanted(590.9, 81.4, 670.3, 153.3, 33), Wanted(214.8, 699.4, 270.2, 850.7),
                Wanted(109.2, 604.3, 161.6, 757.9), Wanted(274.0, 232.6, 302.4, 278.7, 33),
                Wanted(80.0, 504.4, 105.6, 562.3),
            ], surerThan: 0.42)
        try expect(
            "o_fastestdet.onnx", beach, ["--channels", "bgr", "--preset", "zero-one"],
            [
                Wanted(593.2, 79.1, 681.5, 145.3, 33), Wanted(278.9, 237.0, 311.3, 284.4, 33),
                Wanted(203.5, 680.1, 278.4, 859.4), Wanted(115.7, 604.2, 167.6, 759.1),
                Wanted(463.4, 338.4, 482.4, 365.9, 33), Wanted(571.7, 343.5, 598.5, 365.0, 33),
            ], surerThan: 0.68)
        try expect(
            "t_coco_ssd.tflite", beach, [],
            [Wanted(597.6, 75.1, 670.5, 140.7, 37), Wanted(282.8, 236.0, 306.9, 285.3, 37)], surerThan: 0.8)
    }

    @Test func aPerson() throws {
        try expect(
            "o_yolox_nano.onnx", portrait, letterbox,
            [Wanted(2.3, 41.9, 512.0, 575.9), Wanted(222.1, 407.1, 298.4, 530.5, 27)], surerThan: 0.35)
        try expect("t_coco_ssd.tflite", portrait, [], [Wanted(3.8, 31.5, 505.0, 591.7)], surerThan: 0.7)
    }

    @Test func faces() throws {
        let centred = ["--mean", "127", "--scale", "128"]
        try expect(
            "o_ultra_slim320.onnx", portrait, centred, [Wanted(177.5, 132.5, 354.5, 348.4)], surerThan: 0.7)
        try expect("o_ultra_rfb320.onnx", portrait, centred, [Wanted(171.3, 122.3, 356.6, 334.5)], surerThan: 0.7)
        try expect(
            "o_yunet_n320.onnx", portrait, ["--channels", "bgr", "--preset", "bytes", "--fit", "letterbox:0"],
            [Wanted(176.2, 120.2, 356.6, 339.7)], surerThan: 0.6)
        try expect("o_osf_det.onnx", portrait, [], [Wanted(160.1, 101.9, 351.9, 326.7)], surerThan: 0.6)
        try expect(
            "t_mp_face_short.tflite", portrait, ["--fit", "letterbox:0"], [Wanted(167.5, 143.0, 367.5, 342.6)],
            surerThan: 0.5)
        try expect(
            "t_mp_face_full.tflite", portrait, ["--fit", "letterbox:0"], [Wanted(166.8, 130.8, 366.1, 330.3)],
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
