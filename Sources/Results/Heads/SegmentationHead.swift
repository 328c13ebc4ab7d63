// The head of networks that say of each pixel what it shows. Pure; any thread.

import NetworkGraph

/// A map of classes: of the one that an output names for each pixel, or of the greatest of its scores for it.
struct SegmentationHead: Head {
    enum Values: Equatable {
        /// Classes by their numbers.
        case classes
        /// A number for each class.
        case scores
        /// How likely each pixel is foreground, which is class 1 then.
        case foreground
    }

    let output: Int
    let values: Values
    let columns: OutputColumns
    let width: Int
    let height: Int
    let reason: String
    /// What a user calls it.
    var givenName: String?
    /// What the classes are called, where a user says so.
    var names: [String]?
    /// The least probability of foreground.
    var threshold: Float = 0.5
    var task: ResultTask { .segment }
    var name: String {
        if let givenName { return givenName }
        return switch values {
        case .classes: "a map of classes, \(width)×\(height)"
        case .scores: "a map of \(columns.count) classes, \(width)×\(height)"
        case .foreground: "a map of foreground, \(width)×\(height)"
        }
    }
    var classNames: [String]? { names ?? (values == .foreground ? ["background", "foreground"] : nil) }
    var classCount: Int? {
        switch values {
        case .classes: nil
        case .scores: columns.count
        case .foreground: 2
        }
    }

    func result(of outputs: [Tensor], in geometry: FrameGeometry, _ choices: ResultChoices) -> FrameResult {
        // The part of the map that shows the picture.
        let target = geometry.placement.target
        let left = target.x * width / geometry.input.width
        let top = target.y * height / geometry.input.height
        let right = max((target.x + target.width) * width / geometry.input.width, left + 1)
        let bottom = max((target.y + target.height) * height / geometry.input.height, top + 1)
        var classes: [UInt8] = []
        if outputs.indices.contains(output), right <= width, bottom <= height,
            columns.fits(candidates: width * height, in: outputs[output].values.count)
        {
            classes = outputs[output].values.withUnsafeBufferPointer { values in
                map(values, left: left, top: top, right: right, bottom: bottom, choices.threshold ?? threshold)
            }
        }
        var counts = [Int](repeating: 0, count: 256)
        for label in classes { counts[Int(label)] += 1 }
        let shares = counts.indices.filter { counts[$0] > 0 }
            .sorted { counts[$0] == counts[$1] ? $0 < $1 : counts[$0] > counts[$1] }
            .map { Segmentation.Share(index: $0, share: Float(counts[$0]) / Float(classes.count)) }
        return .segments(
            Segmentation(
                shares: shares, width: right - left, height: bottom - top, classes: classes,
                area: geometry.placement.source))
    }

    private func map(
        _ values: UnsafeBufferPointer<Float>, left: Int, top: Int, right: Int, bottom: Int, _ threshold: Float
    ) -> [UInt8] {
        let rowLength = right - left
        var labels = [UInt8](repeating: 0, count: rowLength * (bottom - top))
        if self.values == .scores {
            // Class by class: where one's scores lie side by side, that is several times faster.
            var best = [Float](repeating: -.infinity, count: labels.count)
            for label in 0..<columns.count {
                for y in top..<bottom {
                    var source = columns.at(y * width + left, label)
                    var target = (y - top) * rowLength
                    for _ in 0..<rowLength {
                        if values[source] > best[target] {
                            (best[target], labels[target]) = (
                                values[source], UInt8(truncatingIfNeeded: min(label, 255))
                            )
                        }
                        source += columns.row
                        target += 1
                    }
                }
            }
            return labels
        }
        for y in top..<bottom {
            for x in left..<right {
                let value = values[columns.at(y * width + x, 0)]
                let label: UInt8 =
                    switch self.values {
                    case .foreground: value >= threshold ? 1 : 0
                    default: value >= 0 && value < 255 ? UInt8(value) : 255
                    }
                labels[(y - top) * rowLength + x - left] = label
            }
        }
        return labels
    }
}

/// One map of the input's shape.
enum SegmentationFamily: HeadFamily {
    static func heads(of network: NetworkFacts) -> [any Head] {
        guard let output = network.onlyOutput, let (columns, width, height) = map(0, output, network.input) else {
            return []
        }
        func head(_ values: SegmentationHead.Values, _ reason: String) -> [any Head] {
            [
                SegmentationHead(
                    output: 0, values: values, columns: columns, width: width, height: height,
                    reason: "one map of the input's shape: \(reason)")
            ]
        }
        let channels = columns.count
        switch output.end {
        case .argMax where channels == 1: return head(.classes, "the greatest class of each pixel")
        case .sigmoid where channels == 1: return head(.foreground, "a sigmoid")
        case .softmax(channels) where channels > 1: return head(.scores, "\(channels) shares of each pixel")
        case .resampling where channels > 1, .linear where channels > 1 && width == network.input.width:
            // Three channels may as well be a picture; two, its colours, or movement.
            guard channels > 3 || network.labelCount == channels else { return [] }
            return head(.scores, "\(channels) scores of each pixel")
        default: return []
        }
    }

    /// A map that is the input's size, or smaller by the same whole number along both sides, nearly (513 and 33).
    static func map(_ index: Int, _ output: OutputFacts, _ input: ImageInput) -> (OutputColumns, Int, Int)? {
        let extents = output.extents
        let sizes: [(height: Int, width: Int)] =
            switch extents.count {
            case 2: [(extents[0], extents[1])]
            case 3: [(extents[1], extents[2]), (extents[0], extents[1])]
            default: []
            }
        // H×W×1 keeps its last one.
        for size in sizes where size.height > 1 && size.width > 1 {
            let stride = max((input.width + size.width / 2) / size.width, 1)
            guard (1...32).contains(stride), abs(size.width * stride - input.width) < stride,
                abs(size.height * stride - input.height) < stride,
                let columns = output.map(index, width: size.width, height: size.height)
            else { continue }
            return (columns, size.width, size.height)
        }
        return nil
    }
}
