// Where the largest elements of windows were, and putting them back there. Values.

/// `Operation.poolingPositions`: where in the input each element of a maximum pooling comes from, counted over the whole
/// input (ONNX's second result of MaxPool), as floats, exact below 2²⁴.
struct PoolingPositions: OperationDefinition {
    let pooling: Pooling
    /// Columns before rows, as `storage_order` 1 counts.
    let isColumnMajor: Bool

    var name: String { "pooling_positions" }
    var inputCount: ClosedRange<Int> { 1...1 }
    var structure: String { "\(pooling.structure) \(isColumnMajor)" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape { try pooling.outputShape(inputs) }
    func work(_ inputs: [Shape], _ output: Shape) -> Int { pooling.work(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (height, width) = (inputs[0].shape[2], inputs[0].shape[3])
        let (rows, columns) = (pooling.window.rows, pooling.window.columns)
        var index = 0
        for plane in 0..<output.shape[0] * output.shape[1] {
            for row in 0..<output.shape[2] {
                for column in 0..<output.shape[3] {
                    var best: (value: Float, y: Int, x: Int)?
                    for kh in rows.taps(at: row, extent: height) {
                        let y = row * rows.stride - rows.near + kh * rows.dilation
                        for kw in columns.taps(at: column, extent: width) {
                            let x = column * columns.stride - columns.near + kw * columns.dilation
                            let value = inputs[0].values[(plane * height + y) * width + x]
                            if value > best?.value ?? -.infinity || best == nil { best = (value, y, x) }
                        }
                    }
                    let place = isColumnMajor ? best!.x * height + best!.y : best!.y * width + best!.x
                    output.values[index] = Float(plane * height * width + place)
                    index += 1
                }
            }
        }
    }
}

/// `Operation.unpooling`: values and where they go in a tensor of zeros, counted over all of it.
struct Unpooling: OperationDefinition {
    let shape: Shape

    var name: String { "unpooling" }
    var inputCount: ClosedRange<Int> { 2...2 }
    var structure: String { "" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        guard inputs[0] == inputs[1] else {
            throw ShapeMismatch(reason: "\(inputs[0]) values at \(inputs[1]) positions")
        }
        return shape
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        output.values.update(repeating: 0)
        for index in 0..<inputs[0].shape.count {
            output.values[inputs[1].position(index, of: shape.count)] = inputs[0].values[index]
        }
    }
}
