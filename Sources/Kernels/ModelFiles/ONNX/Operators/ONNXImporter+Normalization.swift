// Normalisations by what a run's own values are: LayerNormalization, InstanceNormalization.
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
        var result = try broadcast(.multiply, parts.result, operands[1], into: extents)
        if case .absent = operands[2] {} else { result = try broadcast(.add, result, operands[2], into: extents) }
        guard operands.wants(output: 1) || operands.wants(output: 2) else { return [result] }
        return [result, parts.mean, try emit(.unary(.reciprocal), parts.deviation)]
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
