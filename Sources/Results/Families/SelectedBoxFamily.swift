// Detectors that select boxes themselves, so that nothing is left to decode. Pure.

import NetworkGraph

/// Tables of boxes that are found already: TensorFlow's post-processing, corners beside scores and labels, and rows
/// that hold all of it (YOLOv10, OpenVINO's DetectionOutput).
enum SelectedBoxFamily: HeadFamily {
    static func heads(of network: NetworkFacts) -> [any Head] {
        [postProcessed(network) ?? named(network), rows(network)].compactMap(\.self)
    }

    /// Outputs of one `AnchoredDetection`.
    private static func postProcessed(_ network: NetworkFacts) -> (any Head)? {
        func output(_ part: SelectedBoxes) -> Int? { network.outputs.firstIndex { $0.selected == part } }
        guard let corners = output(.corners), let labels = output(.classes), let scores = output(.scores) else {
            return nil
        }
        return head(
            network, (corners, scores, labels), coding: .cornersByRow, units: .fractions, threshold: 0.5,
            "an SSD that selects its boxes", "corners, classes and scores of a detection node (TensorFlow Lite)")
    }

    /// N×4 corners, N scores and N labels, told apart by their names.
    private static func named(_ network: NetworkFacts) -> (any Head)? {
        guard (3...4).contains(network.outputs.count) else { return nil }
        func output(_ words: [String], _ isFitting: (OutputFacts) -> Bool) -> Int? {
            let fitting = network.outputs.indices.filter { index in
                let name = network.outputs[index].name.lowercased()
                return isFitting(network.outputs[index]) && words.contains { name.contains($0) }
            }
            return fitting.count == 1 ? fitting[0] : nil
        }
        guard let corners = output(["box"], { $0.extents.count == 2 && $0.extents[1] == 4 }) else { return nil }
        let count = network.outputs[corners].extents[0]
        guard let scores = output(["score", "conf", "prob"], { $0.shape.count == count }),
            let labels = output(["label", "class", "cls"], { $0.shape.count == count }), scores != labels
        else { return nil }
        return head(
            network, (corners, scores, labels), coding: .corners, units: .either, threshold: 0.5,
            "a detector that selects its boxes", "outputs named as boxes, scores and labels, \(count) of each")
    }

    private static func head(
        _ network: NetworkFacts, _ outputs: (corners: Int, scores: Int, labels: Int), coding: BoxCoding,
        units: BoxHead.Units, threshold: Float, _ name: String, _ reason: String
    ) -> (any Head)? {
        let count = network.outputs[outputs.scores].shape.count
        guard let corners = network.outputs[outputs.corners].table(outputs.corners, candidates: count),
            network.outputs[outputs.labels].shape.count == count
        else { return nil }
        func row(_ output: Int) -> OutputColumns {
            OutputColumns(output: output, start: 0, row: 1, column: 1, count: 1)
        }
        let level = BoxHead.Level(
            boxes: [corners], scores: row(outputs.scores), labels: row(outputs.labels), count: count)
        return BoxHead(
            name: name, reason: reason, levels: [level], coding: coding, units: units, threshold: threshold,
            inputWidth: network.input.width, inputHeight: network.input.height)
    }

    /// The most rows that a network gives which has selected its boxes.
    private static let rowLimit = 1000

    /// N×6: corners, score, class; 1×1×N×7: image, class, score, corners as fractions.
    private static func rows(_ network: NetworkFacts) -> (any Head)? {
        // A layer's own numbers select nothing.
        guard let output = network.onlyOutput, output.end == .other, !output.joinsSigmoids, output.extents.count == 2,
            let count = output.extents.first, (2...rowLimit).contains(count),
            !YOLOFamily.isPyramid(count, network.input), let columns = output.table(0, candidates: count)
        else { return nil }
        let isOfSix = columns.count == 6
        guard isOfSix || (columns.count == 7 && output.shape.rank == 4) else { return nil }
        let level = BoxHead.Level(
            boxes: [columns.from(isOfSix ? 0 : 3, 4)], scores: columns.from(isOfSix ? 4 : 2, 1),
            labels: columns.from(isOfSix ? 5 : 1, 1), count: count)
        return BoxHead(
            name: isOfSix ? "YOLOv10's boxes, or others selected alike" : "boxes selected by DetectionOutput",
            reason: "\(count) rows of \(isOfSix ? "corners, score and class" : "image, class, score and corners")",
            levels: [level], coding: .corners, units: isOfSix ? .either : .fractions,
            threshold: isOfSix ? 0.25 : 0.5, inputWidth: network.input.width, inputHeight: network.input.height)
    }
}
