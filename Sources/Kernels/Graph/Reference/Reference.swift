// The reference definition of each operation, as functions of whole tensors. Pure functions, on any thread.

/// What each operation means. Engines run an operation that they have no code for through `apply`.
package enum Reference {
    /// The value of an input node. `Network.check` has matched the two.
    static func input(_ node: Network.Node, _ input: NetworkInput) -> Tensor {
        switch (node.operation, input) {
        case (.image(let image), .images(let frames)): self.image(image, frames)
        case (_, .tensor(let tensor)): tensor
        default: preconditionFailure("unchecked input for '\(node.name)'")
        }
    }

    /// The value of any other node, of the shape that `Operation.outputShape` gives for these inputs.
    package static func apply(_ operation: Operation, _ inputs: [Tensor], _ shape: Shape) -> Tensor {
        switch operation {
        case .image, .tensor: preconditionFailure("an input node is fed, not computed")
        case .constant(let tensor): tensor
        case .convolution(let convolution): self.convolution(convolution, inputs[0], shape)
        case .pooling(let pooling): self.pooling(pooling, inputs[0], shape)
        case .globalAveragePooling: globalAveragePooling(inputs[0], shape)
        case .fullyConnected(let layer): fullyConnected(layer, inputs[0], shape)
        case .addition(let activation):
            Tensor(shape, zip(inputs[0].values, inputs[1].values).map { activation.rounded(Double($0) + Double($1)) })
        case .activation(let activation): Tensor(shape, inputs[0].values.map { activation.rounded(Double($0)) })
        case .unary(let function): Tensor(shape, inputs[0].values.map { Float(function(Double($0))) })
        case .binary(let function):
            Tensor(
                shape,
                broadcast(inputs[0].values, inputs[0].shape, inputs[1].values, inputs[1].shape, shape) {
                    Float(function(Double($0), Double($1)))
                })
        case .softmax(let axis): softmax(inputs[0], axis: axis, isLogarithmic: false)
        case .logSoftmax(let axis): softmax(inputs[0], axis: axis, isLogarithmic: true)
        case .localResponseNormalization(let layer): localResponseNormalization(layer, inputs[0])
        case .matrixMultiplication: matrixMultiplication(inputs[0], inputs[1], shape)
        case .concatenation(let axis):
            Tensor(shape, concatenation(inputs.map { ($0.values, $0.shape.extents) }, axis: axis))
        case .reshape: Tensor(shape, inputs[0].values)
        case .transpose(let permutation):
            Tensor(shape, transpose(inputs[0].values, inputs[0].shape.extents, permutation))
        case .gather(let axis, let indices):
            Tensor(shape, gather(inputs[0].values, inputs[0].shape.extents, axis: axis, indices))
        case .pad(let padding):
            Tensor(
                shape,
                pad(inputs[0].values, inputs[0].shape.extents, padding.before, shape.extents, value: padding.value))
        case .resampling(let resampling): self.resampling(resampling, inputs[0], shape)
        case .reduction(let reduction): self.reduction(reduction, inputs[0], shape)
        case .argMax(let axis, let selectsLast):
            argMax(inputs[0], axis: axis, selectsLast: selectsLast, shape)
        }
    }
}
