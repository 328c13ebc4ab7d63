// Where a network's values come from: frames and tensors that a run is given, and constants.

extension ImageInput: OperationDefinition {
    package var name: String { "image" }
    package var inputCount: ClosedRange<Int> { 0...0 }
    package var structure: String { "\(batch) \(channels) \(mean) \(scale) \(fit) \(resampling)" }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape { shape }
    package func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        preconditionFailure("an input is fed, not computed")
    }
}

/// `Operation.tensor`.
struct TensorInput: OperationDefinition {
    let shape: Shape

    var name: String { "tensor" }
    var inputCount: ClosedRange<Int> { 0...0 }
    var structure: String { "" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape { shape }
    func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        preconditionFailure("an input is fed, not computed")
    }
}

/// `Operation.constant`.
struct Constant: OperationDefinition {
    let tensor: Tensor

    var name: String { "constant" }
    var inputCount: ClosedRange<Int> { 0...0 }
    var structure: String { "" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape { tensor.shape }
    func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }
    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        tensor.values.withUnsafeBufferPointer { output.copy($0) }
    }
}

extension MutableTensorBuffer {
    /// The same elements in the same order.
    func copy(_ source: UnsafeBufferPointer<Float>) {
        values.baseAddress!.update(from: source.baseAddress!, count: shape.count)
    }
}
