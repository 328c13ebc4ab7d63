// Operators on elements: arithmetic, Pow, Min, Max, Mean, Mod, Abs, Clip.
import NetworkGraph

extension ONNXImporter {
    mutating func binary(_ function: BinaryFunction, _ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        // Before opset 7 shapes were aligned by an attribute; without it they had to be equal.
        try operands.require("broadcast", 0)
        guard function == .divide, isRunWhole(operands) else {
            return try binary(function, operands[0], operands[1])
        }
        let (dividend, divisor) = (try node(for: operands[0]), try node(for: operands[1]))
        return .node(try draft.wholeQuotient(dividend, divisor, .truncated, name: currentName))
    }

    /// Whether a run divides whole numbers here, which gives whole ones.
    private func isRunWhole(_ operands: ONNXOperands) -> Bool {
        [operands[0], operands[1]].contains(where: isRunWhole)
    }

    private func isRunWhole(_ value: ONNXValue) -> Bool { if case .node = value { isWhole(value) } else { false } }

    /// Min, Max, Sum, Mean: of any number of operands.
    mutating func combined(_ function: BinaryFunction, _ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        var result = operands[0]
        for operand in operands.inputs.dropFirst() { result = try binary(function, result, operand) }
        return result
    }

    mutating func mean(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let sum = try combined(.add, operands)
        let count = operands.inputs.count
        return count < 2 ? sum : try emit(.binary(.divide), sum, .constant(.scalar(Float(count))))
    }

    /// What division leaves: with the dividend's sign, or the divisor's.
    mutating func modulo(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let keepsSign = try operands.flag("fmod")
        guard isRunWhole(operands) else {
            return try binary(keepsSign ? .remainder : .modulo, operands[0], operands[1])
        }
        let (dividend, divisor) = (try node(for: operands[0]), try node(for: operands[1]))
        return .node(
            try draft.wholeRemainder(dividend, divisor, keepsSign ? .truncated : .floored, name: currentName))
    }

    private mutating func binary(
        _ function: BinaryFunction, _ a: ONNXValue, _ b: ONNXValue
    ) throws(ImportFailure) -> ONNXValue {
        if case .constant(let first) = a, case .constant(let second) = b, case .integers(let x) = first.elements,
            case .integers(let y) = second.elements
        {
            return .constant(try integers(function, first.extents, x, second.extents, y))
        }
        for case .quantized in [a, b] { throw Self.notDequantized }
        for value in [a, b] {
            guard case .constant(let constant) = value, case .integers = constant.elements else { continue }
            throw .invalid("floats and whole numbers cannot be mixed")
        }
        if function == .add, case .node(let first) = a, case .node(let second) = b,
            draft.nodes[first].shape == draft.nodes[second].shape
        {
            return try emit(.addition(.identity), a, b)
        }
        return try emit(.binary(function), a, b)
    }

    /// Arithmetic on shapes and indices; division cuts off.
    private mutating func integers(
        _ function: BinaryFunction, _ a: [Int], _ x: [Int], _ b: [Int], _ y: [Int]
    ) throws(ImportFailure) -> ONNXConstant {
        guard let first = Shape(validating: a), let second = Shape(validating: b),
            let extents = Shape.broadcast(first, second), let shape = Shape(validating: extents)
        else { throw .invalid("cannot \(function.rawValue) \(a) and \(b)") }
        try spend(shape.count, of: Int.self)
        var isValid = true
        let result = Reference.broadcast(x, first, y, second, shape) { x, y in
            let (value, overflow): (Int, Bool) =
                switch function {
                case .add: x.addingReportingOverflow(y)
                case .subtract: x.subtractingReportingOverflow(y)
                case .multiply: x.multipliedReportingOverflow(by: y)
                case .divide: x.dividedReportingOverflow(by: y)
                case .power: x.raisedReportingOverflow(to: y)
                case .minimum: (min(x, y), false)
                case .maximum: (max(x, y), false)
                case .equal: (x == y ? 1 : 0, false)
                case .less: (x < y ? 1 : 0, false)
                case .lessOrEqual: (x <= y ? 1 : 0, false)
                case .remainder: x.remainderReportingOverflow(dividingBy: y)
                case .modulo: Self.modulo(x, y)
                case .parametricRelu: (x, true)
                }
            if overflow { isValid = false }
            return value
        }
        guard isValid else { throw .invalid("whole numbers overflow, or are divided by zero") }
        return ONNXConstant(extents, .integers(result))
    }

    /// The remainder with the divisor's sign.
    private static func modulo(_ x: Int, _ y: Int) -> (Int, Bool) {
        let (rest, overflow) = x.remainderReportingOverflow(dividingBy: y)
        return (rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest, overflow)
    }

    /// The second operand repeats to the first one's shape, never the other way round.
    mutating func broadcast(
        _ function: BinaryFunction, _ a: ONNXValue, _ b: ONNXValue, into extents: [Int]
    ) throws(ImportFailure) -> ONNXValue {
        let result = try binary(function, a, b)
        guard try self.extents(result) == extents else {
            throw .invalid("\(try self.extents(b)) does not repeat to \(extents)")
        }
        return result
    }

    /// Squares and the like are done as such: faster, and exact for negative numbers.
    mutating func power(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let base = operands[0]
        if case .constant(let constant) = base, case .integers = constant.elements {
            guard let exponent = try operands.constant(1, "the exponent of whole numbers") else {
                throw .invalid("the exponent is left out")
            }
            return try binary(.power, base, .constant(try exponent.cut()))
        }
        guard case .constant(let exponent) = operands[1] else { return try binary(.power, base, operands[1]) }
        try spend(exponent.elements.count)
        let rank = try extents(base).count
        let isOne = exponent.elements.count == 1 && exponent.extents.count <= rank
        guard case .floats(let values) = exponent.asFloats.elements, isOne else {
            return try binary(.power, base, .constant(exponent.asFloats))
        }
        switch values[0] {
        case 1: return base
        case 2: return try emit(.binary(.multiply), base, base)
        case 3: return try emit(.binary(.multiply), try emit(.binary(.multiply), base, base), base)
        case 0.5: return try emit(.unary(.squareRoot), base)
        case -1: return try emit(.unary(.reciprocal), base)
        default: return try binary(.power, base, .constant(exponent.asFloats))
        }
    }

    /// Negation, absolute value or sign: shapes and indices stay whole numbers.
    mutating func signed(_ function: UnaryFunction, _ value: ONNXValue) throws(ImportFailure) -> ONNXValue {
        guard case .constant(let constant) = value, case .integers(let values) = constant.elements else {
            return try emit(.unary(function), value)
        }
        try spend(values.count, of: Int.self)
        guard !values.contains(.min) else { throw .invalid("whole numbers overflow") }
        let results = values.map { value in
            switch function {
            case .negation: -value
            case .absolute: abs(value)
            default: value.signum()
            }
        }
        return .constant(ONNXConstant(constant.extents, .integers(results), type: constant.type))
    }

    /// Bounds are attributes before opset 11, inputs since.
    mutating func clip(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        if [operands[1], operands[2]].contains(where: { if case .node = $0 { true } else { false } }) {
            var result = operands[0]
            if case .absent = operands[1] {} else { result = try binary(.maximum, result, operands[1]) }
            if case .absent = operands[2] {} else { result = try binary(.minimum, result, operands[2]) }
            return result
        }
        let low = try operands.float("min", orInput: 1, "the lower bound") ?? -.infinity
        let high = try operands.float("max", orInput: 2, "the upper bound") ?? .infinity
        return try clipped(operands[0], low, high)
    }

    mutating func clipped(_ value: ONNXValue, _ low: Float, _ high: Float) throws(ImportFailure) -> ONNXValue {
        guard !low.isNaN, !high.isNaN else { throw .invalid("a bound is not a number") }
        let greatest = Float.greatestFiniteMagnitude
        switch (low, high) {
        case (...(-greatest), greatest...): return value
        case (0, greatest...): return try emit(.activation(.relu), value)
        // Where they cross, the upper bound is everything.
        default: return try emit(.activation(.clip(low: min(low, high), high: high)), value)
        }
    }
}

extension Int {
    /// In whole numbers: 1 ÷ x is 0 but for 1 and −1. Stops where it overflows, after 64 steps at most.
    fileprivate func raisedReportingOverflow(to exponent: Int) -> (partialValue: Int, overflow: Bool) {
        if self == 1 || exponent == 0 { return (1, false) }
        if self == -1 { return (exponent.isMultiple(of: 2) ? 1 : -1, false) }
        if self == 0 || exponent < 0 { return (0, self == 0 && exponent < 0) }
        var result = 1
        for _ in 0..<exponent {
            let (product, overflow) = result.multipliedReportingOverflow(by: self)
            guard !overflow else { return (0, true) }
            result = product
        }
        return (result, false)
    }
}
