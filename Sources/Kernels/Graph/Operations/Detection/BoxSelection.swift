// Boxes that don't cover each other, the surest first: what detectors end in. A value and pure functions.

/// A box by its corners.
struct Box {
    let y1, x1, y2, x2: Float

    var area: Float { max(y2 - y1, 0) * max(x2 - x1, 0) }

    /// The share of two boxes' area that both have.
    func overlap(_ other: Box) -> Float {
        let height = max(min(y2, other.y2) - max(y1, other.y1), 0)
        let width = max(min(x2, other.x2) - max(x1, other.x1), 0)
        let common = height * width
        let whole = area + other.area - common
        return whole > 0 ? common / whole : 0
    }
}

/// The indices of boxes that stay, the surest first: each box of a score above a threshold, unless a surer one overlaps
/// it by more than a limit.
func selectBoxes(
    _ count: Int, atMost limit: Int, score: (Int) -> Float, above threshold: Float, box: (Int) -> Box,
    overlapping most: Float, takesEqual: Bool = false
) -> [Int] {
    let candidates = (0..<count)
        .filter { takesEqual ? score($0) >= threshold : score($0) > threshold }
        .sorted { score($0) == score($1) ? $0 < $1 : score($0) > score($1) }
    var kept: [(index: Int, box: Box)] = []
    for index in candidates {
        if kept.count == limit { break }
        let own = box(index)
        if kept.allSatisfy({ $0.box.overlap(own) <= most }) { kept.append((index, own)) }
    }
    return kept.map(\.index)
}

/// N×B×4 boxes and N×K×B scores give rows of image, class and box, as floats (ONNX's NonMaxSuppression). Shapes are fixed
/// here: N×K×min(limit, B) rows, those that nothing was found for −1.
public struct BoxSelection: Hashable, Sendable {
    /// Boxes for each class of an image.
    public let limit: Int
    public let overlap: Float
    /// Scores must be above it; nil: all are taken.
    public let threshold: Float?
    /// Boxes are centre x, centre y, width and height, not two corners (y, x each).
    public let hasCentres: Bool

    /// - Precondition: a positive limit.
    public init(limit: Int, overlap: Float = 0, threshold: Float? = nil, hasCentres: Bool = false) {
        precondition(limit > 0)
        (self.limit, self.overlap, self.threshold, self.hasCentres) = (limit, overlap, threshold, hasCentres)
    }
}

extension BoxSelection: OperationDefinition {
    package var name: String { "box_selection" }
    package var inputCount: ClosedRange<Int> { 2...2 }
    package var structure: String { "\(limit) \(overlap) \(threshold ?? -.infinity) \(hasCentres)" }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        let (boxes, scores) = (inputs[0], inputs[1])
        guard boxes.rank == 3, boxes[2] == 4, scores.rank == 3, scores[0] == boxes[0], scores[2] == boxes[1] else {
            throw ShapeMismatch(reason: "\(name) needs N×B×4 and N×K×B, got \(boxes) and \(scores)")
        }
        let (rows, overflow) = (scores[0] * scores[1]).multipliedReportingOverflow(by: min(limit, boxes[1]))
        return try .checked([overflow ? 0 : rows, 3])
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count(times: inputs[0][1]) }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (boxes, scores) = (inputs[0].values, inputs[1].values)
        let (images, classes, count) = (inputs[1].shape[0], inputs[1].shape[1], inputs[1].shape[2])
        output.values.update(repeating: -1)
        var row = 0
        for image in 0..<images {
            for label in 0..<classes {
                let kept = selectBoxes(
                    count, atMost: limit, score: { scores[(image * classes + label) * count + $0] },
                    above: threshold ?? -.infinity, box: { box(boxes, (image * count + $0) * 4) },
                    overlapping: overlap)
                for index in kept {
                    output.values[row * 3] = Float(image)
                    output.values[row * 3 + 1] = Float(label)
                    output.values[row * 3 + 2] = Float(index)
                    row += 1
                }
            }
        }
    }

    private func box(_ values: UnsafeBufferPointer<Float>, _ at: Int) -> Box {
        let (a, b, c, d) = (values[at], values[at + 1], values[at + 2], values[at + 3])
        if hasCentres { return Box(y1: b - d / 2, x1: a - c / 2, y2: b + d / 2, x2: a + c / 2) }
        return Box(y1: min(a, c), x1: min(b, d), y2: max(a, c), x2: max(b, d))
    }
}
