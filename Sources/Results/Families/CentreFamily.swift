// Detectors that give maps of how likely a thing's centre is there: CenterNet, CenterFace, OpenSeeFace. Pure.

import NetworkGraph

enum CentreFamily: HeadFamily {
    static func heads(of network: NetworkFacts) -> [any Head] {
        let input = network.input
        let grid = BoxGrid(input, stride: 4)
        let maps = network.outputs.enumerated().compactMap { index, output in
            output.map(index, width: grid.width, height: grid.height)
        }
        guard maps.count == network.outputs.count else { return [] }
        return [centerFace(network, maps, grid), centerNet(network, maps, grid), openSeeFace(network, maps, grid)]
            .compactMap(\.self)
    }

    /// Where one of two equal maps is which: by what they are called, else in the order that the makers' file has.
    private static func named(_ network: NetworkFacts, _ maps: [OutputColumns], _ words: [String]) -> OutputColumns? {
        let fitting = maps.filter { map in
            words.contains { network.outputs[map.output].name.lowercased().contains($0) }
        }
        return fitting.count == 1 ? fitting[0] : nil
    }

    /// One map of faces, two of logarithms of sizes, two of offsets, ten of points.
    private static func centerFace(
        _ network: NetworkFacts, _ maps: [OutputColumns], _ grid: BoxGrid
    ) -> (any Head)? {
        let pairs = maps.filter { $0.count == 2 }
        guard maps.count == 4, pairs.count == 2, let heat = maps.first(where: { $0.count == 1 }),
            let points = maps.first(where: { $0.count == 10 })
        else { return nil }
        let offsets = named(network, pairs, ["off", "reg"]) ?? pairs[1]
        let sizes = pairs[0] == offsets ? pairs[1] : pairs[0]
        let level = BoxHead.Level(
            boxes: [sizes, offsets], scores: heat, points: points, count: grid.cellCount, grid: grid)
        return BoxHead(
            name: "CenterFace's faces with 5 points",
            reason: "maps of 1, 2, 2 and 10 numbers at a quarter of the input's size",
            levels: [level], coding: .logarithmicPeaks, scores: rule(network, heat),
            suppression: NonMaximumSuppression(overlap: 0.3), threshold: 0.5, classNames: ["face"],
            makersPictures: "--preset bytes",
            inputWidth: network.input.width, inputHeight: network.input.height)
    }

    /// A map for each class, two of sizes, two of offsets.
    private static func centerNet(_ network: NetworkFacts, _ maps: [OutputColumns], _ grid: BoxGrid) -> (any Head)? {
        let pairs = maps.filter { $0.count == 2 }
        guard maps.count == 3, pairs.count == 2, let heat = maps.first(where: { $0.count != 2 }),
            network.labelCount ?? heat.count == heat.count
        else { return nil }
        let offsets = named(network, pairs, ["off", "reg"]) ?? pairs[1]
        let sizes = pairs[0] == offsets ? pairs[1] : pairs[0]
        let level = BoxHead.Level(boxes: [offsets, sizes], scores: heat, count: grid.cellCount, grid: grid)
        return BoxHead(
            name: "CenterNet boxes, \(heat.count) classes",
            reason: "maps of \(heat.count), 2 and 2 numbers at a quarter of the input's size",
            levels: [level], coding: .peaks, scores: rule(network, heat), takesPeaks: true, threshold: 0.3,
            classNames: COCO.names(heat.count), inputWidth: network.input.width, inputHeight: network.input.height)
    }

    /// A map of faces and one of their radii, and the same with each number the greatest around it.
    private static func openSeeFace(
        _ network: NetworkFacts, _ maps: [OutputColumns], _ grid: BoxGrid
    ) -> (any Head)? {
        guard maps.count == 2, maps.allSatisfy({ $0.count == 2 }),
            let pooled = maps.first(where: { network.outputs[$0.output].tail.contains(.pooling) }),
            let map = maps.first(where: { $0.output != pooled.output }),
            !network.outputs[map.output].tail.contains(.pooling)
        else { return nil }
        let level = BoxHead.Level(
            boxes: [map.from(1, 1)], scores: map.from(0, 1), count: grid.cellCount, grid: grid)
        return BoxHead(
            name: "OpenSeeFace's faces",
            reason: "a map of two numbers at a quarter of the input's size, and the same pooled",
            levels: [level], coding: .radius, takesPeaks: true, threshold: 0.6, classNames: ["face"],
            inputWidth: network.input.width, inputHeight: network.input.height)
    }

    private static func rule(_ network: NetworkFacts, _ heat: OutputColumns) -> ScoreRule {
        let isProbability = network.outputs[heat.output].tail.contains(.sigmoid)
        return ScoreRule(activation: isProbability ? .none : .sigmoid)
    }
}
