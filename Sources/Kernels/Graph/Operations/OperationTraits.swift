// What is asked of every operation beside its shape and its meaning. A value.

/// Whether an operation is computed with 8-bit numbers where its inputs lie on grids.
package enum QuantizedUse: Sendable {
    /// Its result is rounded to a grid of its own.
    case computes
    /// Each element of its result is one of its inputs': all of them lie on one grid.
    case picks
    /// It takes the numbers as they are.
    case none
}

/// Weights, biases and the weights' grid.
package typealias LayerParameters = (weights: Tensor, bias: [Float], grid: WeightGrid?)

package struct OperationTraits: Sendable {
    /// How many inputs it takes.
    package let inputs: ClosedRange<Int>
    /// Fed by a run, not computed.
    package var isInput = false
    /// Of a layer with weights.
    package var parameters: LayerParameters?
    /// The activation that a layer with weights begins what is fused with it by.
    package var activation: Activation?
    package var quantizedUse = QuantizedUse.none

    fileprivate static let one = 1...1
}

extension Operation {
    /// A new operation is entered here, in `name`, `outputShape`, `structure` and `Reference.apply`: the switches of this
    /// room, none of which has a default.
    package var traits: OperationTraits {
        switch self {
        case .image, .tensor: OperationTraits(inputs: 0...0, isInput: true)
        case .constant: OperationTraits(inputs: 0...0)
        case .convolution(let layer):
            OperationTraits(
                inputs: OperationTraits.one, parameters: (layer.weights, layer.bias, layer.weightGrid),
                activation: layer.activation, quantizedUse: .computes)
        case .fullyConnected(let layer):
            OperationTraits(
                inputs: OperationTraits.one, parameters: (layer.weights, layer.bias, layer.weightGrid),
                activation: layer.activation, quantizedUse: .computes)
        case .pooling(let pooling):
            OperationTraits(
                inputs: OperationTraits.one, quantizedUse: pooling.kind == .maximum ? .picks : .computes)
        case .globalAveragePooling: OperationTraits(inputs: OperationTraits.one, quantizedUse: .computes)
        case .addition: OperationTraits(inputs: 2...2, quantizedUse: .computes)
        case .concatenation: OperationTraits(inputs: 1...Int.max, quantizedUse: .picks)
        case .reshape: OperationTraits(inputs: OperationTraits.one, quantizedUse: .picks)
        case .binary, .matrixMultiplication: OperationTraits(inputs: 2...2)
        case .activation, .softmax, .logSoftmax, .unary, .localResponseNormalization, .transpose, .gather, .pad,
            .resampling, .reduction, .argMax:
            OperationTraits(inputs: OperationTraits.one)
        }
    }

    public var isInput: Bool { traits.isInput }
}
