// What becomes of all elements along some axes. Values.

/// What becomes of the elements along some axes.
public struct Reduction: Hashable, Sendable {
    public enum Kind: String, Sendable { case mean, sum, maximum, minimum, product }
    public let kind: Kind
    public let axes: [Int]

    public init(_ kind: Kind, axes: [Int]) { (self.kind, self.axes) = (kind, axes) }
}

extension Reduction: OperationDefinition {
    package var name: String { "reduce_\(kind)" }
    package var inputCount: ClosedRange<Int> { 1...1 }
    package var structure: String { "\(axes)" }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape { try inputs[0].reduced(axes) }
    package func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (input, shape) = (inputs[0], output.shape)
        var results = [Double](repeating: kind.start, count: shape.count)
        let steps = zip(shape.extents, Reference.strides(shape.extents)).map { $0 == 1 ? 0 : $1 }
        var position = [Int](repeating: 0, count: shape.rank)
        var target = 0
        for value in input.values {
            results[target] = kind.combined(results[target], Double(value))
            var axis = shape.rank - 1
            while axis >= 0 {
                position[axis] += 1
                target += steps[axis]
                if position[axis] < input.shape[axis] { break }
                target -= position[axis] * steps[axis]
                position[axis] = 0
                axis -= 1
            }
        }
        let count = Double(kind == .mean ? input.shape.count / shape.count : 1)
        for (index, result) in results.enumerated() { output.values[index] = Float(result / count) }
    }

    package func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? {
        kind == .maximum || kind == .minimum ? inputs[0] : nil
    }
}

extension Reduction.Kind {
    /// What no element changes.
    fileprivate var start: Double {
        switch self {
        case .mean, .sum: 0
        case .maximum: -.infinity
        case .minimum: .infinity
        case .product: 1
        }
    }

    fileprivate func combined(_ result: Double, _ value: Double) -> Double {
        switch self {
        case .mean, .sum: result + value
        case .maximum: max(result, value)
        case .minimum: min(result, value)
        case .product: result * value
        }
    }
}
