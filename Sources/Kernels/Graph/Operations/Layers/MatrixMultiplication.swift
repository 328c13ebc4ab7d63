// Products of matrices that a run computes.

/// `Operation.matrixMultiplication`: matrices of the last two axes, those in front broadcast.
struct MatrixMultiplication: OperationDefinition {
    var name: String { "matrix_multiplication" }
    var inputCount: ClosedRange<Int> { 2...2 }
    var structure: String { "" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        let (a, b) = (inputs[0], inputs[1])
        guard a.rank >= 2, b.rank >= 2, a[a.rank - 1] == b[b.rank - 2],
            let outer = Shape.broadcast(Shape(a.extents.dropLast(2)), Shape(b.extents.dropLast(2)))
        else { throw ShapeMismatch(reason: "cannot multiply matrices \(a) and \(b)") }
        return try .checked(outer + [a[a.rank - 2], b[b.rank - 1]])
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { output.count(times: inputs[0].extents.last ?? 1) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (a, b, shape) = (inputs[0], inputs[1], output.shape)
        let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
        let depth = a.shape[a.shape.rank - 1]
        let outer = Shape(shape.extents.dropLast(2))
        // Which matrix of each operand makes each matrix of the result.
        func matrices(_ operand: TensorBuffer) -> [Int] {
            let own = Shape(operand.shape.extents.dropLast(2))
            let zeros = [Int](repeating: 0, count: outer.count)
            return Reference.broadcast(Array(0..<own.count), own, zeros, outer, outer) { index, _ in index }
        }
        var sums = [Double](repeating: 0, count: columns)
        for (index, (first, second)) in zip(matrices(a), matrices(b)).enumerated() {
            for row in 0..<rows {
                for column in 0..<columns { sums[column] = 0 }
                for k in 0..<depth {
                    let factor = Double(a.values[(first * rows + row) * depth + k])
                    let start = (second * depth + k) * columns
                    for column in 0..<columns { sums[column] += factor * Double(b.values[start + column]) }
                }
                let start = (index * rows + row) * columns
                for column in 0..<columns { output.values[start + column] = Float(sums[column]) }
            }
        }
    }
}
