// Normalisation by neighbouring channels. A value.
import Glibc

/// y = x ÷ (bias + alpha ÷ size · Σ x²)^beta, the sum over `size` channels around each one: ⌊(size − 1) ÷ 2⌋ before it
/// and ⌈(size − 1) ÷ 2⌉ behind (Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep Convolutional
/// Neural Networks", 2012; as ONNX's LRN scales it).
public struct LocalResponseNormalization: Hashable, Sendable {
    public let size: Int
    public let alpha: Float
    public let beta: Float
    public let bias: Float

    /// - Precondition: a positive size.
    public init(size: Int, alpha: Float, beta: Float, bias: Float) {
        precondition(size > 0)
        (self.size, self.alpha, self.beta, self.bias) = (size, alpha, beta, bias)
    }
}

extension LocalResponseNormalization: OperationDefinition {
    package var name: String { "local_response_normalization" }
    package var inputCount: ClosedRange<Int> { 1...1 }
    package var structure: String { "\(size) \(alpha) \(beta) \(bias)" }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try inputs[0].checkFeatureMap(for: name)
        return inputs[0]
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count(times: min(size, output[1])) }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let input = inputs[0].values
        let lines = TensorLines(output.shape, axis: 1)
        let before = (size - 1) / 2
        let after = size - 1 - before
        for line in 0..<lines.count {
            for channel in 0..<lines.length {
                var sum = 0.0
                for neighbour in max(channel - before, 0)...min(channel + after, lines.length - 1) {
                    sum += pow(Double(input[lines.index(line, neighbour)]), 2)
                }
                let base = Double(bias) + Double(alpha) / Double(size) * sum
                let index = lines.index(line, channel)
                output.values[index] = Float(Double(input[index]) / pow(base, Double(beta)))
            }
        }
    }
}
