// Detectors without anchors that give tables for each stride: YuNet, NanoDet and others with its distances. Pure.

import NetworkGraph

enum GridFamily: HeadFamily {
    static func heads(of network: NetworkFacts) -> [any Head] {
        [yuNet(network), distances(network), joinedDistances(network)].compactMap(\.self)
    }

    /// The outputs that have numbers for each cell of a grid.
    private static func tables(_ network: NetworkFacts, _ grid: BoxGrid) -> [OutputColumns] {
        network.outputs.enumerated().compactMap { index, output in
            output.table(index, candidates: grid.cellCount) ?? output.map(index, width: grid.width, height: grid.height)
        }
    }

    /// For strides 8, 16, 32: two scores, a box and five points.
    private static func yuNet(_ network: NetworkFacts) -> (any Head)? {
        guard network.outputs.count == 12 else { return nil }
        var levels: [BoxHead.Level] = []
        for grid in BoxGrid.pyramid(network.input, [8, 16, 32]) {
            let tables = tables(network, grid)
            let scores = tables.filter { $0.count == 1 }
            guard tables.count == 4, scores.count == 2, let boxes = tables.first(where: { $0.count == 4 }),
                let points = tables.first(where: { $0.count == 10 })
            else { return nil }
            levels.append(
                BoxHead.Level(
                    boxes: [boxes], scores: scores[0], objectness: scores[1], points: points, count: grid.cellCount,
                    grid: grid))
        }
        let scores = network.outputs[levels[0].scores.output]
        let activation: ScoreActivation = scores.tail.contains(.sigmoid) ? .none : .sigmoid
        return BoxHead(
            name: "YuNet's faces with 5 points",
            reason: "two scores, 4 and 10 numbers for each cell at strides 8, 16, 32",
            levels: levels, coding: .cells,
            scores: ScoreRule(
                activation: activation, objectnessActivation: activation, combination: .geometricMean),
            suppression: NonMaximumSuppression(overlap: 0.3), threshold: 0.6, classNames: ["face"],
            makersPictures: "--channels bgr --preset bytes",
            inputWidth: network.input.width, inputHeight: network.input.height)
    }

    /// Numbers of four distributions over 0…7, 0…10 or 0…16 cells.
    private static let distanceCounts = [32, 44, 68]

    /// NanoDet: for each stride scores and distances.
    private static func distances(_ network: NetworkFacts) -> (any Head)? {
        let strides = [8, 16, 32, 64, 128].prefix(network.outputs.count / 2)
        guard (6...10).contains(network.outputs.count), network.outputs.count.isMultiple(of: 2) else { return nil }
        var levels: [BoxHead.Level] = []
        for grid in BoxGrid.pyramid(network.input, Array(strides)) {
            let tables = tables(network, grid)
            let distances = tables.filter { table in
                distanceCounts.contains(table.count) && !network.outputs[table.output].tail.contains(.sigmoid)
            }
            guard tables.count == 2, distances.count == 1,
                let scores = tables.first(where: { $0.output != distances[0].output })
            else { return nil }
            levels.append(
                BoxHead.Level(boxes: distances, scores: scores, count: grid.cellCount, grid: grid))
        }
        return distanceHead(network, levels, .distances, strides: Array(strides))
    }

    /// NanoDet-Plus: one table for four strides, scores before distances, which are from cells' corners.
    private static func joinedDistances(_ network: NetworkFacts) -> (any Head)? {
        let strides = [8, 16, 32, 64]
        let grids = BoxGrid.pyramid(network.input, strides)
        guard let output = network.onlyOutput, output.extents.count == 2,
            let table = output.table(0, candidates: grids.candidateCount)
        else { return nil }
        // As many classes as there are names, else what eight numbers for each side leave.
        let classes = network.labelCount ?? (table.count - 32)
        guard classes > 0, distanceCounts.contains(table.count - classes) else { return nil }
        var first = 0
        let levels = grids.map { grid in
            defer { first += grid.candidateCount }
            let rows = table.skipping(first)
            return BoxHead.Level(
                boxes: [rows.from(classes, table.count - classes)], scores: rows.from(0, classes),
                count: grid.cellCount,
                grid: grid)
        }
        return distanceHead(network, levels, .cornerDistances, strides: strides)
    }

    private static func distanceHead(
        _ network: NetworkFacts, _ levels: [BoxHead.Level], _ coding: BoxCoding, strides: [Int]
    ) -> (any Head)? {
        let classes = levels[0].scores.count
        guard network.labelCount ?? classes == classes else { return nil }
        let isProbability = network.outputs[levels[0].scores.output].tail.contains(.sigmoid)
        let sides = levels[0].boxes[0].count / 4
        return BoxHead(
            name: "NanoDet boxes, \(classes) classes",
            reason: """
                scores and distributions of four distances over \(sides) numbers for each cell at strides \
                \(strides.map(String.init).joined(separator: ", "))
                """,
            levels: levels, coding: coding, scores: ScoreRule(activation: isProbability ? .none : .sigmoid),
            suppression: NonMaximumSuppression(overlap: 0.6), threshold: 0.35, classNames: COCO.names(classes),
            makersPictures: "--channels bgr --mean 103.53,116.28,123.675 --scale 57.375,57.12,58.395",
            inputWidth: network.input.width, inputHeight: network.input.height)
    }
}
