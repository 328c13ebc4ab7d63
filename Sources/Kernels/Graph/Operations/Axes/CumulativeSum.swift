// Sums of all elements up to each one. A value.

/// Along an axis, each element becomes the sum of those up to it, or in front of it only.
public struct CumulativeSum: Hashable, Sendable {
    public let axis: Int
    public let isExclusive: Bool
    /// From the last element to the first.
    public let isReversed: Bool

    public init(axis: Int, isExclusive: Bool = false, isReversed: Bool = false) {
        (self.axis, self.isExclusive, self.isReversed) = (axis, isExclusive, isReversed)
    }
}

extension CumulativeSum: OperationDefinition {
    package var name: String { "cumulative_sum" }
    package var inputCount: ClosedRange<Int> { 1...1 }
    package var structure: String { "\(axis) \(isExclusive) \(isReversed)" }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try inputs[0].checkAxis(axis)
        return inputs[0]
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let lines = TensorLines(output.shape, axis: axis)
        for line in 0..<lines.count {
            var sum = 0.0
            for element in 0..<lines.length {
                let index = lines.index(line, isReversed ? lines.length - 1 - element : element)
                let value = Double(inputs[0].values[index])
                output.values[index] = Float(isExclusive ? sum : sum + value)
                sum += value
            }
        }
    }
}
