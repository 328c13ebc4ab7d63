// The detectors that are called YOLO and give their feature maps undecoded: v3 to v5, v7, and FastestDet. Pure.

import NetworkGraph

enum YOLOMapFamily: HeadFamily {
    static func heads(of network: NetworkFacts) -> [any Head] {
        [anchored(network), single(network)].compactMap(\.self)
    }

    /// Width and height of three anchors for each stride, in pixels: those of v3, which v5 kept.
    private static let anchors: [Int: [(Float, Float)]] = [
        8: [(10, 13), (16, 30), (33, 23)], 16: [(30, 61), (62, 45), (59, 119)],
        32: [(116, 90), (156, 198), (373, 326)],
    ]
    /// Of v3's small version, which has two maps.
    private static let tinyAnchors: [Int: [(Float, Float)]] = [
        16: [(10, 14), (23, 27), (37, 58)], 32: [(81, 82), (135, 169), (344, 319)],
    ]

    /// A map for each of two or three strides: 3 (5 + C) numbers a cell (v3), or 3 times 5 + C (v5).
    private static func anchored(_ network: NetworkFacts) -> (any Head)? {
        let input = network.input
        guard (2...3).contains(network.outputs.count) else { return nil }
        let sizes = network.outputs.count == 2 ? tinyAnchors : anchors
        var levels: [BoxHead.Level] = []
        var (strides, counts): (Set<Int>, Set<Int>) = ([], [])
        var isFifth = true
        for (index, output) in network.outputs.enumerated() {
            guard output.tail.isDisjoint(with: [.exponential, .arithmetic]) else { return nil }
            var found = false
            for (stride, anchors) in sizes where !strides.contains(stride) {
                let grid = BoxGrid(input, stride: stride)
                guard let tables = tables(output, index, grid) else { continue }
                for (table, anchor) in zip(tables, anchors) {
                    guard table.count > 5 else { return nil }
                    var grid = grid
                    grid.anchors = [AnchorSize(width: anchor.0, height: anchor.1)]
                    levels.append(
                        BoxHead.Level(
                            boxes: [table.from(0, 4)], scores: table.from(5, table.count - 5),
                            objectness: table.from(4, 1), count: grid.cellCount, grid: grid))
                    counts.insert(table.count)
                }
                strides.insert(stride)
                isFifth = isFifth && output.extents.count == 4
                found = true
                break
            }
            guard found else { return nil }
        }
        guard counts.count == 1, let count = counts.first, network.labelCount ?? (count - 5) == count - 5 else {
            return nil
        }
        let activation: ScoreActivation = network.outputs[0].tail.contains(.sigmoid) ? .none : .sigmoid
        guard activation == .sigmoid else { return nil }
        return BoxHead(
            name: "YOLO\(isFifth ? "v5" : "v3") maps, \(count - 5) classes",
            reason: """
                \(levels.count / 3) maps of three times \(count) numbers, undecoded; anchors are assumed to be \
                YOLOv3's (--head says others)
                """,
            levels: levels, coding: isFifth ? .scaledAnchors : .anchors,
            scores: ScoreRule(activation: .sigmoid, objectnessActivation: .sigmoid),
            suppression: NonMaximumSuppression(overlap: 0.45), threshold: 0.25, classNames: COCO.names(count - 5),
            makersPictures: "--preset zero-one --fit letterbox",
            inputWidth: input.width, inputHeight: input.height)
    }

    /// A table for each of three anchors.
    private static func tables(_ output: OutputFacts, _ index: Int, _ grid: BoxGrid) -> [OutputColumns]? {
        let extents = output.extents
        if extents.count == 4, extents[0] == 3, extents[1] == grid.height, extents[2] == grid.width {
            let size = grid.cellCount * extents[3]
            return (0..<3).map {
                OutputColumns(output: index, start: $0 * size, row: extents[3], column: 1, count: extents[3])
            }
        }
        guard extents.count == 3, let map = output.map(index, width: grid.width, height: grid.height),
            map.count % 3 == 0
        else { return nil }
        return (0..<3).map { map.from($0 * map.count / 3, map.count / 3) }
    }

    /// FastestDet: one map at stride 16 of an objectness, four numbers of a box, and shares of the classes.
    private static func single(_ network: NetworkFacts) -> (any Head)? {
        let grid = BoxGrid(network.input, stride: 16)
        guard let output = network.onlyOutput, output.extents.count == 3,
            let map = output.map(0, width: grid.width, height: grid.height), map.count > 6,
            output.tail.isSuperset(of: [.sigmoid, .softmax]), output.end == .other,
            network.labelCount ?? (map.count - 5) == map.count - 5
        else { return nil }
        let level = BoxHead.Level(
            boxes: [map.from(1, 4)], scores: map.from(5, map.count - 5), objectness: map.from(0, 1),
            count: grid.cellCount, grid: grid)
        return BoxHead(
            name: "FastestDet boxes, \(map.count - 5) classes",
            reason: "one map at stride 16: a sigmoid, four numbers, and a softmax over \(map.count - 5)",
            levels: [level], coding: .shares, scores: ScoreRule(combination: .weightedMean),
            suppression: NonMaximumSuppression(overlap: 0.45), threshold: 0.65,
            classNames: COCO.names(map.count - 5), makersPictures: "--channels bgr --preset zero-one",
            inputWidth: network.input.width, inputHeight: network.input.height)
    }
}
