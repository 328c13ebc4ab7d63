// TensorFlow's end of single-shot detectors. A value.
import Glibc

/// 1×A×4 box encodings (y, x, height, width over anchors), 1×A×K scores and A×4 anchors (centre y, x, height, width) give
/// 1×(limit + 1)×6: for each box its corners (ymin, xmin, ymax, xmax), class and score, and how many boxes there are as
/// the first number of the last row. What is left over is 0. (TFLite_Detection_PostProcess.)
public struct AnchoredDetection: Hashable, Sendable {
    /// Rows of the result: each box has one for each of its classes.
    public let limit: Int
    /// Classes that a box may be of, the surest; without `isPerClass`.
    public let classesPerBox: Int
    /// Boxes of each class; with `isPerClass`.
    public let limitPerClass: Int
    public let threshold: Float
    public let overlap: Float
    /// Classes but the background, which is the first of the scores if there is one more.
    public let classes: Int
    /// Of the encodings: y, x, height, width.
    public let scales: [Float]
    /// Whether boxes only make way for others of their class.
    public let isPerClass: Bool

    /// - Precondition: positive counts, four scales.
    public init(
        limit: Int, classesPerBox: Int, limitPerClass: Int, threshold: Float, overlap: Float, classes: Int,
        scales: [Float], isPerClass: Bool
    ) {
        precondition(limit > 0 && classesPerBox > 0 && limitPerClass > 0 && classes > 0 && scales.count == 4)
        (self.limit, self.classesPerBox, self.limitPerClass) = (limit, classesPerBox, limitPerClass)
        (self.threshold, self.overlap, self.classes) = (threshold, overlap, classes)
        (self.scales, self.isPerClass) = (scales, isPerClass)
    }
}

extension AnchoredDetection: OperationDefinition {
    package var name: String { "anchored_detection" }
    package var inputCount: ClosedRange<Int> { 3...3 }
    package var structure: String {
        "\(limit) \(classesPerBox) \(limitPerClass) \(threshold) \(overlap) \(classes) \(scales) \(isPerClass)"
    }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        let (boxes, scores, anchors) = (inputs[0], inputs[1], inputs[2])
        guard boxes.rank == 3, boxes[0] == 1, boxes[2] == 4, scores.rank == 3, scores[0] == 1,
            scores[1] == boxes[1], [classes, classes + 1].contains(scores[2]), anchors.extents == [boxes[1], 4]
        else {
            throw ShapeMismatch(reason: "\(name) of \(classes) classes got \(boxes), \(scores) and \(anchors)")
        }
        guard limit < 1 << 40 else { throw ShapeMismatch(reason: "\(limit) boxes are too many") }
        return try .checked([1, limit + 1, 6])
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int {
        let kept = isPerClass ? min(limitPerClass, inputs[0][1]) : 1
        return max(inputs[1].count(times: kept), output.count(times: inputs[0][1]))
    }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let count = inputs[0].shape[1]
        let columns = inputs[1].shape[2]
        func score(_ anchor: Int, _ label: Int) -> Float {
            inputs[1].values[anchor * columns + columns - classes + label]
        }
        let boxes = (0..<count).map { box(inputs[0].values, inputs[2].values, $0 * 4) }
        let found =
            isPerClass ? perClass(boxes, score) : acrossClasses(boxes, score)
        output.values.update(repeating: 0)
        for (row, detection) in found.prefix(limit).enumerated() {
            let box = boxes[detection.box]
            let numbers = [box.y1, box.x1, box.y2, box.x2, Float(detection.label), detection.score]
            for (column, number) in numbers.enumerated() { output.values[row * 6 + column] = number }
        }
        output.values[limit * 6] = Float(min(found.count, limit) / (isPerClass ? 1 : rowsPerBox))
    }

    /// A box has a row for each of its classes.
    private var rowsPerBox: Int { min(classesPerBox, classes, limit) }

    private typealias Detection = (box: Int, label: Int, score: Float)

    private func box(_ encodings: UnsafeBufferPointer<Float>, _ anchors: UnsafeBufferPointer<Float>, _ at: Int) -> Box {
        let y = encodings[at] / scales[0] * anchors[at + 2] + anchors[at]
        let x = encodings[at + 1] / scales[1] * anchors[at + 3] + anchors[at + 1]
        let height = exp(encodings[at + 2] / scales[2]) * anchors[at + 2] / 2
        let width = exp(encodings[at + 3] / scales[3]) * anchors[at + 3] / 2
        return Box(y1: y - height, x1: x - width, y2: y + height, x2: x + width)
    }

    /// Boxes make way for any surer one; each is of its surest classes.
    private func acrossClasses(_ boxes: [Box], _ score: (Int, Int) -> Float) -> [Detection] {
        let best = boxes.indices.map { anchor in (0..<classes).map { score(anchor, $0) }.max() ?? 0 }
        let kept = selectBoxes(
            boxes.count, atMost: limit / rowsPerBox, score: { best[$0] }, above: threshold, box: { boxes[$0] },
            overlapping: overlap, takesEqual: true)
        return kept.flatMap { anchor -> [Detection] in
            let order = (0..<classes).sorted { a, b in
                let (x, y) = (score(anchor, a), score(anchor, b))
                return x == y ? a < b : x > y
            }
            return order.prefix(classesPerBox).map { (anchor, $0, score(anchor, $0)) }
        }
    }

    private func perClass(_ boxes: [Box], _ score: (Int, Int) -> Float) -> [Detection] {
        var found: [Detection] = []
        for label in 0..<classes {
            let kept = selectBoxes(
                boxes.count, atMost: limitPerClass, score: { score($0, label) }, above: threshold,
                box: { boxes[$0] }, overlapping: overlap, takesEqual: true)
            found += kept.map { ($0, label, score($0, label)) }
        }
        // Stable, so that equals stay in the order of their classes.
        return found.enumerated()
            .sorted {
                $0.element.score == $1.element.score ? $0.offset < $1.offset : $0.element.score > $1.element.score
            }
            .map(\.element)
    }
}
