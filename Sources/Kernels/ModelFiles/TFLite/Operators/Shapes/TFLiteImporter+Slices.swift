// Operators that pick slices: STRIDED_SLICE, SLICE, SPLIT, UNPACK, GATHER, REVERSE_V2, TILE, BROADCAST_TO.
import NetworkGraph

extension TFLiteImporter {
    mutating func split(_ operands: TFLiteOperands) throws(ImportFailure) -> [TFLiteNode] {
        let input = try node(operands[1])
        let axis = try normalizedAxis(try operands.integer(input: 0, "the axis"), rank: input.extents.count)
        let count = operands.outputCount
        let stated = try operands.integer(0, "num_splits")
        guard stated == count, input.extents[axis].isMultiple(of: count) else {
            throw .invalid("\(input.extents) in \(stated) parts along axis \(axis), for \(count) tensors")
        }
        let sizes = [Int](repeating: input.extents[axis] / count, count: count)
        return try parts(input, axis: axis, sizes)
    }

    /// In parts of stated extents; one may be −1 for what is left.
    mutating func splitV(_ operands: TFLiteOperands) throws(ImportFailure) -> [TFLiteNode] {
        let input = try node(operands[0])
        let axis = try normalizedAxis(try operands.integer(input: 2, "the axis"), rank: input.extents.count)
        guard let constant = try operands.constant(1, "the sizes"), constant.count == operands.outputCount else {
            throw .invalid("sizes for \(operands.outputCount) tensors are left out")
        }
        var sizes = try constant.integers()
        let extent = input.extents[axis]
        guard sizes.allSatisfy({ (-1...extent).contains($0) }) else { throw .invalid("parts of \(sizes) of \(extent)") }
        if let open = sizes.firstIndex(of: -1) { sizes[open] = extent - sizes.reduce(1, +) }
        guard sizes.allSatisfy({ $0 > 0 }), sizes.reduce(0, +) == extent else {
            throw .invalid("parts of \(sizes) of \(extent)")
        }
        return try parts(input, axis: axis, sizes)
    }

    private mutating func parts(
        _ input: TFLiteNode, axis: Int, _ sizes: [Int]
    ) throws(ImportFailure) -> [TFLiteNode] {
        try spend(input.extents[axis])
        let input = try unflattened(input)
        var parts: [TFLiteNode] = []
        var start = 0
        for size in sizes {
            parts.append(try gathered(input, axis: axis, Array(start..<start + size)))
            start += size
        }
        return parts
    }

    /// One tensor for each position along an axis, which goes away.
    mutating func unpack(_ operands: TFLiteOperands) throws(ImportFailure) -> [TFLiteNode] {
        let input = try node(operands[0])
        let axis = try normalizedAxis(try operands.integer(1, "axis"), rank: input.extents.count)
        guard input.extents[axis] == operands.outputCount else {
            throw .invalid("\(input.extents) along axis \(axis) for \(operands.outputCount) tensors")
        }
        let rest = input.extents.indices.filter { $0 != axis }.map { input.extents[$0] }
        let slices = try parts(input, axis: axis, [Int](repeating: 1, count: operands.outputCount))
        var results: [TFLiteNode] = []
        for slice in slices { results.append(try reshaped(slice, rest)) }
        return results
    }

    /// From where to how many, −1 for all that follow.
    mutating func slice(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var result = try node(operands[0])
        let (begin, sizes) = (try operands.integers(1, "begin"), try operands.integers(2, "the sizes"))
        guard begin.count == result.extents.count, sizes.count == begin.count else {
            throw .invalid("begin \(begin), sizes \(sizes) of \(result.extents)")
        }
        for axis in begin.indices {
            let extent = result.extents[axis]
            let (start, size) = (begin[axis], sizes[axis])
            guard (0..<extent).contains(start), size == -1 || (1...extent - start).contains(size) else {
                throw .invalid("\(size) elements from \(start) of \(extent)")
            }
            try spend(extent)
            result = try gathered(result, axis: axis, Array(start..<(size == -1 ? extent : start + size)))
        }
        return result
    }

    mutating func reverse(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var result = try node(operands[0])
        for stated in try operands.integers(1, "the axes") {
            let axis = try normalizedAxis(stated, rank: result.extents.count)
            try spend(result.extents[axis])
            result = try gathered(result, axis: axis, (0..<result.extents[axis]).reversed())
        }
        return result
    }

    mutating func tile(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var result = try node(operands[0])
        let times = try operands.integers(1, "the multiples")
        guard times.count == result.extents.count else { throw .invalid("\(times) times \(result.extents)") }
        for (axis, count) in times.enumerated() { result = try repeated(result, axis: axis, count) }
        return result
    }

    /// Extents of 1 repeat.
    mutating func broadcastTo(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        try broadcast(try node(operands[0]), to: try operands.integers(1, "the shape"))
    }

    mutating func broadcast(_ node: TFLiteNode, to target: [Int]) throws(ImportFailure) -> TFLiteNode {
        guard target.count >= node.extents.count, target.count <= ImportLimits.rank else {
            throw .invalid("\(node.extents) does not become \(target)")
        }
        let ones = [Int](repeating: 1, count: target.count - node.extents.count)
        var result = try reshaped(node, ones + node.extents)
        for (axis, extent) in target.enumerated() where extent != result.extents[axis] {
            guard result.extents[axis] == 1 else { throw .invalid("\(node.extents) does not become \(target)") }
            result = try repeated(result, axis: axis, extent)
        }
        return result
    }

    /// All of an axis, several times.
    private mutating func repeated(_ node: TFLiteNode, axis: Int, _ count: Int) throws(ImportFailure) -> TFLiteNode {
        let extent = node.extents[axis]
        guard (1...ImportLimits.elements).contains(count) else { throw .invalid("\(count) times") }
        let (total, overflow) = extent.multipliedReportingOverflow(by: count)
        guard !overflow, total <= ImportLimits.elements else { throw .invalid("\(extent) elements \(count) times") }
        try spend(total * 8)
        return try gathered(node, axis: axis, (0..<total).map { $0 % extent })
    }

    mutating func stridedSlice(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var result = try node(operands[0])
        let slice = try TFLiteSlice(operands, rank: result.extents.count)
        var kept: [Int] = []
        var axis = 0
        for entry in slice.entries {
            switch entry {
            case .newAxis: kept.append(1)
            case .whole:
                kept.append(result.extents[axis])
                axis += 1
            case .part(let part):
                let extent = result.extents[axis]
                try spend(extent)
                let indices = try part.indices(extent)
                result = try gathered(result, axis: axis, indices)
                if !part.drops { kept.append(indices.count) }
                axis += 1
            }
        }
        return kept == result.extents ? result : try reshaped(result, kept)
    }
}

/// What STRIDED_SLICE picks, as TensorFlow defines it.
private struct TFLiteSlice {
    /// What becomes of an axis, or an axis that is made.
    enum Entry {
        case newAxis
        case whole
        case part(Part)
    }

    /// What is taken of one axis.
    struct Part {
        let begin: Int
        let end: Int
        let step: Int
        let ignoresBegin: Bool
        let ignoresEnd: Bool
        let drops: Bool
        let endIsOffset: Bool

        func indices(_ extent: Int) throws(ImportFailure) -> [Int] {
            let first = begin < 0 ? begin + extent : begin
            if drops {
                guard (0..<extent).contains(first) else { throw .invalid("index \(begin) of \(extent)") }
                return [first]
            }
            let stated = endIsOffset ? begin + end : end
            let last = stated < 0 && !endIsOffset ? stated + extent : stated
            let bounds = step > 0 ? 0...extent : -1...extent - 1
            func clamped(_ position: Int) -> Int { min(max(position, bounds.lowerBound), bounds.upperBound) }
            let start = ignoresBegin ? (step > 0 ? 0 : extent - 1) : clamped(first)
            let stop = ignoresEnd ? (step > 0 ? extent : -1) : clamped(last)
            return Array(stride(from: start, to: stop, by: step))
        }
    }

    private(set) var entries: [Entry] = []

    /// - Parameter rank: of what is sliced.
    init(_ operands: TFLiteOperands, rank: Int) throws(ImportFailure) {
        let begin = try operands.integers(1, "begin")
        let end = try operands.integers(2, "end")
        let strides = try operands.integers(3, "strides")
        guard begin.count == end.count, end.count == strides.count, !strides.contains(0) else {
            throw .invalid("begin \(begin), end \(end), strides \(strides)")
        }
        let largest = ImportLimits.elements
        guard (begin + end + strides).allSatisfy({ (-2 * largest...2 * largest).contains($0) }) else {
            throw .invalid("begin \(begin), end \(end), strides \(strides)")
        }
        let beginMask = try operands.integer(0, "begin_mask")
        let endMask = try operands.integer(1, "end_mask")
        let ellipsisMask = try operands.integer(2, "ellipsis_mask")
        let newAxisMask = try operands.integer(3, "new_axis_mask")
        let shrinkMask = try operands.integer(4, "shrink_axis_mask")
        let endIsOffset = try operands.flag(5, "offset")
        func has(_ mask: Int, _ position: Int) -> Bool { mask >> position & 1 == 1 }
        let ellipsis = begin.indices.first { has(ellipsisMask, $0) }
        let made = begin.indices.filter { has(newAxisMask, $0) && $0 != ellipsis }.count
        let sliced = begin.count - made - (ellipsis == nil ? 0 : 1)
        guard sliced <= rank, rank + made <= ImportLimits.rank else {
            throw .invalid("a slice of \(sliced) axes of \(rank)")
        }
        let whole = [Entry](repeating: .whole, count: rank - sliced)
        for position in begin.indices {
            if position == ellipsis {
                entries += whole
            } else if has(newAxisMask, position) {
                entries.append(.newAxis)
            } else {
                entries.append(
                    .part(
                        Part(
                            begin: begin[position], end: end[position], step: strides[position],
                            ignoresBegin: has(beginMask, position), ignoresEnd: has(endMask, position),
                            drops: has(shrinkMask, position), endIsOffset: endIsOffset)))
            }
        }
        if ellipsis == nil { entries += whole }
    }
}
