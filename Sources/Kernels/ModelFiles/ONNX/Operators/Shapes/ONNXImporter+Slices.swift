// Operators that pick parts of tensors, or put something around them: Split, Slice, Pad.
import NetworkGraph

extension ONNXImporter {
    /// Sizes are an attribute before opset 13, an input since.
    mutating func split(_ operands: ONNXOperands) throws(ImportFailure) -> [ONNXValue] {
        let extents = try extents(operands[0])
        let axis = try normalizedAxis(try operands.integer("axis") ?? 0, rank: extents.count)
        let stated = try operands.integers("split", orInput: 1, "sizes")
        let count = try operands.integer("num_outputs") ?? operands.outputs.count
        guard count == operands.outputs.count, count > 0 else {
            throw .invalid("\(count) parts for \(operands.outputs.count) outputs")
        }
        // Equal parts; the last one may be smaller.
        let part = (extents[axis] + count - 1) / count
        let sizes = stated ?? (0..<count).map { max(min(part, extents[axis] - $0 * part), 0) }
        guard sizes.count == count, sizes.allSatisfy({ (0...extents[axis]).contains($0) }),
            sizes.reduce(0, +) == extents[axis]
        else { throw .invalid("cannot split \(extents[axis]) elements into \(sizes)") }
        var start = 0
        var results: [ONNXValue] = []
        for size in sizes {
            if size == 0, case .node = operands[0] {
                results.append(.unavailable("a part without elements"))
            } else {
                let indices = try indices(count: size) { start + $0 }
                results.append(try gathered(operands[0], axis: axis, indices))
            }
            start += size
        }
        return results
    }

    /// Everything is an attribute before opset 10, an input since.
    mutating func slice(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard let starts = try operands.integers("starts", orInput: 1, "starts"),
            let ends = try operands.integers("ends", orInput: 2, "ends")
        else { throw .invalid("starts or ends are left out") }
        let extents = try extents(operands[0])
        let stated = try operands.integers("axes", orInput: 3, "axes") ?? Array(starts.indices)
        let steps = try operands.integers(4, "steps") ?? starts.map { _ in 1 }
        guard starts.count == ends.count, starts.count == stated.count, starts.count == steps.count else {
            throw .invalid("\(starts.count) starts, \(ends.count) ends, \(stated.count) axes, \(steps.count) steps")
        }
        _ = try normalizedAxes(stated, rank: extents.count)
        var result = operands[0]
        for (index, axis) in stated.enumerated() {
            let axis = try normalizedAxis(axis, rank: extents.count)
            let (extent, step) = (extents[axis], steps[index])
            guard step != 0, step != .min else { throw .invalid("a step of \(step)") }
            // Backwards, a slice ends in front of the first element.
            let bounds = step > 0 ? 0...extent : -1...max(extent - 1, -1)
            func clamped(_ position: Int) -> Int {
                let position = position < 0 ? max(position, -extent - 1) + extent : position
                return min(max(position, bounds.lowerBound), bounds.upperBound)
            }
            let (start, end) = (clamped(starts[index]), clamped(ends[index]))
            let length = step > 0 ? end - start : start - end
            let count = length > 0 ? (length - 1) / abs(step) + 1 : 0
            let indices = try indices(count: count) { start + $0 * step }
            result = try gathered(result, axis: axis, indices)
        }
        return result
    }

    /// Everything is an attribute before opset 11, an input since. Negative counts crop.
    mutating func pad(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard let counts = try operands.integers("pads", orInput: 1, "pads") else {
            throw .invalid("pads are left out")
        }
        let rank = try extents(operands[0]).count
        let mode = try operands.text("mode") ?? "constant"
        let stated = try operands.integers(3, "axes") ?? Array(0..<rank)
        guard counts.count == 2 * stated.count, counts.allSatisfy({ $0 != .min }) else {
            throw .invalid("\(counts.count) pads for \(stated.count) axes")
        }
        _ = try normalizedAxes(stated, rank: rank)
        var result = operands[0]
        var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
        for (index, axis) in stated.enumerated() {
            let axis = try normalizedAxis(axis, rank: rank)
            let extent = try extents(result)[axis]
            let (near, far) = (counts[index], counts[stated.count + index])
            let (first, last) = (max(-near, 0), extent - max(-far, 0))
            guard first < last else { throw .unsupported("a result without elements") }
            if first > 0 || last < extent {
                let kept = try indices(count: last - first) { first + $0 }
                result = try gathered(result, axis: axis, kept)
            }
            (before[axis], after[axis]) = (max(near, 0), max(far, 0))
        }
        guard before + after != [Int](repeating: 0, count: 2 * rank) else { return result }
        guard mode == "constant" else {
            for axis in 0..<rank { result = try mirrored(result, axis, before[axis], after[axis], mode) }
            return result
        }
        return try paddedWithConstant(result, before, after, operands)
    }

    private mutating func paddedWithConstant(
        _ value: ONNXValue, _ before: [Int], _ after: [Int], _ operands: ONNXOperands
    ) throws(ImportFailure) -> ONNXValue {
        guard case .constant(let constant) = value, case .integers(let values) = constant.elements else {
            let filler = try operands.float("value", orInput: 2, "the value") ?? 0
            return try emit(.pad(ConstantPadding(before: before, after: after, value: filler)), value)
        }
        let filler = try operands.integers(2, "the value") ?? [0]
        let padding = ConstantPadding(before: before, after: after)
        guard filler.count == 1, let shape = Shape(validating: constant.extents) else {
            throw .invalid("the value must be one number, the tensor have elements")
        }
        let padded = try Operation.pad(padding).checkedShape([shape])
        try spend(padded.count)
        return .constant(
            ONNXConstant(
                padded.extents,
                .integers(Reference.pad(values, constant.extents, before, padded.extents, value: filler[0]))))
    }

    /// Padding with what the tensor holds: its edge, its mirror image or itself again.
    private mutating func mirrored(
        _ value: ONNXValue, _ axis: Int, _ before: Int, _ after: Int, _ mode: String
    ) throws(ImportFailure) -> ONNXValue {
        let extent = try extents(value)[axis]
        let (sum, overflow) = before.addingReportingOverflow(after)
        let (count, overflowToo) = sum.addingReportingOverflow(extent)
        guard !overflow, !overflowToo, extent > 0 else { throw .invalid("padding is too large") }
        let positions = try indices(count: count) { index in
            let position = index - before
            switch mode {
            case "edge": return min(max(position, 0), extent - 1)
            case "wrap": return (position % extent + extent) % extent
            default:
                let period = max(2 * (extent - 1), 1)
                let phase = (position % period + period) % period
                return phase < extent ? phase : period - phase
            }
        }
        guard ["edge", "wrap", "reflect"].contains(mode) else { throw .invalid("mode '\(mode)'") }
        return try gathered(value, axis: axis, positions)
    }
}
