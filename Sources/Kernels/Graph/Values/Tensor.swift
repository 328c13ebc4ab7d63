// A dense array of numbers with a shape: weights, and what enters and leaves a network.

/// A dense FP32 array in row-major order (feature maps are N×C×H×W).
public struct Tensor: Sendable, Equatable {
    public let shape: Shape
    /// `shape.count` elements, the last axis contiguous. Write elements, not the count.
    public var values: [Float] {
        didSet { precondition(values.count == shape.count, "a tensor's element count is fixed") }
    }

    /// - Precondition: `values.count == shape.count`.
    public init(_ shape: Shape, _ values: [Float]) {
        precondition(values.count == shape.count, "\(values.count) values for shape \(shape)")
        self.shape = shape
        self.values = values
    }

    /// A tensor of zeros.
    public init(zeros shape: Shape) { self.init(shape, [Float](repeating: 0, count: shape.count)) }

    /// ‖self − other‖ ÷ ‖other‖ in the Euclidean norm: how far an engine is from the reference.
    /// - Precondition: the shapes hold the same number of elements.
    public func relativeError(to other: Tensor) -> Double {
        precondition(shape.count == other.shape.count, "comparing \(shape) with \(other.shape)")
        var difference = 0.0
        var norm = 0.0
        for (a, b) in zip(values, other.values) {
            let delta = Double(a) - Double(b)
            difference += delta * delta
            norm += Double(b) * Double(b)
        }
        return norm == 0 ? difference.squareRoot() : (difference / norm).squareRoot()
    }
}
