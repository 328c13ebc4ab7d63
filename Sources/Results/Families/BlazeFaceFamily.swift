// MediaPipe's detectors of faces, palms and bodies. Pure.

import NetworkGraph

/// A×(4 + 2 k) numbers beside A scores: boxes and k points in pixels from their cells' middles.
enum BlazeFaceFamily: HeadFamily {
    /// Strides of anchors' layers; those that are equal share a map.
    private static let layouts: [[Int]] = [[8, 16, 16, 16], [16, 32, 32, 32], [8, 16, 32, 32, 32], [4]]

    static func heads(of network: NetworkFacts) -> [any Head] {
        let outputs = network.outputs
        guard outputs.count == 2, outputs[0].extents.first == outputs[1].extents.first,
            let count = outputs[0].extents.first, count > 1,
            let scores = outputs.indices.first(where: { outputs[$0].shape.count == count }),
            let table = outputs[1 - scores].table(1 - scores, candidates: count), table.column == 1, table.count > 4,
            table.count.isMultiple(of: 2)
        else { return [] }
        let row = outputs[scores].table(scores, candidates: count)
        let layered = layouts.map { grids(network.input, $0) }.filter { $0.candidateCount == count }
        guard let row, let fitting = layered.first, layered.count == 1 else { return [] }
        var first = 0
        let levels = fitting.map { grid in
            defer { first += grid.candidateCount }
            return BoxHead.Level(
                boxes: [table.skipping(first).from(0, 4)], scores: row.skipping(first),
                points: table.skipping(first).from(4, table.count - 4), count: grid.candidateCount, grid: grid)
        }
        let points = (table.count - 4) / 2
        let what = points == 6 ? "face" : points == 7 ? "palm" : "body"
        let isProbability = outputs[scores].tail.contains(.sigmoid)
        return [
            BoxHead(
                name: "BlazeFace's boxes with \(points) points",
                reason: "\(count) anchors, as MediaPipe's layers have, of \(table.count) numbers beside one score",
                levels: levels, coding: .offsets, scores: ScoreRule(activation: isProbability ? .none : .sigmoid),
                suppression: NonMaximumSuppression(overlap: 0.3, isWeighted: true), threshold: 0.5,
                classNames: [what], makersPictures: "--preset minus-one-one --fit letterbox:0",
                inputWidth: network.input.width, inputHeight: network.input.height)
        ]
    }

    /// Two anchors a cell for each layer, one where there is but one layer.
    private static func grids(_ input: ImageInput, _ strides: [Int]) -> [BoxGrid] {
        var grids: [BoxGrid] = []
        for stride in Set(strides).sorted() {
            let layers = strides.count { $0 == stride }
            let perCell = strides.count == 1 ? 1 : 2 * layers
            grids.append(
                BoxGrid(input, stride: stride, anchors: [AnchorSize](repeating: .none, count: perCell)))
        }
        return grids
    }
}
