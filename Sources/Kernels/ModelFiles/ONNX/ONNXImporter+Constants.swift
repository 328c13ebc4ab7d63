// Operators that give constants, change types, or do nothing in inference.

extension ONNXImporter {
    mutating func constant(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXConstant {
        if let tensor = try operands.tensor("value") { return try self.constant(tensor) }
        if let value = try operands.float("value_float") { return .scalar(value) }
        if let value = try operands.integer("value_int") { return ONNXConstant([], .integers([value])) }
        if let values = try operands.floats("value_floats") { return ONNXConstant([values.count], .floats(values)) }
        if let values = try operands.integers("value_ints") { return ONNXConstant([values.count], .integers(values)) }
        throw .unsupported("a constant of another kind than a tensor, floats or whole numbers")
    }

    mutating func constantOfShape(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXConstant {
        guard let extents = try operands.integers(0, "the shape") else { throw .invalid("the shape is left out") }
        let value = try operands.tensor("value").map { tensor throws(ImportFailure) in try constant(tensor) }
        guard value?.elements.count ?? 1 == 1 else { throw .invalid("value must be one number") }
        let count = try ONNXConstant.count(of: extents)
        switch value?.elements {
        case .integers(let values):
            try spend(count, of: Int.self)
            return ONNXConstant(extents, .integers([Int](repeating: values[0], count: count)))
        case .floats(let values):
            try spend(count, of: Float.self)
            return ONNXConstant(extents, .floats([Float](repeating: values[0], count: count)))
        case nil:
            try spend(count, of: Float.self)
            return ONNXConstant(extents, .floats([Float](repeating: 0, count: count)))
        }
    }

    /// Shapes are known here, so that whatever is computed from them is, too.
    func shape(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXConstant {
        let extents = try extents(operands[0])
        func position(_ axis: Int) -> Int { min(max(axis < 0 ? axis + extents.count : axis, 0), extents.count) }
        let start = position(max(try operands.integer("start") ?? 0, -extents.count))
        let end = position(max(try operands.integer("end") ?? extents.count, -extents.count - 1))
        let part = Array(extents[start..<max(start, end)])
        return ONNXConstant([part.count], .integers(part))
    }

    /// From the first number on, in steps, up to the limit and without it.
    mutating func range(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXConstant {
        var numbers: [ONNXConstant] = []
        for (index, name) in ["the start", "the limit", "the step"].enumerated() {
            guard let constant = try operands.constant(index, name), constant.elements.count == 1 else {
                throw .invalid("\(name) must be one number")
            }
            numbers.append(constant)
        }
        let values = numbers.map { constant in
            switch constant.elements {
            case .integers(let values): Double(values[0])
            case .floats(let values): Double(values[0])
            }
        }
        // Beyond, doubles don't tell whole numbers apart.
        guard values.allSatisfy({ abs($0) <= 0x1p53 }) else { throw .invalid("a range from or to a huge number") }
        let exact = ((values[1] - values[0]) / values[2]).rounded(.up)
        guard exact <= Double(ImportLimits.foldedWork) else { throw .invalid("a range of \(exact) numbers") }
        let count = Int(max(exact, 0))
        try spend(count, of: Int.self)
        let integers = numbers.compactMap { constant -> Int? in
            if case .integers(let values) = constant.elements { values[0] } else { nil }
        }
        switch integers.count {
        case 3:
            // No more than the limit: nothing overflows.
            return ONNXConstant([count], .integers((0..<count).map { integers[0] + $0 * integers[2] }))
        case 0: return ONNXConstant([count], .floats((0..<count).map { Float(values[0] + Double($0) * values[2]) }))
        default: throw .invalid("floats and whole numbers cannot be mixed")
        }
    }

    mutating func cast(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard let code = try operands.integer("to") else { throw .invalid("attribute 'to' is left out") }
        operands.ignore("saturate")
        return try cast(operands[0], to: try ONNXElementType(validating: code))
    }

    /// To the type of the second operand.
    mutating func castLike(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        operands.ignore("saturate")
        switch operands[1] {
        case .constant(let constant):
            if case .integers = constant.elements { return try cast(operands[0], to: constant.type ?? .int64) }
            return try cast(operands[0], to: .float)
        case .node where !isWhole(operands[1]): return try cast(operands[0], to: .float)
        case .node: return try cast(operands[0], to: .int64)
        case .quantized, .unrounded: throw Self.notDequantized
        case .absent, .unavailable: return operands[1]
        }
    }

    /// What a run computes is cut off to whole numbers, or becomes truth values: 0 stays 0, all else is 1.
    private mutating func cast(_ value: ONNXValue, to type: ONNXElementType) throws(ImportFailure) -> ONNXValue {
        switch value {
        case .constant(let constant):
            try spend(constant.elements.count)
            return .constant(type.isFloat ? constant.asFloats : try constant.wholeNumbers(type))
        case .node(let id):
            if type == .bool {
                if let truth = truth(id) { return .node(truth) }
                return try whole(try emit(.unary(.logicalNot), try emit(.unary(.logicalNot), value)))
            }
            guard type.isFloat else {
                return wholeNodes.contains(id) ? value : try whole(try emit(.unary(.truncation), value))
            }
            // A node of its own: the same numbers divide otherwise now.
            return wholeNodes.contains(id) ? try emit(.reshape(draft.nodes[id].shape), value) : value
        case .quantized(_, let grid):
            if type.unitGrid?.isSigned == grid.isSigned { return value }
            let numbers = try wholeNumbers(of: value)
            if type == .bool { return try cast(numbers, to: type) }
            return type.isFloat ? numbers : try whole(numbers)
        case .unrounded: throw Self.notDequantized
        case .absent, .unavailable: return value
        }
    }

    /// The node whose truth values a node's values are.
    private func truth(_ id: Int) -> Int? {
        switch draft.nodes[id].operation {
        case .binary(.equal), .binary(.less), .binary(.lessOrEqual), .unary(.logicalNot), .unary(.isNotNumber),
            .unary(.isInfinite):
            return id
        case .reshape(let shape):
            let input = draft.nodes[id].inputs[0]
            return draft.nodes[input].shape == shape && wholeNodes.contains(input) ? truth(input) : nil
        default: return nil
        }
    }

    /// Notes that a node's values are whole numbers by their type.
    private mutating func whole(_ value: ONNXValue) throws(ImportFailure) -> ONNXValue {
        if case .node(let id) = value { wholeNodes.insert(id) }
        return value
    }

    /// The number of elements.
    func size(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXConstant {
        ONNXConstant([], .integers([try ONNXConstant.count(of: try extents(operands[0]))]))
    }

    /// Ones along a diagonal.
    mutating func eye(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXConstant {
        let extents = try extents(operands[0])
        guard extents.count == 2 else { throw .invalid("\(extents) is no matrix") }
        let offset = try operands.integer("k") ?? 0
        let code = try operands.integer("dtype")
        let type = try code.map { code throws(ImportFailure) in try ONNXElementType(validating: code) }
        let count = try ONNXConstant.count(of: extents)
        try spend(count, of: Int.self)
        let columns = max(extents[1], 1)
        let ones = (0..<count).map {
            $0 % columns == ($0 / columns).addingReportingOverflow(offset).partialValue ? 1 : 0
        }
        let isFloat = type?.isFloat ?? !isWhole(operands[0])
        return isFloat
            ? ONNXConstant(extents, .floats(ones.map { Float($0) }))
            : ONNXConstant(extents, .integers(ones), type: type)
    }

    mutating func dropout(_ operands: ONNXOperands) throws(ImportFailure) -> [ONNXValue] {
        operands.ignore("seed", "is_test", "ratio")
        if let training = try operands.integers(2, "training_mode"), training != [0] {
            guard try operands.float("ratio", orInput: 1, "the ratio") == 0 else { throw .unsupported("training mode") }
        }
        guard operands.wants(output: 1) else { return [operands[0]] }
        // The mask: nothing is dropped.
        let extents = try extents(operands[0])
        let count = try ONNXConstant.count(of: extents)
        try spend(count, of: Int.self)
        return [operands[0], .constant(ONNXConstant(extents, .integers([Int](repeating: 1, count: count))))]
    }
}

extension ONNXConstant {
    /// Whole numbers, whatever the elements are.
    /// - Throws: for floats that aren't whole.
    func cut() throws(ImportFailure) -> ONNXConstant {
        guard case .floats(let values) = elements else { return self }
        guard values.allSatisfy({ $0 == $0.rounded() }) else {
            throw .unsupported("numbers that aren't whole in place of whole ones")
        }
        return try wholeNumbers(.int64)
    }

    /// 1 for what isn't 0.
    var truthValues: ONNXConstant {
        let values =
            switch elements {
            case .integers(let values): values.map { $0 != 0 ? 1 : 0 }
            case .floats(let values): values.map { $0 != 0 ? 1 : 0 }
            }
        return ONNXConstant(extents, .integers(values), type: .bool)
    }

    /// Floats cut off to whole numbers, as a cast does.
    func wholeNumbers(_ type: ONNXElementType) throws(ImportFailure) -> ONNXConstant {
        let limits: ClosedRange<Double>? =
            switch type {
            case .int64: Double(Int64.min)...Double(Int64.max)
            case .int32: Double(Int32.min)...Double(Int32.max)
            case .uint8: 0...255
            case .int8: -128...127
            default: nil
            }
        if type == .bool { return truthValues }
        guard let limits else { throw .unsupported("casting to type \(type)") }
        switch elements {
        case .integers(let values):
            guard type == .int64 || values.allSatisfy({ limits.contains(Double($0)) }) else {
                throw .unsupported("casting numbers that don't fit in type \(type)")
            }
            return ONNXConstant(extents, elements, type: type)
        case .floats(let values):
            var result: [Int] = []
            for value in values {
                guard limits.contains(Double(value)), let whole = Int(exactly: value.rounded(.towardZero)) else {
                    throw .invalid("\(value) cast to a whole number")
                }
                result.append(whole)
            }
            return ONNXConstant(extents, .integers(result), type: type)
        }
    }
}
