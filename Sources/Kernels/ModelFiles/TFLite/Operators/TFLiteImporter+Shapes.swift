// Operators that move elements: RESHAPE, SQUEEZE, TRANSPOSE, CONCATENATION, PAD, STRIDED_SLICE, SPLIT.
import NetworkGraph

extension TFLiteImporter {
    /// The shape is an input, an option in older files, or else what the result is said to have.
    mutating func reshape(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let input = try node(operands[0])
        var target = try operands.integers(option: 0, "new_shape")
        if case .constant = operands[1] { target = try operands.integers(1, "the shape") }
        guard target.count <= ImportLimits.rank else { throw .unsupported("a tensor of \(target.count) axes") }
        if changesBatch, target.count > 1, target[0] == 1, let first = input.extents.first { target[0] = first }
        let open = target.indices.filter { target[$0] == -1 }
        guard open.count <= 1 else { throw .invalid("the shape \(target) leaves several extents open") }
        if let open = open.first {
            target[open] = 1
            let count = Shape(input.extents).count
            guard let known = Shape(validating: target)?.count, count.isMultiple(of: known) else {
                throw .invalid("\(input.extents) does not become \(target)")
            }
            target[open] = count / known
        }
        return try reshaped(input, target)
    }

    mutating func squeeze(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let input = try node(operands[0])
        let extents = input.extents
        var axes = Set(extents.indices.filter { extents[$0] == 1 })
        let stated = try operands.integers(option: 0, "squeeze_dims")
        if !stated.isEmpty {
            axes = []
            for axis in stated { axes.insert(try normalizedAxis(axis, rank: extents.count)) }
        }
        guard axes.allSatisfy({ extents[$0] == 1 }) else {
            throw .invalid("\(extents) has not 1 along axes \(axes.sorted())")
        }
        return try reshaped(input, extents.indices.filter { !axes.contains($0) }.map { extents[$0] })
    }

    mutating func transpose(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let input = try stated(try node(operands[0]))
        var permutation: [Int] = []
        for axis in try operands.integers(1, "the permutation") {
            permutation.append(try normalizedAxis(axis, rank: input.extents.count))
        }
        guard permutation.sorted() == Array(input.extents.indices) else {
            throw .invalid("\(permutation) does not order \(input.extents.count) axes")
        }
        return TFLiteNode(
            try emit(.transpose(permutation), input.id), permutation.map { input.extents[$0] }, grid: input.grid)
    }

    mutating func concatenation(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var parts: [TFLiteNode] = []
        for input in operands.inputs { parts.append(try node(input)) }
        guard let first = parts.first else { throw .invalid("nothing to join") }
        let axis = try normalizedAxis(try operands.integer(0, "axis"), rank: first.extents.count)
        let isPlanar = parts.contains { $0.order == .planar }
        for index in parts.indices {
            parts[index] = isPlanar ? try planar(parts[index]) : try stated(parts[index])
        }
        var extents = first.extents
        extents[axis] = 0
        for part in parts {
            guard part.extents.count == extents.count else {
                throw .invalid("cannot join \(first.extents) and \(part.extents)")
            }
            extents[axis] += part.extents[axis]
        }
        let joined = try draft.append(
            .concatenation(axis: parts[0].draftAxis(axis)), parts.map(\.id), name: currentName)
        let isOneGrid = parts.allSatisfy { $0.grid?.hasNumbers(of: parts[0].grid) ?? false }
        return try activated(
            TFLiteNode(joined, extents, parts[0].order, grid: isOneGrid ? parts[0].grid : nil),
            try operands.activation(1))
    }

    /// Zeros, or one value, around a tensor.
    mutating func pad(_ operands: TFLiteOperands, valueIndex: Int?) throws(ImportFailure) -> TFLiteNode {
        var input = try node(operands[0])
        let counts = try operands.integers(1, "the paddings")
        let rank = input.extents.count
        guard counts.count == 2 * rank, counts.allSatisfy({ (0...ImportLimits.elements).contains($0) }) else {
            throw .invalid("paddings \(counts) for \(rank) axes")
        }
        var value: Float = 0
        if let valueIndex, let constant = try operands.constant(valueIndex, "the value") {
            guard constant.count == 1 else { throw .invalid("the value must be one number") }
            value = try tensor(constant, constant.extents).values[0]
        }
        if case .flattened = input.order { input = try stated(input) }
        var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
        for axis in 0..<rank {
            before[input.draftAxis(axis)] = counts[2 * axis]
            after[input.draftAxis(axis)] = counts[2 * axis + 1]
        }
        let id = try emit(.pad(ConstantPadding(before: before, after: after, value: value)), input.id)
        var extents = input.extents
        for axis in 0..<rank { extents[axis] += counts[2 * axis] + counts[2 * axis + 1] }
        let staysOnGrid = input.grid?.rounded(value) == value
        return TFLiteNode(id, extents, input.order, grid: staysOnGrid ? input.grid : nil)
    }

    mutating func split(_ operands: TFLiteOperands) throws(ImportFailure) -> [TFLiteNode] {
        let input = try node(operands[1])
        let axes = try operands.integers(0, "the axis")
        guard axes.count == 1 else { throw .invalid("\(axes.count) axes to split along") }
        let axis = try normalizedAxis(axes[0], rank: input.extents.count)
        let count = operands.outputCount
        let stated = try operands.integer(0, "num_splits")
        guard stated == count, input.extents[axis].isMultiple(of: count) else {
            throw .invalid("\(input.extents) in \(stated) parts along axis \(axis), for \(count) tensors")
        }
        let part = input.extents[axis] / count
        try spend(input.extents[axis])
        var parts: [TFLiteNode] = []
        for index in 0..<count {
            parts.append(try gathered(input, axis: axis, Array(index * part..<(index + 1) * part)))
        }
        return parts
    }

    mutating func stridedSlice(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let slice = try TFLiteSlice(operands)
        var result = try node(operands[0])
        guard slice.count <= result.extents.count else {
            throw .invalid("a slice of \(slice.count) axes of \(result.extents)")
        }
        var kept: [Int] = []
        for axis in result.extents.indices {
            guard axis < slice.count else {
                kept.append(result.extents[axis])
                continue
            }
            let extent = result.extents[axis]
            try spend(extent)
            let indices = try slice.indices(axis, extent: extent)
            result = try gathered(result, axis: axis, indices)
            if !slice.drops(axis) { kept.append(indices.count) }
        }
        return kept.count == result.extents.count ? result : try reshaped(result, kept)
    }
}

/// What STRIDED_SLICE picks, as TensorFlow defines it.
private struct TFLiteSlice {
    private let begin: [Int]
    private let end: [Int]
    private let strides: [Int]
    private let beginMask: Int
    private let endMask: Int
    private let shrinkMask: Int
    private let endIsOffset: Bool

    init(_ operands: TFLiteOperands) throws(ImportFailure) {
        begin = try operands.integers(1, "begin")
        end = try operands.integers(2, "end")
        strides = try operands.integers(3, "strides")
        guard begin.count == end.count, end.count == strides.count, !strides.contains(0) else {
            throw .invalid("begin \(begin), end \(end), strides \(strides)")
        }
        let largest = ImportLimits.elements
        guard (begin + end + strides).allSatisfy({ (-2 * largest...2 * largest).contains($0) }) else {
            throw .invalid("begin \(begin), end \(end), strides \(strides)")
        }
        beginMask = try operands.integer(0, "begin_mask")
        endMask = try operands.integer(1, "end_mask")
        guard try operands.integer(2, "ellipsis_mask") == 0 else { throw .unsupported("ellipsis_mask") }
        guard try operands.integer(3, "new_axis_mask") == 0 else { throw .unsupported("new_axis_mask") }
        shrinkMask = try operands.integer(4, "shrink_axis_mask")
        endIsOffset = try operands.flag(5, "offset")
    }

    var count: Int { begin.count }

    func drops(_ axis: Int) -> Bool { shrinkMask >> axis & 1 == 1 }

    func indices(_ axis: Int, extent: Int) throws(ImportFailure) -> [Int] {
        let step = strides[axis]
        let first = begin[axis] < 0 ? begin[axis] + extent : begin[axis]
        if drops(axis) {
            guard (0..<extent).contains(first) else { throw .invalid("index \(begin[axis]) of \(extent)") }
            return [first]
        }
        let stated = endIsOffset ? begin[axis] + end[axis] : end[axis]
        let last = stated < 0 && !endIsOffset ? stated + extent : stated
        let bounds = step > 0 ? 0...extent : -1...extent - 1
        func clamped(_ position: Int) -> Int { min(max(position, bounds.lowerBound), bounds.upperBound) }
        let start = beginMask >> axis & 1 == 1 ? (step > 0 ? 0 : extent - 1) : clamped(first)
        let stop = endMask >> axis & 1 == 1 ? (step > 0 ? extent : -1) : clamped(last)
        return Array(stride(from: start, to: stop, by: step))
    }
}
