// Where the largest element along an axis is.

/// `Operation.argMax`.
struct ArgMax: OperationDefinition {
    let axis: Int
    let selectsLast: Bool

    var name: String { "arg_max" }
    var inputCount: ClosedRange<Int> { 1...1 }
    var structure: String { "\(axis) \(selectsLast)" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape { try inputs[0].reduced([axis]) }
    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let input = inputs[0].values
        let lines = TensorLines(inputs[0].shape, axis: axis)
        for line in 0..<lines.count {
            var best = 0
            for element in 1..<max(lines.length, 1) {
                let (value, largest) = (input[lines.index(line, element)], input[lines.index(line, best)])
                if value > largest || (selectsLast && value == largest) { best = element }
            }
            output.values[line] = Float(best)
        }
    }
}
