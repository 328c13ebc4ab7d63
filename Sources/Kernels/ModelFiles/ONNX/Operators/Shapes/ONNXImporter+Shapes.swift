// Operators that change shapes: Reshape, Flatten, Squeeze, Unsqueeze, Expand, Transpose, Concat.
import NetworkGraph

extension ONNXImporter {
    mutating func reshape(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard var target = try operands.integers(1, "the shape") else { throw .invalid("the shape is left out") }
        let extents = try extents(operands[0])
        if try !operands.flag("allowzero") {
            for (axis, extent) in target.enumerated() where extent == 0 {
                guard axis < extents.count else { throw .invalid("no axis \(axis) to copy from \(extents)") }
                target[axis] = extents[axis]
            }
        }
        target = try rebatched(target, of: operands[0])
        let open = target.indices.filter { target[$0] == -1 }
        guard open.count <= 1 else { throw .invalid("the shape \(target) leaves several extents open") }
        if let open = open.first {
            let known = try ONNXConstant.count(of: target.enumerated().map { $0.offset == open ? 1 : $0.element })
            let count = try ONNXConstant.count(of: extents)
            guard known > 0, count.isMultiple(of: known) else { throw .invalid("\(extents) does not become \(target)") }
            target[open] = count / known
        }
        return try reshaped(operands[0], target)
    }

    mutating func flatten(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        let stated = try operands.integer("axis") ?? 1
        guard (-extents.count...extents.count).contains(stated) else { throw .invalid("axis \(stated) of \(extents)") }
        let axis = stated < 0 ? stated + extents.count : stated
        return try reshaped(operands[0], [extents[..<axis].reduce(1, *), extents[axis...].reduce(1, *)])
    }

    /// Axes are an attribute before opset 13, an input since.
    mutating func squeeze(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        var axes = extents.indices.filter { extents[$0] == 1 }
        if let stated = try operands.integers("axes", orInput: 1, "axes") {
            axes = try normalizedAxes(stated, rank: extents.count)
        }
        guard axes.allSatisfy({ extents[$0] == 1 }) else { throw .invalid("\(extents) has not 1 along axes \(axes)") }
        return try reshaped(operands[0], extents.indices.filter { !axes.contains($0) }.map { extents[$0] })
    }

    mutating func unsqueeze(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard let stated = try operands.integers("axes", orInput: 1, "axes") else {
            throw .invalid("axes are left out")
        }
        var extents = try extents(operands[0])
        guard stated.count <= ImportLimits.rank else { throw .unsupported("\(stated.count) more axes") }
        for axis in try normalizedAxes(stated, rank: extents.count + stated.count) { extents.insert(1, at: axis) }
        return try reshaped(operands[0], extents)
    }

    /// Repeats what is 1 along an axis, or has no such axis.
    mutating func expand(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard let stated = try operands.integers(1, "the shape") else { throw .invalid("the shape is left out") }
        let extents = try extents(operands[0])
        guard stated.count <= ImportLimits.rank else { throw .unsupported("\(stated.count) axes") }
        let rank = max(stated.count, extents.count)
        let own = [Int](repeating: 1, count: rank - extents.count) + extents
        let wanted = [Int](repeating: 1, count: rank - stated.count) + stated
        var result = try reshaped(operands[0], own)
        for (axis, (extent, count)) in zip(own, wanted).enumerated() where count != extent && count != 1 {
            guard extent == 1, count > 0 else { throw .invalid("\(extents) does not repeat to \(stated)") }
            result = try gathered(result, axis: axis, try indices(count: count) { _ in 0 })
        }
        return result
    }

    mutating func transpose(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let rank = try extents(operands[0]).count
        return try transposed(operands[0], try operands.integers("perm") ?? (0..<rank).reversed())
    }

    mutating func concatenation(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard let first = operands.inputs.first, let stated = try operands.integer("axis") else {
            throw .invalid("nothing to join, or no axis")
        }
        let axis = try normalizedAxis(stated, rank: try extents(first).count)
        var constants: [ONNXConstant] = []
        for case .constant(let constant) in operands.inputs { constants.append(constant) }
        guard constants.count == operands.inputs.count else {
            return try emit(.concatenation(axis: axis), operands.inputs)
        }
        var extents = constants[0].extents
        extents[axis] = 0
        for constant in constants {
            var expected = constants[0].extents
            expected[axis] = constant.extents.count > axis ? constant.extents[axis] : 0
            guard constant.extents == expected else {
                throw .invalid("cannot join \(constants[0].extents) and \(constant.extents) along axis \(axis)")
            }
            extents[axis] += constant.extents[axis]
        }
        try spend(try ONNXConstant.count(of: extents))
        let floats = constants.compactMap { constant -> ([Float], [Int])? in
            if case .floats(let values) = constant.elements { (values, constant.extents) } else { nil }
        }
        let integers = constants.compactMap { constant -> ([Int], [Int])? in
            if case .integers(let values) = constant.elements { (values, constant.extents) } else { nil }
        }
        if integers.isEmpty {
            return .constant(ONNXConstant(extents, .floats(Reference.concatenation(floats, axis: axis))))
        }
        guard floats.isEmpty else { throw .invalid("floats and whole numbers cannot be mixed") }
        return .constant(ONNXConstant(extents, .integers(Reference.concatenation(integers, axis: axis))))
    }
}
