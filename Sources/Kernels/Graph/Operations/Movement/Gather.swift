// Slices picked along an axis.

/// `Operation.gather`.
struct Gather: OperationDefinition {
    let axis: Int
    let indices: [Int]

    var name: String { "gather" }
    var inputCount: ClosedRange<Int> { 1...1 }
    var quantizedUse: QuantizedUse { .picks }
    var structure: String { "\(axis) \(indices)" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try inputs[0].checkAxis(axis)
        guard let low = indices.min(), let high = indices.max(), low >= 0, high < inputs[0][axis] else {
            throw ShapeMismatch(reason: "indices outside axis \(axis) of \(inputs[0])")
        }
        return try inputs[0].replacing(axis, by: indices.count)
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let inner = output.shape.extents[(axis + 1)...].reduce(1, *)
        let extent = inputs[0].shape[axis]
        var target = output.values.baseAddress!
        for slice in 0..<inputs[0].shape.count / (extent * inner) {
            for index in indices {
                target.update(
                    from: inputs[0].values.baseAddress! + (slice * extent + index) * inner, count: inner)
                target += inner
            }
        }
    }

    func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? { inputs[0] }
}

extension Reference {
    @inlinable package static func gather<Element>(
        _ values: [Element], _ extents: [Int], axis: Int, _ indices: [Int]
    ) -> [Element] {
        let outer = extents[..<axis].reduce(1, *)
        let inner = extents[(axis + 1)...].reduce(1, *)
        let total = outer * indices.count * inner
        guard total > 0 else { return [] }
        var result: [Element] = []
        result.reserveCapacity(total)
        for slice in 0..<outer {
            for index in indices {
                let start = (slice * extents[axis] + index) * inner
                result.append(contentsOf: values[start..<start + inner])
            }
        }
        return result
    }
}
