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
        let type = try ONNXElementType(validating: code)
        switch operands[0] {
        case .constant(let constant):
            try spend(constant.elements.count)
            return .constant(type.isFloat ? constant.asFloats : try constant.wholeNumbers(type))
        case .node(let id):
            if type.isFloat { return operands[0] }
            if type == .int64 || type == .int32, holdsPositions(id) { return operands[0] }
            throw .unsupported("casting to type \(type)")
        case .quantized:
            guard type.isFloat else { throw .unsupported("casting to type \(type)") }
            return try wholeNumbers(of: operands[0])
        case .unrounded: throw Self.notDequantized
        case .absent, .unavailable: return operands[0]
        }
    }

    /// Whether a node's values are whole numbers already: ArgMax's, moved or not.
    private func holdsPositions(_ id: Int) -> Bool {
        var id = id
        while true {
            switch draft.nodes[id].operation {
            case .argMax: return true
            case .reshape, .transpose, .gather: id = draft.nodes[id].inputs[0]
            default: return false
            }
        }
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

    private var truthValues: ONNXConstant {
        let values =
            switch elements {
            case .integers(let values): values.map { $0 != 0 ? 1 : 0 }
            case .floats(let values): values.map { $0 != 0 ? 1 : 0 }
            }
        return ONNXConstant(extents, .integers(values), type: .bool)
    }

    /// Floats cut off to whole numbers, as a cast does.
    fileprivate func wholeNumbers(_ type: ONNXElementType) throws(ImportFailure) -> ONNXConstant {
        let limits: ClosedRange<Double>? =
            switch type {
            case .int64: Double(Int64.min)...Double(Int64.max)
            case .int32: Double(Int32.min)...Double(Int32.max)
            default: nil
            }
        if type == .bool { return truthValues }
        guard let limits else { throw .unsupported("casting to type \(type)") }
        switch elements {
        case .integers(let values):
            guard type == .int64 || values.allSatisfy({ Int(Int32(truncatingIfNeeded: $0)) == $0 }) else {
                throw .unsupported("casting numbers that don't fit in 32 bits")
            }
            return self
        case .floats(let values):
            var result: [Int] = []
            for value in values {
                guard limits.contains(Double(value)), let whole = Int(exactly: value.rounded(.towardZero)) else {
                    throw .invalid("\(value) cast to a whole number")
                }
                result.append(whole)
            }
            return ONNXConstant(extents, .integers(result))
        }
    }
}
