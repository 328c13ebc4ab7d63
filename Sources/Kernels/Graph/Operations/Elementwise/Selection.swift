// One of two values, as a third says.

/// `Operation.selection`: condition, a, b; a where the condition isn't 0, else b.
struct Selection: OperationDefinition {
    var name: String { "selection" }
    var inputCount: ClosedRange<Int> { 3...3 }
    var structure: String { "" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        guard let pair = Shape.broadcast(inputs[1], inputs[2]),
            let extents = Shape.broadcast(inputs[0], Shape(pair))
        else { throw ShapeMismatch(reason: "cannot select by \(inputs[0]) from \(inputs[1]) and \(inputs[2])") }
        return try .checked(extents)
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        Reference.forEachPair(inputs[0].shape, output.shape, output.shape) { condition, place in
            output.values[place] = inputs[0].values[condition]
        }
        var index = 0
        Reference.forEachPair(inputs[1].shape, inputs[2].shape, output.shape) { a, b in
            output.values[index] = output.values[index] != 0 ? inputs[1].values[a] : inputs[2].values[b]
            index += 1
        }
    }
}
