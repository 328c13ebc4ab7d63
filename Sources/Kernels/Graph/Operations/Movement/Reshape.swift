// The same elements in another shape.

/// `Operation.reshape`.
struct Reshape: OperationDefinition {
    let shape: Shape

    var name: String { "reshape" }
    var inputCount: ClosedRange<Int> { 1...1 }
    var structure: String { "" }
    var quantizedUse: QuantizedUse { .picks }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        guard shape.count == inputs[0].count else { throw ShapeMismatch(reason: "\(inputs[0]) is not \(shape)") }
        return shape
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count }
    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) { output.copy(inputs[0].values) }
    func isIdentity(_ inputs: [Shape]) -> Bool { inputs[0] == shape }
    func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? { inputs[0] }
}
