// The detectors of boxes that are turned, as of things seen from above: YOLOv8's and v11's "obb". Pure.

import NetworkGraph

/// A table with a candidate a cell: centre, size, a score for each class, and last an angle in radians.
enum OrientedBoxFamily: HeadFamily {
    /// Turning is in the network, so that its sines and cosines tell it; or the file says it.
    static func fits(_ network: NetworkFacts) -> Bool {
        let isStated = network.statedTask == "obb"
        return isStated || network.statedTask == nil && network.outputs.first?.tail.contains(.turning) == true
    }

    static func heads(of network: NetworkFacts) -> [any Head] {
        let cells = BoxGrid.pyramid(network.input, [8, 16, 32]).candidateCount
        guard fits(network), let output = network.onlyOutput, let table = output.table(0, candidates: cells),
            output.tail.contains(.arithmetic)
        else { return [] }
        let classes = table.count - 5
        guard classes > 0, network.labelCount ?? classes == classes else { return [] }
        let level = BoxHead.Level(
            boxes: [table.from(0, 4)], scores: table.from(4, classes), angle: table.from(4 + classes, 1), count: cells)
        return [
            BoxHead(
                name: "YOLOv8 or v11 turned boxes, \(classes) classes",
                reason: "\(table.count) numbers of each of \(cells) cells (strides 8, 16, 32), the last an angle",
                levels: [level], coding: .centre, units: .either,
                scores: ScoreRule(activation: output.tail.contains(.sigmoid) ? .none : .sigmoid),
                suppression: NonMaximumSuppression(overlap: 0.7), threshold: 0.25,
                makersPictures: "--preset zero-one --fit letterbox",
                inputWidth: network.input.width, inputHeight: network.input.height)
        ]
    }
}
