// Tensors joined along an axis.

/// `Operation.concatenation`.
struct Concatenation: OperationDefinition {
    let axis: Int

    var name: String { "concatenation" }
    var inputCount: ClosedRange<Int> { 1...Int.max }
    var structure: String { "\(axis)" }
    var quantizedUse: QuantizedUse { .picks }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try inputs[0].checkAxis(axis)
        var extents = inputs[0].extents
        extents[axis] = 0
        for input in inputs {
            var expected = inputs[0].extents
            expected[axis] = input.rank > axis ? input[axis] : 0
            guard input.extents == expected else {
                throw ShapeMismatch(reason: "cannot join \(inputs[0]) and \(input) along axis \(axis)")
            }
            extents[axis] += input[axis]
        }
        return try .checked(extents)
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let row = output.shape.extents[axis...].reduce(1, *)
        var start = 0
        for input in inputs {
            let count = input.shape.extents[axis...].reduce(1, *)
            for outer in 0..<output.shape.count / row {
                (output.values.baseAddress! + outer * row + start)
                    .update(from: input.values.baseAddress! + outer * count, count: count)
            }
            start += count
        }
    }

    func isIdentity(_ inputs: [Shape]) -> Bool { inputs.count == 1 }
    func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? {
        inputs.allSatisfy { $0 == inputs[0] } ? inputs[0] : nil
    }
}

extension Reference {
    /// The inputs' slices along an axis, one input after another.
    @inlinable package static func concatenation<Element>(_ inputs: [(values: [Element], extents: [Int])], axis: Int)
        -> [Element]
    {
        let outer = inputs[0].extents[..<axis].reduce(1, *)
        let counts = inputs.map { $0.extents[axis...].reduce(1, *) }
        let total = outer * counts.reduce(0, +)
        guard total > 0 else { return [] }
        var result: [Element] = []
        result.reserveCapacity(total)
        for index in 0..<outer {
            for (input, count) in zip(inputs, counts) {
                result.append(contentsOf: input.values[index * count..<(index + 1) * count])
            }
        }
        return result
    }
}
