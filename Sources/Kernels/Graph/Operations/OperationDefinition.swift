// What every operation answers for: its shape, its meaning, and what planning and importing ask. Each has a type with a
// file of its own in the folders beside this one; `Operation.definition` finds it.

/// Whether an operation is computed with 8-bit numbers where its inputs lie on grids.
package enum QuantizedUse: Sendable {
    /// Its result is rounded to a grid of its own.
    case computes
    /// Each element of its result is one of its inputs': all of them lie on one grid.
    case picks
    /// It takes the numbers as they are.
    case none
}

/// The meaning of an operation, without a word on how an engine computes it.
package protocol OperationDefinition: Sendable {
    /// For tables and errors.
    var name: String { get }
    /// How many inputs it takes.
    var inputCount: ClosedRange<Int> { get }
    /// Its parameters but weights' and constants' values, as text: networks in which it differs have other digests. The
    /// output's shape stands beside it, and says what parameters would repeat.
    var structure: String { get }
    var quantizedUse: QuantizedUse { get }

    /// The shape of its result for as many inputs as it takes.
    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape
    /// What it costs a hostile file: elements made or multiplications, whichever is more; `Int.max` where that overflows.
    func work(_ inputs: [Shape], _ output: Shape) -> Int
    /// Computes its result in the plainest way, with sums in double precision: the reference for engines, and what they
    /// run where they have no code of their own. The output's shape is what `outputShape` gives.
    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer)

    /// Whether it gives its only input as it is.
    func isIdentity(_ inputs: [Shape]) -> Bool
    /// The grid of its result, known from those of its inputs; nil for none.
    func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid?
}

/// What is right for any operation, though a better answer may make networks faster.
extension OperationDefinition {
    package var quantizedUse: QuantizedUse { .none }
    package func isIdentity(_ inputs: [Shape]) -> Bool { false }
    package func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? { nil }
}

/// Weights, biases and the weights' grid.
package typealias LayerParameters = (weights: Tensor, bias: [Float], grid: WeightGrid?)

/// A layer with weights.
package protocol WeightedLayer: OperationDefinition {
    var parameters: LayerParameters { get }
    /// For the whole batch, as published figures count.
    func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int
}

/// A layer with weights that activations behind it can be fused with.
package protocol FusableLayer: WeightedLayer {
    var activation: Activation { get }
}

extension FusableLayer {
    /// Each result is a sum of as many products as there are weights for one output.
    package func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int {
        output.count * (parameters.weights.shape.count / parameters.bias.count)
    }
}

/// Dense FP32 numbers in row-major order that somebody else keeps.
package struct TensorBuffer {
    package let shape: Shape
    /// `shape.count` elements.
    package let values: UnsafeBufferPointer<Float>

    package init(_ shape: Shape, _ values: UnsafeBufferPointer<Float>) { (self.shape, self.values) = (shape, values) }
}

/// The same, to be written.
package struct MutableTensorBuffer {
    package let shape: Shape
    /// `shape.count` elements, initialised.
    package let values: UnsafeMutableBufferPointer<Float>

    package init(_ shape: Shape, _ values: UnsafeMutableBufferPointer<Float>) {
        (self.shape, self.values) = (shape, values)
    }
}
