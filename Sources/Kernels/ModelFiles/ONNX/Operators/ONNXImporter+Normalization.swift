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
        let parts = try normalized(
            operands[0], axes: Array(axis..<extents.count), epsilon: try operands.float("epsilon") ?? 1e-5)
        let result = try scaled(parts.result, operands[1], operands[2])
        guard operands.wants(output: 1) || operands.wants(output: 2) else { return [result] }
        return [result, parts.mean, try emit(.unary(.reciprocal), parts.deviation)]
    }

    /// ONNX Runtime's normalisation of a sum; the sum is the fourth result.
    mutating func skipNormalization(_ operands: ONNXOperands, isCentred: Bool) throws(ImportFailure) -> [ONNXValue] {
        let axes = [try extents(operands[0]).count - 1]
        guard axes[0] >= 0 else { throw .invalid("a scalar has no axis to normalise") }
        var sum = try broadcast(.add, operands[0], operands[1], into: try extents(operands[0]))
        let bias = operands[isCentred ? 4 : 3]
        if case .absent = bias {} else { sum = try broadcast(.add, sum, bias, into: try extents(sum)) }
        let epsilon = try operands.float("epsilon") ?? 1e-12
        guard isCentred else {
            let result = try rootMeanSquare(sum, axes: axes, epsilon: epsilon)
            let scaled = try scaled(result, operands[2], .absent)
            return [scaled, .unavailable("a mean"), .unavailable("a deviation"), sum]
        }
        let parts = try normalized(sum, axes: axes, epsilon: epsilon)
        let result = try scaled(parts.result, operands[2], operands[3])
        let isWanted = operands.wants(output: 2)
        return [result, parts.mean, isWanted ? try emit(.unary(.reciprocal), parts.deviation) : .absent, sum]
    }

    /// Over all axes from the given one on, without taking off the mean.
    mutating func rootMeanSquare(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        let axis = try normalizedAxis(try operands.integer("axis") ?? -1, rank: extents.count)
        operands.ignore("stash_type")
        let result = try rootMeanSquare(
            operands[0], axes: Array(axis..<extents.count), epsilon: try operands.float("epsilon") ?? 1e-5)
        return try scaled(result, operands[1], .absent)
    }

    private mutating func rootMeanSquare(
        _ value: ONNXValue, axes: [Int], epsilon: Float
    ) throws(ImportFailure) -> ONNXValue {
        let average = Operation.reduction(Reduction(.mean, axes: axes))
        let square = try emit(average, try emit(.binary(.multiply), value, value))
        let sum = try emit(.binary(.add), square, .constant(.scalar(epsilon)))
        return try emit(.binary(.divide), value, try emit(.unary(.squareRoot), sum))
    }

    /// Times a scale, plus a bias if there is one.
    private mutating func scaled(
        _ value: ONNXValue, _ scale: ONNXValue, _ bias: ONNXValue
    ) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(value)
        let result = try broadcast(.multiply, value, scale, into: extents)
        if case .absent = bias { return result }
        return try broadcast(.add, result, bias, into: extents)
    }

    /// Channels in groups; scales and biases are one a group before opset 21, one a channel since.
    mutating func groupNormalization(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        guard extents.count >= 3, let groups = try operands.integer("num_groups"), groups > 0,
            extents[1].isMultiple(of: groups)
        else { throw .invalid("channels of \(extents) in groups") }
        operands.ignore("stash_type")
        let rows = [extents[0], groups, extents[2...].reduce(extents[1] / groups, *)]
        let parts = try normalized(
            try reshaped(operands[0], rows), axes: [2], epsilon: try operands.float("epsilon") ?? 1e-5)
        let ones = [Int](repeating: 1, count: extents.count - 2)
        let isByGroup = opset < 21
        let shape = isByGroup ? [groups, 1] : [extents[1]] + ones
        let values = isByGroup ? parts.result : try reshaped(parts.result, extents)
        let result = try scaled(values, try reshaped(operands[1], shape), try reshaped(operands[2], shape))
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
        let parts = try normalized(
            operands[0], axes: Array(2..<extents.count), epsilon: try operands.float("epsilon") ?? 1e-5)
        let channel = [extents[1]] + [Int](repeating: 1, count: extents.count - 2)
        let scaled = try emit(.binary(.multiply), parts.result, try reshaped(operands[1], channel))
        return try emit(.binary(.add), scaled, try reshaped(operands[2], channel))
    }

    /// (x − mean) ÷ √(variance + epsilon); the variance from the differences, so that it is exact beside a large mean.
    private mutating func normalized(
        _ value: ONNXValue, axes: [Int], epsilon: Float
    ) throws(ImportFailure) -> (result: ONNXValue, mean: ONNXValue, deviation: ONNXValue) {
        let average = Operation.reduction(Reduction(.mean, axes: axes))
        let mean = try emit(average, value)
        let centred = try emit(.binary(.subtract), value, mean)
        let variance = try emit(average, try emit(.binary(.multiply), centred, centred))
        let sum = try emit(.binary(.add), variance, .constant(.scalar(epsilon)))
        let deviation = try emit(.unary(.squareRoot), sum)
        return (try emit(.binary(.divide), centred, deviation), mean, deviation)
    }
}
