// A fully connected layer: its parameters and its meaning. A value.

/// y = W x + b over the flattened C×H×W of each batch element, then the activation. Result N×outputs.
public struct FullyConnected: Sendable {
    /// outputs × inputs, inputs in C×H×W order.
    public let weights: Tensor
    public let bias: [Float]
    public let activation: Activation
    /// The grid of 8-bit weights; nil for any other.
    public let weightGrid: WeightGrid?

    /// - Precondition: one bias an output; the weights lie on their grid.
    public init(
        weights: Tensor, bias: [Float], activation: Activation = .identity, weightGrid: WeightGrid? = nil
    ) {
        precondition(weights.shape.rank == 2 && bias.count == weights.shape[0])
        precondition([1, bias.count].contains(weightGrid?.scales.count ?? 1), "a grid, or one an output")
        (self.weights, self.bias, self.activation, self.weightGrid) = (weights, bias, activation, weightGrid)
    }
}

extension FullyConnected: FusableLayer {
    package var name: String { "fully_connected" }
    package var inputCount: ClosedRange<Int> { 1...1 }
    package var structure: String { "\(weights.shape) \(activation.structure) \(weightGrid.structure)" }
    package var quantizedUse: QuantizedUse { .computes }
    package var parameters: LayerParameters { (weights, bias, weightGrid) }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        guard inputs[0].rank > 0 else { throw ShapeMismatch(reason: "a scalar has no features") }
        let features = inputs[0].count / inputs[0][0]
        guard weights.shape[1] == features else {
            throw ShapeMismatch(reason: "weights are for \(weights.shape[1]) features, the input has \(features)")
        }
        return try .checked([inputs[0][0], weights.shape[0]])
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count(times: weights.shape[1]) }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (outputs, features) = (weights.shape[0], weights.shape[1])
        let input = inputs[0].values
        weights.values.withUnsafeBufferPointer { weights in
            for n in 0..<output.shape[0] {
                for o in 0..<outputs {
                    var sum = Double(bias[o])
                    for i in 0..<features {
                        sum += Double(weights[o &* features &+ i]) * Double(input[n &* features &+ i])
                    }
                    output.values[n * outputs + o] = activation.rounded(sum)
                }
            }
        }
    }
}
