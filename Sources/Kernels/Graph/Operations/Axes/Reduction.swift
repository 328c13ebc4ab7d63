// What becomes of all elements along some axes. Values.

/// What becomes of the elements along some axes.
public struct Reduction: Hashable, Sendable {
    public enum Kind: String, Sendable { case mean, maximum }
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
        var sums = [Double](repeating: kind == .mean ? 0 : -.infinity, count: shape.count)
        let steps = zip(shape.extents, Reference.strides(shape.extents)).map { $0 == 1 ? 0 : $1 }
        var position = [Int](repeating: 0, count: shape.rank)
        var target = 0
        for value in input.values {
            sums[target] = kind == .mean ? sums[target] + Double(value) : max(sums[target], Double(value))
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
        for (index, sum) in sums.enumerated() { output.values[index] = Float(sum / count) }
    }

    package func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? { kind == .maximum ? inputs[0] : nil }
}
