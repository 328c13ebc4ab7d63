// Linear maps along an axis: linear and cubic resizing. A value.

/// A linear map along one axis: each element of the result is a weighted sum of a few of the input's.
public struct Resampling: Hashable, Sendable {
    public struct Tap: Hashable, Sendable {
        public let index: Int
        public let weight: Float

        public init(index: Int, weight: Float) { (self.index, self.weight) = (index, weight) }
    }

    public let axis: Int
    /// One list an element of the result.
    public let taps: [[Tap]]

    public init(axis: Int, taps: [[Tap]]) { (self.axis, self.taps) = (axis, taps) }
}

extension Resampling: OperationDefinition {
    package var name: String { "resampling" }
    package var inputCount: ClosedRange<Int> { 1...1 }
    package var structure: String { "\(axis) \(taps.map { $0.map { "\($0.index) \($0.weight)" } })" }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try inputs[0].checkAxis(axis)
        let indices = 0..<inputs[0][axis]
        guard taps.allSatisfy({ $0.allSatisfy { indices.contains($0.index) } }) else {
            throw ShapeMismatch(reason: "samples outside axis \(axis) of \(inputs[0])")
        }
        return try inputs[0].replacing(axis, by: taps.count)
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int {
        output.count(times: taps.map(\.count).max() ?? 1)
    }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (from, to) = (TensorLines(inputs[0].shape, axis: axis), TensorLines(output.shape, axis: axis))
        for line in 0..<to.count {
            for (element, taps) in taps.enumerated() {
                var sum = 0.0
                for tap in taps { sum += Double(tap.weight) * Double(inputs[0].values[from.index(line, tap.index)]) }
                output.values[to.index(line, element)] = Float(sum)
            }
        }
    }
}
