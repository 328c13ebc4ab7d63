// Operators along axes that leave one element of many: sums, norms, largest elements and where they are; CumSum.
import NetworkGraph

extension ONNXImporter {
    static let reductions: Set = [
        "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare",
        "ReduceLogSum", "ReduceLogSumExp",
    ]

    /// Reduce… operators: sums and the like of elements, or of functions of them.
    mutating func reduction(_ name: String, _ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let value = operands[0]
        let extents = try extents(value)
        let keepsAxes = try operands.flag("keepdims", default: true)
        let stated = try operands.integers("axes", orInput: 1, "axes") ?? []
        if stated.isEmpty, try operands.flag("noop_with_empty_axes") { return value }
        operands.ignore("noop_with_empty_axes")
        let axes = stated.isEmpty ? Array(extents.indices) : try normalizedAxes(stated, rank: extents.count)
        let result = try reduced(name, value, axes)
        return keepsAxes ? result : try reshaped(result, extents.without(axes))
    }

    private mutating func reduced(
        _ name: String, _ value: ONNXValue, _ axes: [Int]
    ) throws(ImportFailure) -> ONNXValue {
        func over(_ kind: Reduction.Kind) -> Operation { .reduction(Reduction(kind, axes: axes)) }
        switch name {
        case "ReduceMean":
            let isGlobal = try extents(value).count == 4 && axes == [2, 3]
            return try emit(isGlobal ? .globalAveragePooling : over(.mean), value)
        case "ReduceSum": return try emit(over(.sum), value)
        case "ReduceMax": return try emit(over(.maximum), value)
        case "ReduceMin": return try emit(over(.minimum), value)
        case "ReduceProd": return try emit(over(.product), value)
        case "ReduceL1": return try emit(over(.sum), try emit(.unary(.absolute), value))
        case "ReduceL2":
            return try emit(.unary(.squareRoot), try emit(over(.sum), try emit(.binary(.multiply), value, value)))
        case "ReduceSumSquare": return try emit(over(.sum), try emit(.binary(.multiply), value, value))
        case "ReduceLogSum": return try emit(.unary(.logarithm), try emit(over(.sum), value))
        default:
            // log Σ e^x = m + log Σ e^(x − m): nothing overflows.
            let largest = try emit(over(.maximum), value)
            let powers = try emit(.unary(.exponential), try emit(.binary(.subtract), value, largest))
            return try emit(.binary(.add), try emit(.unary(.logarithm), try emit(over(.sum), powers)), largest)
        }
    }

    /// Where the largest or the smallest elements are.
    mutating func argument(_ operands: ONNXOperands, ofLargest isLargest: Bool) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        let axis = try normalizedAxis(try operands.integer("axis") ?? 0, rank: extents.count)
        let selectsLast = try operands.flag("select_last_index")
        let value = isLargest ? operands[0] : try emit(.unary(.negation), operands[0])
        let result = try emit(.argMax(axis: axis, selectsLast: selectsLast), value)
        return try operands.flag("keepdims", default: true) ? result : try reshaped(result, extents.without([axis]))
    }

    /// The largest or smallest elements, and where they are.
    mutating func topK(_ operands: ONNXOperands) throws(ImportFailure) -> [ONNXValue] {
        // Unsorted means in any order.
        operands.ignore("sorted")
        let extents = try extents(operands[0])
        let axis = try normalizedAxis(try operands.integer("axis") ?? -1, rank: extents.count)
        let takesLargest = try operands.flag("largest", default: true)
        let stated = try operands.integers(1, "the number of elements")
        guard let count = try operands.integer("k") ?? stated?.first, (0...extents[axis]).contains(count) else {
            throw .invalid("the number of elements is left out, or not from 0 to \(extents[axis])")
        }
        guard count > 0 else { throw .unsupported("a result without elements") }
        var results: [ONNXValue] = []
        for (index, result) in [TopK.Result.values, .positions].enumerated() {
            let operation = Operation.topK(TopK(count, axis: axis, takesLargest: takesLargest, giving: result))
            results.append(operands.wants(output: index) ? try emit(operation, operands[0]) : .absent)
        }
        return results
    }

    mutating func cumulativeSum(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard let stated = try operands.integers(1, "the axis"), stated.count == 1 else {
            throw .invalid("the axis must be one number")
        }
        let axis = try normalizedAxis(stated[0], rank: try extents(operands[0]).count)
        let sum = CumulativeSum(
            axis: axis, isExclusive: try operands.flag("exclusive"), isReversed: try operands.flag("reverse"))
        return try emit(.cumulativeSum(sum), operands[0])
    }
}

extension [Int] {
    /// The extents of the axes that stay.
    func without(_ axes: [Int]) -> [Int] { enumerated().filter { !axes.contains($0.offset) }.map(\.element) }
}
