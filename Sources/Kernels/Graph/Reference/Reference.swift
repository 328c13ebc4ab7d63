// The reference: what operations mean, for whole tensors. Pure functions, on any thread.

/// What engines are held to. What single operations mean stands in their files; this is what they and importers share.
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
        if case .constant(let tensor) = operation { return tensor }
        var result = Tensor(zeros: shape)
        result.values.withUnsafeMutableBufferPointer { values in
            withViews(inputs[...], []) { operation.definition.evaluate($0, into: MutableTensorBuffer(shape, values)) }
        }
        return result
    }

    /// Calls with views of all tensors while all of them are held.
    private static func withViews(_ rest: ArraySlice<Tensor>, _ views: [TensorBuffer], _ body: ([TensorBuffer]) -> Void) {
        guard let first = rest.first else { return body(views) }
        first.values.withUnsafeBufferPointer {
            withViews(rest.dropFirst(), views + [TensorBuffer(first.shape, $0)], body)
        }
    }
}
