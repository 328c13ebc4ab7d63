// Single-shot detectors with anchors whose sizes are known: TensorFlow's SSD, RetinaFace, ultra-light faces; and those
// that have decoded theirs. Pure.

import NetworkGraph

/// A×4 boxes beside A×K scores, and for faces A×10 points.
enum PriorBoxFamily: HeadFamily {
    static func heads(of network: NetworkFacts) -> [any Head] {
        guard (2...3).contains(network.outputs.count), let parts = Parts(network) else { return [] }
        if network.outputs[parts.boxes.output].joinsCorners { return [decoded(network, parts)].compactMap(\.self) }
        // Where sizes went through an exponential, they are boxes already, and nothing says of which form.
        guard !network.outputs[parts.boxes.output].tail.contains(.exponential) else { return [] }
        return [ultraLight(network, parts), retinaFace(network, parts), ssd(network, parts)].compactMap(\.self)
    }

    private struct Parts {
        let boxes: OutputColumns
        let scores: OutputColumns
        let points: OutputColumns?
        let count: Int

        init?(_ network: NetworkFacts) {
            let outputs = network.outputs
            guard outputs.allSatisfy({ $0.extents.count == 2 && $0.extents[0] == outputs[0].extents[0] }),
                let boxes = outputs.firstIndex(where: { $0.extents[1] == 4 }), let count = outputs[0].extents.first,
                count > 1
            else { return nil }
            let points = outputs.count == 3 ? outputs.firstIndex { $0.extents[1] == 10 } : nil
            guard outputs.count == 2 || points != nil,
                let scores = outputs.indices.first(where: { $0 != boxes && $0 != points })
            else { return nil }
            self.boxes = outputs[boxes].table(boxes, candidates: count)!
            self.scores = outputs[scores].table(scores, candidates: count)!
            self.points = points.flatMap { outputs[$0].table($0, candidates: count) }
            self.count = count
        }
    }

    /// Scores as they come, or made probabilities.
    private static func rule(_ network: NetworkFacts, _ parts: Parts, _ fallback: ScoreActivation) -> ScoreRule {
        let output = network.outputs[parts.scores.output]
        let isProbability = !output.tail.isDisjoint(with: [.sigmoid, .softmax])
        var rule = ScoreRule(activation: isProbability ? .none : fallback)
        // Shares of a softmax are of the background too, and so is one column more than there are names.
        let isShared = output.tail.contains(.softmax) || (!isProbability && fallback == .softmax)
        if isShared || network.labelCount == parts.scores.count - 1 {
            rule.setBackground(of: parts.scores.count, labels: network.labelCount)
        }
        return rule
    }

    private static func levels(_ parts: Parts, _ grids: [BoxGrid]) -> [BoxHead.Level] {
        var first = 0
        return grids.map { grid in
            defer { first += grid.candidateCount }
            return BoxHead.Level(
                boxes: [parts.boxes.skipping(first)], scores: parts.scores.skipping(first),
                points: parts.points?.skipping(first), count: grid.candidateCount, grid: grid)
        }
    }

    /// Corners that the network has made of a centre and a size.
    private static func decoded(_ network: NetworkFacts, _ parts: Parts) -> (any Head)? {
        let rule = rule(network, parts, .sigmoid)
        let level = BoxHead.Level(boxes: [parts.boxes], scores: parts.scores, points: parts.points, count: parts.count)
        let classes = parts.scores.count - (rule.background == nil ? 0 : 1)
        let isFaces = classes == 1 && rule.background != nil
        return BoxHead(
            name: isFaces ? "faces by corners" : "boxes by corners, \(classes) classes",
            reason: "\(parts.count) corners that the network has decoded, beside scores for \(parts.scores.count)",
            levels: [level], coding: .corners, units: .either, scores: rule,
            suppression: NonMaximumSuppression(overlap: 0.45), threshold: isFaces ? 0.7 : 0.3,
            classNames: isFaces ? ["face"] : COCO.names(classes), inputWidth: network.input.width,
            inputHeight: network.input.height)
    }

    /// Linzaer's ultra-light face detectors (slim; RFB without its decoding).
    private static func ultraLight(_ network: NetworkFacts, _ parts: Parts) -> (any Head)? {
        let input = network.input
        let sizes: [(stride: Int, sizes: [Int])] = [
            (8, [10, 16, 24]), (16, [32, 48]), (32, [64, 96]), (64, [128, 192, 256]),
        ]
        let grids = sizes.map { level in
            // Its maker's cells divide the picture evenly, where its sides are no multiples of the stride, too.
            BoxGrid(
                input, width: (input.width + level.stride - 1) / level.stride,
                height: (input.height + level.stride - 1) / level.stride,
                anchors: level.sizes.map {
                    // No anchor is larger than the picture.
                    AnchorSize(width: Float(min($0, input.width)), height: Float(min($0, input.height)))
                })
        }
        guard parts.points == nil, parts.scores.count == 2, grids.candidateCount == parts.count else { return nil }
        return faces(
            network, parts, grids, "ultra-light faces",
            "\(parts.count) anchors, as strides 8 to 64 with 3, 2, 2 and 3 a cell have, beside two scores",
            "--mean 127 --scale 128")
    }

    /// RetinaFace: two anchors a cell.
    private static func retinaFace(_ network: NetworkFacts, _ parts: Parts) -> (any Head)? {
        let sizes: [(stride: Int, sizes: [Float])] = [(8, [16, 32]), (16, [64, 128]), (32, [256, 512])]
        let grids = sizes.map { level in
            BoxGrid(
                network.input, stride: level.stride, anchors: level.sizes.map { AnchorSize(width: $0, height: $0) })
        }
        guard parts.scores.count == 2, grids.candidateCount == parts.count else { return nil }
        return faces(
            network, parts, grids, "RetinaFace",
            "\(parts.count) anchors, as strides 8, 16, 32 with two a cell have, beside two scores",
            "--channels bgr --mean 104,117,123 --scale 1")
    }

    private static func faces(
        _ network: NetworkFacts, _ parts: Parts, _ grids: [BoxGrid], _ name: String, _ reason: String,
        _ makersPictures: String
    ) -> any Head {
        BoxHead(
            name: name, reason: reason, levels: levels(parts, grids), coding: .priors, centreVariance: 0.1,
            sizeVariance: 0.2, scores: rule(network, parts, .softmax),
            suppression: NonMaximumSuppression(overlap: 0.4), threshold: 0.7, classNames: ["face"],
            makersPictures: makersPictures,
            inputWidth: network.input.width, inputHeight: network.input.height)
    }

    /// TensorFlow's SSD on six maps (Liu et al., "SSD: Single Shot MultiBox Detector", 2016, section 2.2).
    private static func ssd(_ network: NetworkFacts, _ parts: Parts) -> (any Head)? {
        let grids = ssdGrids(network.input)
        guard parts.points == nil, parts.scores.count > 2, grids.candidateCount == parts.count else { return nil }
        var rule = rule(network, parts, .sigmoid)
        // Its classifiers have a column for the background.
        rule.setBackground(of: parts.scores.count, labels: network.labelCount)
        return BoxHead(
            name: "SSD boxes, \(parts.scores.count - (rule.background == nil ? 0 : 1)) classes",
            reason: "\(parts.count) anchors, as six maps with 3 and 6 a cell have, beside \(parts.scores.count) scores",
            levels: levels(parts, grids), coding: .priorsByRow, centreVariance: 0.1, sizeVariance: 0.2, scores: rule,
            suppression: NonMaximumSuppression(overlap: 0.6), threshold: 0.5, inputWidth: network.input.width,
            inputHeight: network.input.height)
    }

    private static func ssdGrids(_ input: ImageInput) -> [BoxGrid] {
        let scales: [Float] = (0..<6).map { 0.2 + 0.15 * Float($0) } + [1]
        var (width, height) = ((input.width + 15) / 16, (input.height + 15) / 16)
        return (0..<6).map { map in
            func anchor(_ scale: Float, _ ratio: Float) -> AnchorSize {
                AnchorSize(
                    width: scale * ratio.squareRoot() * Float(input.width),
                    height: scale / ratio.squareRoot() * Float(input.height))
            }
            let scale = scales[map]
            let anchors: [AnchorSize] =
                map == 0
                ? [anchor(0.1, 1), anchor(scale, 2), anchor(scale, 0.5)]
                : [1, 2, 0.5, 3, 1.0 / 3].map { anchor(scale, $0) } + [
                    anchor((scale * scales[map + 1]).squareRoot(), 1)
                ]
            defer { (width, height) = ((width + 1) / 2, (height + 1) / 2) }
            return BoxGrid(input, width: width, height: height, anchors: anchors)
        }
    }
}
