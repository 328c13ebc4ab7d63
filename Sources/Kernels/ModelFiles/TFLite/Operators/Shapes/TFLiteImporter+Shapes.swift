// Operators that give elements other axes, join them or put some around them: RESHAPE, TRANSPOSE, CONCATENATION, PAD.
import NetworkGraph

extension TFLiteImporter {
    /// The shape is an input, an option in older files, or else what the result is said to have.
    mutating func reshape(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let input = try node(operands[0])
        var target = try operands.integers(option: 0, "new_shape")
        switch operands[1] {
        case .constant: target = try operands.integers(1, "the shape")
        case .absent where target.isEmpty: target = operands.outputTensors[0].extents
        case .node where target.isEmpty: throw .unsupported("the shape must be constant")
        case .absent, .node: break
        }
        guard target.count <= ImportLimits.rank else { throw .unsupported("a tensor of \(target.count) axes") }
        if let changedBatch, target.count > 1, target[0] == changedBatch, let first = input.extents.first {
            target[0] = first
        }
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

    mutating func expandDims(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let input = try node(operands[0])
        return try expanded(input, at: try operands.integer(input: 1, "the axis"))
    }

    /// - Parameter axis: of the result.
    func expandedExtents(_ extents: [Int], at axis: Int) throws(ImportFailure) -> [Int] {
        var result = extents
        result.insert(1, at: try normalizedAxis(axis, rank: extents.count + 1))
        return result
    }

    private mutating func expanded(_ node: TFLiteNode, at axis: Int) throws(ImportFailure) -> TFLiteNode {
        try reshaped(node, try expandedExtents(node.extents, at: axis))
    }

    /// Between planes and the file's order, this only says how the elements lie already.
    mutating func transpose(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let input = try unflattened(try node(operands[0]))
        var permutation: [Int] = []
        for axis in try operands.integers(1, "the permutation") {
            permutation.append(try normalizedAxis(axis, rank: input.extents.count))
        }
        guard permutation.sorted() == Array(input.extents.indices) else {
            throw .invalid("\(permutation) does not order \(input.extents.count) axes")
        }
        var result = TFLiteNode(input.id, permutation.map { input.extents[$0] }, grid: input.grid)
        let draftPermutation = permutation.map(input.draftAxis)
        if draftPermutation == Array(permutation.indices) { return result }
        if draftPermutation == TFLiteNode.planarAxes {
            result.order = .planar
        } else {
            result.id = try emit(.transpose(draftPermutation), input.id)
        }
        return result
    }

    mutating func concatenation(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var parts: [TFLiteNode] = []
        for input in operands.inputs { parts.append(try node(input)) }
        let joined = try joined(parts, axis: try operands.integer(0, "axis"))
        return try activated(joined, try operands.activation(1))
    }

    /// Joined along a new axis.
    mutating func pack(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let axis = try operands.integer(1, "axis")
        var parts: [TFLiteNode] = []
        for input in operands.inputs { parts.append(try expanded(try node(input), at: axis)) }
        return try joined(parts, axis: axis)
    }

    private mutating func joined(_ values: [TFLiteNode], axis: Int) throws(ImportFailure) -> TFLiteNode {
        var parts = values
        guard let first = parts.first else { throw .invalid("nothing to join") }
        let axis = try normalizedAxis(axis, rank: first.extents.count)
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
        return TFLiteNode(joined, extents, parts[0].order, grid: isOneGrid ? parts[0].grid : nil)
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
        input = try unflattened(input)
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

    /// Its own elements around a tensor, from its edges inwards; the edge itself once more or not.
    mutating func mirrorPad(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var result = try node(operands[0])
        let counts = try operands.integers(1, "the paddings")
        let mode = try operands.byte(0, "mode")
        guard counts.count == 2 * result.extents.count, mode == 0 || mode == 1 else {
            throw .invalid("paddings \(counts) of mode \(mode) for \(result.extents.count) axes")
        }
        for axis in result.extents.indices {
            let extent = result.extents[axis]
            let (before, after) = (counts[2 * axis], counts[2 * axis + 1])
            guard (0...extent - 1 + mode).contains(before), (0...extent - 1 + mode).contains(after) else {
                throw .invalid("a mirror of \(before) and \(after) for \(extent) elements")
            }
            try spend(before + extent + after)
            let front = (0..<before).reversed().map { $0 + 1 - mode }
            let back = (0..<after).map { extent - 2 + mode - $0 }
            result = try gathered(result, axis: axis, front + Array(0..<extent) + back)
        }
        return result
    }
}
