// Clamps, which can be fused with what they follow, and sums that end in one. Values.

/// Elementwise function applied to a node's result.
public enum Activation: Hashable, Sendable {
    case identity
    /// max(x, 0)
    case relu
    /// min(max(x, low), high); ReLU6 is `clip(low: 0, high: 6)`.
    case clip(low: Float, high: Float)

    /// The function as a range that results are clamped to.
    public var range: (low: Float, high: Float) {
        switch self {
        case .identity: (-.infinity, .infinity)
        case .relu: (0, .infinity)
        case .clip(let low, let high): (low, high)
        }
    }
}

extension Activation: OperationDefinition {
    package var name: String { "activation" }
    package var inputCount: ClosedRange<Int> { 1...1 }
    /// By its range: identity, relu and clip have one each.
    package var structure: String { "\(range.low) \(range.high)" }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape { inputs[0] }
    package func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        for index in 0..<output.shape.count { output.values[index] = rounded(Double(inputs[0].values[index])) }
    }

    package func isIdentity(_ inputs: [Shape]) -> Bool { self == .identity }

    package func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? {
        guard let grid = inputs[0] else { return nil }
        return [range.low, range.high].allSatisfy { $0.isInfinite || grid.rounded($0) == $0 } ? grid : nil
    }

    /// The function of an exact result, rounded once.
    func rounded(_ value: Double) -> Float { Float(min(max(value, Double(range.low)), Double(range.high))) }
}

/// `Operation.addition`.
struct Addition: OperationDefinition {
    let activation: Activation

    var name: String { "addition" }
    var inputCount: ClosedRange<Int> { 2...2 }
    var structure: String { activation.structure }
    var quantizedUse: QuantizedUse { .computes }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        guard inputs[0] == inputs[1] else { throw ShapeMismatch(reason: "cannot add \(inputs[0]) and \(inputs[1])") }
        return inputs[0]
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        for index in 0..<output.shape.count {
            output.values[index] = activation.rounded(
                Double(inputs[0].values[index]) + Double(inputs[1].values[index]))
        }
    }
}
