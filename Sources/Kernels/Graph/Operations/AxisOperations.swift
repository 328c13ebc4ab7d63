// Operations along the axes of a tensor: their parameters. Value types.

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

/// Elements of one value around a tensor.
public struct ConstantPadding: Hashable, Sendable {
    /// One an axis, each at least 0.
    public let before: [Int]
    public let after: [Int]
    public let value: Float

    /// - Precondition: no negative counts, as many before as after.
    public init(before: [Int], after: [Int], value: Float = 0) {
        precondition(before.count == after.count && (before + after).allSatisfy { $0 >= 0 })
        (self.before, self.after, self.value) = (before, after, value)
    }
}

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

/// What becomes of the elements along some axes.
public struct Reduction: Hashable, Sendable {
    public enum Kind: String, Sendable { case mean, maximum }
    public let kind: Kind
    public let axes: [Int]

    public init(_ kind: Kind, axes: [Int]) { (self.kind, self.axes) = (kind, axes) }
}
