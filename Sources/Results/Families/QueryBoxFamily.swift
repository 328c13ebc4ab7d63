// The detectors that answer a fixed number of queries with a box each: DETR (Carion et al., "End-to-End Object
// Detection with Transformers", 2020) and its heirs. No two answers mean one thing, so that none makes way. Pure.

import NetworkGraph

/// N×4 boxes (centre and size, as shares) and N×C scores, in two outputs or side by side in one.
enum QueryBoxFamily: HeadFamily {
    /// How many queries published networks have: some hundreds.
    private static let queryCounts = 10...2000

    static func heads(of network: NetworkFacts) -> [any Head] {
        joined(network).map { [$0] } ?? apart(network)
    }

    /// Sigmoids of both, joined (RT-DETR by Ultralytics).
    private static func joined(_ network: NetworkFacts) -> (any Head)? {
        guard let output = network.onlyOutput, output.joinsSigmoids, output.extents.count == 2,
            let count = output.extents.first, isQueries(count, network), let table = output.table(0, candidates: count),
            table.column == 1, table.count > 4
        else { return nil }
        let scores = table.from(4, table.count - 4)
        guard network.labelCount ?? scores.count == scores.count else { return nil }
        return head(
            network, boxes: table.from(0, 4), scores, count, ScoreRule(),
            "RT-DETR boxes, \(scores.count) classes", makersPictures: "--preset zero-one",
            "\(count) rows of four sigmoids and \(scores.count) more")
    }

    /// Boxes as sigmoids, and the scores as the last layer gives them: with "none" as the last class of a softmax
    /// (DETR), or each by a sigmoid (Deformable DETR, RT-DETR, D-FINE).
    private static func apart(_ network: NetworkFacts) -> [any Head] {
        guard network.outputs.count == 2 else { return [] }
        for (boxes, scores) in [(0, 1), (1, 0)] {
            let (box, score) = (network.outputs[boxes], network.outputs[scores])
            guard box.end == .sigmoid, box.extents.count == 2, box.extents[1] == 4, score.extents.count == 2,
                score.extents[0] == box.extents[0], isQueries(box.extents[0], network),
                let corners = box.table(boxes, candidates: box.extents[0]),
                let classes = score.table(scores, candidates: box.extents[0]), classes.column == 1
            else { continue }
            return rules(score, classes.count, network.labelCount).map { rule in
                let number = classes.count - (rule.background == nil ? 0 : 1)
                let how = rule.background == nil ? "\(number) classes" : "\(number) classes and none"
                return head(
                    network, boxes: corners, classes, box.extents[0], rule,
                    rule.background == nil ? "boxes of queries, \(how)" : "DETR boxes, \(how)",
                    makersPictures: "--preset imagenet",
                    "\(box.extents[0]) queries: four sigmoids, and \(classes.count) scores as \(word(rule, score))")
            }
        }
        return []
    }

    private static func word(_ rule: ScoreRule, _ score: OutputFacts) -> String {
        rule.background != nil ? "a softmax, whose last is none" : "sigmoids"
    }

    /// How many scores there are of COCO's numbers up to 90, or of its panoptic classes up to 249, and of none.
    private static let usualExclusives: Set = [92, 251]
    /// Of COCO's classes, or its numbers up to 90, and of Objects365's.
    private static let usualSingles: Set = [80, 91, 365, 366]

    /// What the scores may be: the last layer's operation says, or how many names there are, or how many scores.
    private static func rules(_ score: OutputFacts, _ count: Int, _ labels: Int?) -> [ScoreRule] {
        let single = ScoreRule(activation: score.end == .sigmoid ? .none : .sigmoid)
        let exclusive = ScoreRule(activation: score.end == .linear ? .softmax : .none, background: count - 1)
        if score.end == .sigmoid { return labels ?? count == count ? [single] : [] }
        let canBeExclusive = count > 1 && (score.end == .softmax(of: count) || score.end == .linear)
        let exclusives = canBeExclusive && labels ?? (count - 1) == count - 1 ? [exclusive] : []
        guard score.end == .linear else { return exclusives }
        let singles = labels ?? count == count ? [single] : []
        if labels == nil, usualExclusives.contains(count) { return exclusives }
        if labels == nil, usualSingles.contains(count) { return singles }
        return singles + exclusives
    }

    private static func isQueries(_ count: Int, _ network: NetworkFacts) -> Bool {
        queryCounts.contains(count) && !YOLOFamily.isPyramid(count, network.input)
    }

    private static func head(
        _ network: NetworkFacts, boxes: OutputColumns, _ scores: OutputColumns, _ count: Int, _ rule: ScoreRule,
        _ name: String, makersPictures: String, _ reason: String
    ) -> any Head {
        let level = BoxHead.Level(boxes: [boxes], scores: scores, count: count)
        return BoxHead(
            name: name, reason: reason, levels: [level], coding: .centre, units: .fractions, scores: rule,
            threshold: 0.5, classNames: COCO.names(scores.count - (rule.background == nil ? 0 : 1)),
            makersPictures: makersPictures,
            inputWidth: network.input.width, inputHeight: network.input.height)
    }
}
