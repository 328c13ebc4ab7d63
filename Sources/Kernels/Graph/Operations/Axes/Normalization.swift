// Normalisation by a run's own mean and variance: LayerNormalization, InstanceNormalization, GroupNormalization, and
// without the mean. A value.

/// y = (x − mean) ÷ √(variance + epsilon), both over all elements along some axes; or, where it isn't centred,
/// y = x ÷ √(mean of x² + epsilon). Then times the second input, plus the third, where there are such: of shapes that
/// repeat to x's.
public struct Normalization: Hashable, Sendable {
    /// In ascending order.
    public let axes: [Int]
    public let epsilon: Float
    /// Whether the mean is taken off.
    public let isCentred: Bool

    public init(axes: [Int], epsilon: Float, isCentred: Bool = true) {
        (self.axes, self.epsilon, self.isCentred) = (Set(axes).sorted(), epsilon, isCentred)
    }
}

extension Normalization: OperationDefinition {
    package var name: String { isCentred ? "normalization" : "root_mean_square_normalization" }
    package var inputCount: ClosedRange<Int> { 1...3 }
    package var structure: String { "\(axes) \(epsilon)" }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        for axis in axes { try inputs[0].checkAxis(axis) }
        for parameter in inputs.dropFirst() {
            guard Shape.broadcast(inputs[0], parameter) == inputs[0].extents else {
                throw ShapeMismatch(reason: "\(parameter) does not repeat to \(inputs[0])")
            }
        }
        return inputs[0]
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count(times: 3) }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (values, shape) = (inputs[0].values, output.shape)
        let kept = Shape(shape.extents.enumerated().map { axes.contains($0.offset) ? 1 : $0.element })
        let count = Double(shape.count / kept.count)
        var means = [Double](repeating: 0, count: kept.count)
        var squares = means
        if isCentred {
            Reference.forEachPair(shape, kept, shape) { means[$1] += Double(values[$0]) }
            for place in means.indices { means[place] /= count }
        }
        Reference.forEachPair(shape, kept, shape) { place, line in
            let difference = Double(values[place]) - means[line]
            squares[line] += difference * difference
        }
        let factors = squares.map { 1 / ($0 / count + Double(epsilon)).squareRoot() }
        // In single precision only at the end: parameters may be large.
        var results = [Double](repeating: 0, count: shape.count)
        Reference.forEachPair(shape, kept, shape) { results[$0] = (Double(values[$0]) - means[$1]) * factors[$1] }
        for (index, parameter) in inputs.dropFirst().enumerated() {
            Reference.forEachPair(shape, parameter.shape, shape) { place, repeated in
                let number = Double(parameter.values[repeated])
                results[place] = index == 0 ? results[place] * number : results[place] + number
            }
        }
        for place in results.indices { output.values[place] = Float(results[place]) }
    }
}
