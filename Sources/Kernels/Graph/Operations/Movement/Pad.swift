// Borders of one value. A value.

/// Elements of one value around a tensor.
public struct ConstantPadding: Hashable, Sendable {
    /// One an axis, each at least 0.
    public let before: [Int]
    public let after: [Int]
    public let value: Float

    /// - Precondition: no negative counts, as many before as after.
    public init(before: [Int], after: [Int], value: Float = 0) {
        precondition(before.count == after.count && (before + after).allSatisfy { $0 >= 0 })
        (self.before, self.after, self.value) = (before, after, value)
    }
}

extension ConstantPadding: OperationDefinition {
    package var name: String { "pad" }
    package var inputCount: ClosedRange<Int> { 1...1 }
    /// Zero is on every grid.
    package var quantizedUse: QuantizedUse { value == 0 ? .picks : .none }
    package var structure: String { "\(before) \(after) \(value)" }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        guard before.count == inputs[0].rank else {
            throw ShapeMismatch(reason: "padding for \(before.count) axes, \(inputs[0]) has \(inputs[0].rank)")
        }
        var extents = inputs[0].extents
        for axis in extents.indices {
            let (first, overflow) = extents[axis].addingReportingOverflow(before[axis])
            let (second, overflowToo) = first.addingReportingOverflow(after[axis])
            guard !overflow && !overflowToo else { throw ShapeMismatch(reason: "padding is too large") }
            extents[axis] = second
        }
        return try .checked(extents)
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        output.values.update(repeating: value)
        let width = inputs[0].shape.extents.last ?? 1
        var source = inputs[0].values.baseAddress!
        Reference.forEachPaddedRow(inputs[0].shape.extents, before, output.shape.extents) { start in
            (output.values.baseAddress! + start).update(from: source, count: width)
            source += width
        }
    }

    package func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? {
        inputs[0].flatMap { $0.rounded(value) == value ? $0 : nil }
    }
}

extension Reference {
    /// Calls with where each row of the input begins in the padded tensor.
    @inlinable static func forEachPaddedRow(
        _ extents: [Int], _ before: [Int], _ target: [Int], _ body: (Int) -> Void
    ) {
        guard !extents.isEmpty else { return body(0) }
        let steps = strides(target)
        for row in 0..<extents.dropLast().reduce(1, *) {
            var rest = row
            var start = before[extents.count - 1]
            for axis in extents.indices.dropLast().reversed() {
                start += (rest % extents[axis] + before[axis]) * steps[axis]
                rest /= extents[axis]
            }
            body(start)
        }
    }

    /// - Parameter target: the result's extents.
    @inlinable package static func pad<Element>(
        _ values: [Element], _ extents: [Int], _ before: [Int], _ target: [Int], value: Element
    ) -> [Element] {
        var result = [Element](repeating: value, count: target.reduce(1, *))
        guard !values.isEmpty else { return result }
        let width = extents.last ?? 1
        var source = 0
        forEachPaddedRow(extents, before, target) { start in
            for x in 0..<width { result[start + x] = values[source + x] }
            source += width
        }
        return result
    }
}
