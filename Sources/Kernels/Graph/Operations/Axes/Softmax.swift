// Shares along an axis, and their logarithms.
import Glibc

/// `Operation.softmax` and `logSoftmax`: e^(x − max) ÷ Σ e^(x − max), or its logarithm.
struct Softmax: OperationDefinition {
    let axis: Int
    let isLogarithmic: Bool

    var name: String { isLogarithmic ? "log_softmax" : "softmax" }
    var inputCount: ClosedRange<Int> { 1...1 }
    var structure: String { "\(axis)" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try inputs[0].checkAxis(axis)
        return inputs[0]
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let input = inputs[0].values
        let lines = TensorLines(output.shape, axis: axis)
        for line in 0..<lines.count {
            var largest = -Double.infinity
            for element in 0..<lines.length { largest = max(largest, Double(input[lines.index(line, element)])) }
            var sum = 0.0
            for element in 0..<lines.length { sum += exp(Double(input[lines.index(line, element)]) - largest) }
            for element in 0..<lines.length {
                let index = lines.index(line, element)
                let value = Double(input[index]) - largest
                output.values[index] = isLogarithmic ? Float(value - log(sum)) : Float(exp(value) / sum)
            }
        }
    }
}
