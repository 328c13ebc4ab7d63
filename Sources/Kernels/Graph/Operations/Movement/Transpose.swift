// Axes in another order.

/// `Operation.transpose`.
struct Transpose: OperationDefinition {
    let permutation: [Int]

    var name: String { "transpose" }
    var inputCount: ClosedRange<Int> { 1...1 }
    var quantizedUse: QuantizedUse { .picks }
    var structure: String { "\(permutation)" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        guard permutation.sorted() == Array(0..<inputs[0].rank) else {
            throw ShapeMismatch(reason: "\(permutation) does not order the axes of \(inputs[0])")
        }
        return try .checked(permutation.map { inputs[0][$0] })
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        var index = 0
        Reference.forEachPlace(inputs[0].shape.extents, permutation) { source in
            output.values[index] = inputs[0].values[source]
            index += 1
        }
    }

    func isIdentity(_ inputs: [Shape]) -> Bool { permutation == Array(permutation.indices) }
    func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? { inputs[0] }
}

extension Reference {
    /// Calls with the place of each element, in the order of the transposed.
    @inlinable static func forEachPlace(_ extents: [Int], _ permutation: [Int], _ body: (Int) -> Void) {
        let strides = strides(extents)
        let target = permutation.map { extents[$0] }
        let steps = permutation.map { strides[$0] }
        var position = [Int](repeating: 0, count: target.count)
        var source = 0
        for _ in 0..<extents.reduce(1, *) {
            body(source)
            var axis = target.count - 1
            while axis >= 0 {
                position[axis] += 1
                source += steps[axis]
                if position[axis] < target[axis] { break }
                source -= position[axis] * steps[axis]
                position[axis] = 0
                axis -= 1
            }
        }
    }

    @inlinable package static func transpose<Element>(_ values: [Element], _ extents: [Int], _ permutation: [Int])
        -> [Element]
    {
        var result: [Element] = []
        result.reserveCapacity(values.count)
        forEachPlace(extents, permutation) { result.append(values[$0]) }
        return result
    }
}
