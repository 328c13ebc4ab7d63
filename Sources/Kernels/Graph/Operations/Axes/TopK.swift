// The largest or smallest elements along an axis. A value.

/// The `count` largest (or smallest) elements along an axis, the most extreme first, of equals the one in front first;
/// or where they are, as floats, exact below 2²⁴.
public struct TopK: Hashable, Sendable {
    public enum Result: String, Sendable { case values, positions }
    public let count: Int
    public let axis: Int
    public let takesLargest: Bool
    public let result: Result

    /// - Precondition: a positive count.
    public init(_ count: Int, axis: Int, takesLargest: Bool = true, giving result: Result) {
        precondition(count > 0)
        (self.count, self.axis, self.takesLargest, self.result) = (count, axis, takesLargest, result)
    }
}

extension TopK: OperationDefinition {
    package var name: String { "top_\(result)" }
    package var inputCount: ClosedRange<Int> { 1...1 }
    package var structure: String { "\(axis) \(takesLargest)" }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        let shape = try inputs[0].replacing(axis, by: count)
        guard count <= inputs[0][axis] else {
            throw ShapeMismatch(reason: "cannot take \(count) of \(inputs[0][axis]) elements")
        }
        return shape
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int {
        inputs[0].count(times: inputs[0][axis].bitWidth - inputs[0][axis].leadingZeroBitCount)
    }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let values = inputs[0].values
        let (from, to) = (TensorLines(inputs[0].shape, axis: axis), TensorLines(output.shape, axis: axis))
        var order = Array(0..<from.length)
        for line in 0..<from.count {
            for element in order.indices { order[element] = element }
            order.sort { a, b in
                let (x, y) = (values[from.index(line, a)], values[from.index(line, b)])
                return x == y || x.isNaN || y.isNaN ? a < b : (x > y) == takesLargest
            }
            for (element, position) in order.prefix(count).enumerated() {
                output.values[to.index(line, element)] =
                    result == .positions ? Float(position) : values[from.index(line, position)]
            }
        }
    }

    package func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? { result == .values ? inputs[0] : nil }
}
