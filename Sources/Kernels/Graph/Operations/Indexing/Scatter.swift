// Tensors with some slices or elements changed, at positions that a run computes.

/// `Operation.elementScatter`: data, positions and updates; each update goes to its own place but for the axis, where
/// the position says which. (ONNX's ScatterElements.)
struct ElementScatter: OperationDefinition {
    let axis: Int
    let combination: ScatterCombination

    var name: String { "element_scatter" }
    var inputCount: ClosedRange<Int> { 3...3 }
    var structure: String { "\(axis) \(combination)" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try inputs[0].checkElements(inputs[1], axis)
        guard inputs[1] == inputs[2] else {
            throw ShapeMismatch(reason: "updates \(inputs[2]) at positions \(inputs[1])")
        }
        return inputs[0]
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        output.copy(inputs[0].values)
        forEachElement(of: inputs[1].shape, in: output.shape, axis) { element, start, step in
            let place = start + inputs[1].position(element, of: output.shape[axis]) * step
            output.values[place] = combination(output.values[place], inputs[2].values[element])
        }
    }
}

/// `Operation.coordinateScatter`: data, coordinates and updates; the last axis of the coordinates holds a position along
/// each of data's first axes, which name the slice that an update goes to. (ONNX's ScatterND.)
struct CoordinateScatter: OperationDefinition {
    let combination: ScatterCombination

    var name: String { "coordinate_scatter" }
    var inputCount: ClosedRange<Int> { 3...3 }
    var structure: String { "\(combination)" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        let expected = try CoordinateLookup(commonAxes: 0).outputShape([inputs[0], inputs[1]])
        guard inputs[2] == expected else {
            throw ShapeMismatch(reason: "updates \(inputs[2]) at coordinates \(inputs[1]) of \(inputs[0])")
        }
        return inputs[0]
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        output.copy(inputs[0].values)
        let rows = inputs[1].shape.rowCount
        let inner = inputs[2].shape.count / rows
        for row in 0..<rows {
            let start = output.shape.offset(inputs[1], row, from: 0)
            for index in 0..<inner {
                output.values[start + index] = combination(
                    output.values[start + index], inputs[2].values[row * inner + index])
            }
        }
    }
}
