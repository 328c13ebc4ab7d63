// What is told from a network's structure, and what isn't: each family, and those that look like one.

import NetworkGraph
import Testing

@testable import Results

@Suite struct RecognitionTests {
    private func made(
        _ width: Int, _ height: Int, _ outputs: [(Shape, String?, [Operation])]
    ) -> MadeNetwork {
        var made = MadeNetwork(width: width, height: height)
        for (shape, name, steps) in outputs {
            switch steps.count {
            case 0: made.output(shape, name)
            case 1: made.output(shape, name, steps[0])
            default: made.output(shape, name, steps[0], steps[1])
            }
        }
        return made
    }

    private func expect(
        _ heads: [any Head], _ names: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(
            heads.count == names.count && zip(heads, names).allSatisfy { $0.name.hasPrefix($1) },
            "\(heads.map(\.name))", sourceLocation: sourceLocation)
    }

    @Test func yolo() {
        expect(made(640, 640, [([1, 84, 8400], nil, [.sigmoid, .sum])]).heads(), ["YOLOv8 or v11 boxes, 80 classes"])
        expect(made(640, 640, [([1, 25200, 85], nil, [.sigmoid, .sum])]).heads(), ["YOLOv5, v7 or v3 boxes, 80"])
        expect(made(640, 480, [([1, 6300, 85], nil, [.sigmoid])]).heads(), ["YOLOX boxes, 80 classes"])
        expect(made(640, 640, [([1, 300, 6], nil, [])]).heads(), ["YOLOv10's boxes"])
        // A layer's own numbers.
        expect(made(640, 640, [([1, 10, 6], nil, [.sum])]).heads(), [])
        expect(made(416, 416, [([1, 2535, 85], nil, [.sigmoid, .sum])]).heads(), ["YOLOv5, v7 or v3 boxes, 80"])
        let masks = made(640, 640, [([1, 116, 8400], nil, [.sigmoid, .sum]), ([1, 32, 160, 160], nil, [])])
        expect(masks.heads(), ["YOLOv8 or v11 boxes with masks, 80 classes"])
        expect(made(640, 640, [([1, 84, 8401], nil, [.sigmoid, .sum])]).heads(), [])
    }

    /// Candidates along the first axis: v8's without an objectness, or v6's with one.
    @Test func yoloByRows() {
        func rows(_ columns: Int, _ steps: [Operation]) -> MadeNetwork {
            made(640, 640, [([1, 8400, columns], nil, steps)])
        }
        expect(rows(84, [.sigmoid, .sum]).heads(), ["YOLOv8 or v11 boxes, 80 classes"])
        expect(rows(85, [.sigmoid, .sum]).heads(), ["YOLOX boxes, 80 classes"])
        expect(rows(12, [.sigmoid, .sum]).heads(), ["YOLOv8 or v11 boxes, 8 classes", "YOLOX boxes, 7 classes"])
        expect(rows(12, [.sigmoid, .sum]).heads(labels: 8), ["YOLOv8 or v11 boxes, 8 classes"])
        expect(rows(12, [.sigmoid, .sum]).heads(labels: 7), ["YOLOX boxes, 7 classes"])
        expect(rows(85, [.exponential, .sum]).heads(), ["YOLOX boxes, 80 classes"])
        // Distributions of distances, undecoded.
        expect(made(640, 640, [([1, 144, 8400], nil, [])]).heads(), [])
    }

    /// 4 + 52 classes, or a body of 17 points: the file says, or nobody does.
    @Test func bodiesOrClasses() {
        let network = made(640, 640, [([1, 56, 8400], nil, [.sigmoid, .sum])])
        #expect(network.heads().count == 2)
        expect(network.heads(task: "pose"), ["YOLOv8 or v11 bodies"])
        expect(network.heads(labels: 1, task: "pose"), ["YOLOv8 or v11 bodies"])
        expect(network.heads(labels: 52, task: "detect"), ["YOLOv8 or v11 boxes, 52 classes"])
        expect(network.heads(task: "obb"), ["YOLOv8 or v11 turned boxes, 51 classes"])
    }

    /// As many names as classes, or it is something else.
    @Test func namesMustFit() {
        let network = made(640, 640, [([1, 84, 8400], nil, [.sigmoid, .sum])])
        expect(network.heads(labels: 80), ["YOLOv8"])
        expect(network.heads(labels: 79), [])
    }

    @Test func yoloMaps() {
        let maps: [(Shape, String?, [Operation])] = [
            ([1, 255, 13, 13], nil, []), ([1, 255, 26, 26], nil, []), ([1, 255, 52, 52], nil, []),
        ]
        expect(made(416, 416, maps).heads(), ["YOLOv3 maps, 80 classes"])
        expect(made(416, 416, Array(maps.prefix(2))).heads(), ["YOLOv3 maps, 80 classes"])
        let fifth: [(Shape, String?, [Operation])] = [
            ([1, 3, 80, 80, 85], nil, []), ([1, 3, 40, 40, 85], nil, []), ([1, 3, 20, 20, 85], nil, []),
        ]
        expect(made(640, 640, fifth).heads(), ["YOLOv5 maps, 80 classes"])
        // At another size these strides don't fit.
        expect(made(320, 320, maps).heads(), [])
    }

    @Test func anchored() {
        expect(
            made(300, 300, [([1, 1917, 4], nil, []), ([1, 1917, 91], nil, [.sigmoid])]).heads(), ["SSD boxes, 90"])
        let retina: [(Shape, String?, [Operation])] = [
            ([1, 16800, 4], nil, []), ([1, 16800, 2], nil, []), ([1, 16800, 10], nil, []),
        ]
        expect(made(640, 640, retina).heads(), ["RetinaFace"])
        expect(made(320, 240, [([1, 4420, 2], nil, []), ([1, 4420, 4], nil, [])]).heads(), ["ultra-light faces"])
        expect(made(320, 240, [([1, 4421, 2], nil, []), ([1, 4421, 4], nil, [])]).heads(), [])
        // Decoded, and nothing says into what.
        expect(made(320, 240, [([1, 4420, 2], nil, []), ([1, 4420, 4], nil, [.exponential])]).heads(), [])
    }

    @Test func mediaPipe() {
        expect(
            made(128, 128, [([1, 896, 16], nil, []), ([1, 896, 1], nil, [])]).heads(), ["BlazeFace's boxes with 6"])
        expect(
            made(256, 256, [([1, 896, 16], nil, []), ([1, 896, 1], nil, [])]).heads(), ["BlazeFace's boxes with 6"])
        expect(
            made(192, 192, [([1, 2016, 18], nil, []), ([1, 2016, 1], nil, [])]).heads(), ["BlazeFace's boxes with 7"])
        expect(
            made(224, 224, [([1, 2254, 12], nil, []), ([1, 2254, 1], nil, [])]).heads(), ["BlazeFace's boxes with 4"])
        expect(made(160, 160, [([1, 896, 16], nil, []), ([1, 896, 1], nil, [])]).heads(), [])
        expect(
            made(224, 224, [([1, 63], nil, []), ([1, 1], nil, []), ([1, 1], nil, [])]).heads(), ["21 points of a hand"])
        expect(made(192, 192, [([1, 1, 17, 3], nil, [])]).heads(), ["17 points of a body"])
    }

    @Test func grids() {
        let plus = made(320, 320, [([1, 2125, 112], nil, [.sigmoid])])
        expect(plus.heads(), ["NanoDet boxes, 80 classes"])
        var levels: [(Shape, String?, [Operation])] = []
        for cells in [1600, 400, 100] {
            levels += [([1, cells, 7], nil, [.sigmoid]), ([1, cells, 32], nil, [])]
        }
        expect(made(320, 320, levels).heads(), ["NanoDet boxes, 7 classes"])
    }

    @Test func centres() {
        let face: [(Shape, String?, [Operation])] = [
            ([1, 1, 120, 160], nil, [.sigmoid]), ([1, 2, 120, 160], nil, []), ([1, 2, 120, 160], nil, []),
            ([1, 10, 120, 160], nil, []),
        ]
        expect(made(640, 480, face).heads(), ["CenterFace"])
        let net: [(Shape, String?, [Operation])] = [
            ([1, 80, 128, 128], nil, []), ([1, 2, 128, 128], nil, []), ([1, 2, 128, 128], nil, []),
        ]
        expect(made(512, 512, net).heads(), ["CenterNet boxes, 80 classes"])
    }

    @Test func selected() {
        let named: [(Shape, String?, [Operation])] = [
            ([100, 4], "boxes", []), ([100], "labels", []), ([100], "scores", []),
        ]
        expect(made(640, 480, named).heads(), ["a detector that selects its boxes"])
        let nameless: [(Shape, String?, [Operation])] = [([100, 4], "1", []), ([100], "2", []), ([100], "3", [])]
        expect(made(640, 480, nameless).heads(), [])
        expect(made(300, 300, [([1, 1, 200, 7], nil, [])]).heads(), ["boxes selected by DetectionOutput"])
        expect(made(300, 300, [([1, 200, 8], nil, [])]).heads(), [])
    }

    @Test func maps() {
        expect(made(257, 257, [([1, 21, 257, 257], nil, [.softmax(axis: 1)])]).heads(), ["a map of 21 classes"])
        expect(made(512, 512, [([1, 1, 512, 512], nil, [.sigmoid])]).heads(), ["a map of foreground"])
        expect(made(512, 512, [([1, 19, 64, 64], nil, [.softmax(axis: 1)])]).heads(), ["a map of 19 classes, 64×64"])
        // Depth, a picture, and what has another shape.
        expect(made(256, 256, [([1, 256, 256], nil, [])]).heads(), [])
        expect(made(256, 256, [([1, 3, 256, 256], nil, [.sum])]).heads(), [])
        expect(made(256, 256, [([1, 3, 256, 256], nil, [.sum])]).heads(labels: 3), ["a map of 3 classes"])
        expect(made(256, 256, [([1, 2, 256, 256], nil, [.sum])]).heads(), [])
        expect(made(256, 256, [([1, 2, 256, 256], nil, [.sum])]).heads(labels: 2), ["a map of 2 classes"])
        expect(made(256, 256, [([1, 19, 64, 128], nil, [.softmax(axis: 1)])]).heads(), [])
    }

    @Test func classes() {
        expect(made(224, 224, [([1, 1000], nil, [.softmax(axis: 1)])]).heads(), ["1000 classes"])
        expect(made(224, 224, [([1, 1000, 1, 1], nil, [.sum])]).heads(), ["1000 classes"])
        // Points, a description or classes: names say it. A mesh is none.
        expect(made(224, 224, [([1, 136], nil, [.sum])]).heads(), ["136 values"])
        expect(made(224, 224, [([1, 136], nil, [.sum])]).heads(labels: 136), ["136 classes"])
        expect(made(192, 192, [([1, 1404], nil, [.sum])]).heads(), [])
        // Age and gender, say.
        expect(
            made(224, 224, [([1, 101], nil, [.softmax(axis: 1)]), ([1, 2], nil, [.softmax(axis: 1)])]).heads(), [])
    }
}
