// Normalisations by what a run's own values are: LayerNormalization, InstanceNormalization, GroupNormalization and
// others.
import NetworkGraph

extension ONNXImporter {
    /// Over all axes from the given one on. Its mean and 1 ÷ deviation are results as well.
    mutating func layerNormalization(_ operands: ONNXOperands) throws(ImportFailure) -> [ONNXValue] {
        let extents = try extents(operands[0])
        let axis = try normalizedAxis(try operands.integer("axis") ?? -1, rank: extents.count)
        // The precision that runtimes compute it in; FP32 at least here.
        operands.ignore("stash_type")
        let layer = Normalization(axes: Array(axis..<extents.count), epsilon: try operands.float("epsilon") ?? 1e-5)
        let result = try normalized(operands[0], layer, operands[1], operands[2])
        let wanted = operands.wants(output: 1) || operands.wants(output: 2)
        return try [result] + (wanted ? moments(operands[0], layer) : [])
    }

    /// ONNX Runtime's normalisation of a sum; the sum is the fourth result.
    mutating func skipNormalization(_ operands: ONNXOperands, isCentred: Bool) throws(ImportFailure) -> [ONNXValue] {
        let axes = [try extents(operands[0]).count - 1]
        guard axes[0] >= 0 else { throw .invalid("a scalar has no axis to normalise") }
        var sum = try broadcast(.add, operands[0], operands[1], into: try extents(operands[0]))
        let bias = operands[isCentred ? 4 : 3]
        if case .absent = bias {} else { sum = try broadcast(.add, sum, bias, into: try extents(sum)) }
        let layer = Normalization(
            axes: axes, epsilon: try operands.float("epsilon") ?? 1e-12, isCentred: isCentred)
        let result = try normalized(sum, layer, operands[2], isCentred ? operands[3] : .absent)
        guard isCentred else { return [result, .unavailable("a mean"), .unavailable("a deviation"), sum] }
        let wanted = operands.wants(output: 1) || operands.wants(output: 2)
        return try [result] + (wanted ? moments(sum, layer) : [.absent, .absent]) + [sum]
    }

    /// Over all axes from the given one on, without taking off the mean.
    mutating func rootMeanSquare(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        let axis = try normalizedAxis(try operands.integer("axis") ?? -1, rank: extents.count)
        operands.ignore("stash_type")
        let layer = Normalization(
            axes: Array(axis..<extents.count), epsilon: try operands.float("epsilon") ?? 1e-5, isCentred: false)
        return try normalized(operands[0], layer, operands[1], .absent)
    }

    /// Times a scale, plus a bias if there is one.
    private mutating func normalized(
        _ value: ONNXValue, _ layer: Normalization, _ scale: ONNXValue, _ bias: ONNXValue
    ) throws(ImportFailure) -> ONNXValue {
        if case .absent = bias { return try emit(.normalization(layer), value, scale) }
        return try emit(.normalization(layer), value, scale, bias)
    }

    /// The mean, and 1 ÷ the deviation.
    private mutating func moments(_ value: ONNXValue, _ layer: Normalization) throws(ImportFailure) -> [ONNXValue] {
        let average = Operation.reduction(Reduction(.mean, axes: layer.axes))
        let mean = try emit(average, value)
        let centred = try emit(.binary(.subtract), value, mean)
        let variance = try emit(average, try emit(.binary(.multiply), centred, centred))
        let sum = try emit(.binary(.add), variance, .constant(.scalar(layer.epsilon)))
        return [mean, try emit(.unary(.reciprocalSquareRoot), sum)]
    }

    /// Channels in groups; scales and biases are one a group before opset 21, one a channel since.
    mutating func groupNormalization(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        guard extents.count >= 3, let groups = try operands.integer("num_groups"), groups > 0,
            extents[1].isMultiple(of: groups)
        else { throw .invalid("channels of \(extents) in groups") }
        operands.ignore("stash_type")
        let channels = extents[1] / groups
        let rows = [extents[0], groups, channels, extents[2...].reduce(1, *)]
        let parameters = [groups, opset < 21 ? 1 : channels, 1]
        let layer = Normalization(axes: [2, 3], epsilon: try operands.float("epsilon") ?? 1e-5)
        let result = try normalized(
            try reshaped(operands[0], rows), layer, try reshaped(operands[1], parameters),
            try reshaped(operands[2], parameters))
        return try reshaped(result, extents)
    }

    /// Along an axis, over the sum of absolute values or the root of the sum of squares. Zeros stay
    /// zeros, as in ONNX Runtime.
    mutating func lpNormalization(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let axis = try normalizedAxis(try operands.integer("axis") ?? -1, rank: try extents(operands[0]).count)
        let sum = Operation.reduction(Reduction(.sum, axes: [axis]))
        let norm: ONNXValue
        switch try operands.integer("p") ?? 2 {
        case 1: norm = try emit(sum, try emit(.unary(.absolute), operands[0]))
        case 2:
            let squares = try emit(sum, try emit(.binary(.multiply), operands[0], operands[0]))
            norm = try emit(.unary(.squareRoot), squares)
        case let other: throw .invalid("p is \(other)")
        }
        let least = ONNXValue.constant(.scalar(.leastNormalMagnitude))
        return try emit(.binary(.divide), operands[0], try emit(.binary(.maximum), norm, least))
    }

    /// (x − mean) ÷ (deviation + 10⁻⁹).
    mutating func meanVarianceNormalization(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let axes = try normalizedAxes(
            try operands.integers("axes") ?? [0, 2, 3], rank: try extents(operands[0]).count)
        let average = Operation.reduction(Reduction(.mean, axes: axes))
        let centred = try emit(.binary(.subtract), operands[0], try emit(average, operands[0]))
        let variance = try emit(average, try emit(.binary(.multiply), centred, centred))
        let deviation = try emit(.unary(.squareRoot), variance)
        let sum = try emit(.binary(.add), deviation, .constant(.scalar(1e-9)))
        return try emit(.binary(.divide), centred, sum)
    }

    /// Each map by itself, then scaled and shifted by channel.
    mutating func instanceNormalization(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        guard extents.count >= 3 else { throw .invalid("\(extents) has no axes behind the channels") }
        let layer = Normalization(
            axes: Array(2..<extents.count), epsilon: try operands.float("epsilon") ?? 1e-5)
        let channel = [extents[1]] + [Int](repeating: 1, count: extents.count - 2)
        return try normalized(
            operands[0], layer, try reshaped(operands[1], channel), try reshaped(operands[2], channel))
    }
}
