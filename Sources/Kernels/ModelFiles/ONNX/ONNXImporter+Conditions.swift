// If: a condition that is known while a model is imported is replaced by the branch that it takes; and what conditions
// and shapes are computed with: comparisons, logic and choices, of constants here, of all else in each run.
import NetworkGraph

extension ONNXImporter {
    /// - Throws: where the condition isn't known.
    func branch(of node: ONNXNode, _ condition: ONNXValue) throws(ImportFailure) -> ONNXGraph {
        guard case .constant(let constant) = condition else {
            throw .unsupported("the condition depends on what the network is fed; it must be known before")
        }
        guard case .integers(let values) = constant.elements, values.count == 1 else {
            throw .invalid("the condition must be one truth value")
        }
        let name = ONNXNode.branches[values[0] != 0 ? 0 : 1]
        guard let branch = node.graph(name) else { throw .invalid("attribute '\(name)' is left out") }
        guard branch.outputs.count == node.outputs.count else {
            throw .invalid("'\(name)' gives \(branch.outputs.count) values for \(node.outputs.count) outputs")
        }
        return branch
    }

    // MARK: Truth values

    /// A comparison of floats or whole numbers.
    mutating func comparison(_ name: String, _ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        try operands.require("broadcast", 0)
        guard case .constant(let a) = operands[0], case .constant(let b) = operands[1] else {
            let (a, b) = (operands[0], operands[1])
            if name == "Equal", case .constant(let constant) = b, constant.isZero {
                return try emit(.unary(.logicalNot), a)
            }
            switch name {
            case "Equal": return try emit(.binary(.equal), a, b)
            case "Less": return try emit(.binary(.less), a, b)
            case "LessOrEqual": return try emit(.binary(.lessOrEqual), a, b)
            case "Greater": return try emit(.binary(.less), b, a)
            default: return try emit(.binary(.lessOrEqual), b, a)
            }
        }
        switch (a.elements, b.elements) {
        case (.integers(let x), .integers(let y)): return try truth(a, x, b, y) { Self.holds(name, $0, $1) }
        case (.floats(let x), .floats(let y)): return try truth(a, x, b, y) { Self.holds(name, $0, $1) }
        default: throw .invalid("floats and whole numbers cannot be mixed")
        }
    }

    private static func holds<Number: Comparable>(_ name: String, _ a: Number, _ b: Number) -> Bool {
        switch name {
        case "Equal": a == b
        case "Less": a < b
        case "LessOrEqual": a <= b
        case "Greater": a > b
        default: a >= b
        }
    }

    mutating func logic(_ name: String, _ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        try operands.require("broadcast", 0)
        let (first, second) = (operands[0], name == "Not" ? operands[0] : operands[1])
        guard case .constant(let a) = first, case .constant(let b) = second else {
            return try logicInRuns(name, first, second)
        }
        guard case .integers(let x) = a.elements, case .integers(let y) = b.elements else {
            throw .invalid("operands must be truth values")
        }
        return try truth(a, x, b, y) { first, second in
            switch name {
            case "Not": first == 0
            case "And": first != 0 && second != 0
            case "Or": first != 0 || second != 0
            default: (first != 0) != (second != 0)
            }
        }
    }

    /// Of ones and zeros.
    private mutating func logicInRuns(
        _ name: String, _ a: ONNXValue, _ b: ONNXValue
    ) throws(ImportFailure) -> ONNXValue {
        let (a, b) = (Self.truth(a), Self.truth(b))
        switch name {
        case "Not": return try emit(.unary(.logicalNot), a)
        case "And": return try emit(.binary(.multiply), a, b)
        case "Or": return try emit(.binary(.maximum), a, b)
        default: return try emit(.unary(.logicalNot), try emit(.binary(.equal), a, b))
        }
    }

    private static func truth(_ value: ONNXValue) -> ONNXValue {
        if case .constant(let constant) = value { .constant(constant.truthValues.asFloats) } else { value }
    }

    /// Elements of the one operand where the condition holds, of the other elsewhere.
    mutating func choice(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard case .constant(let condition) = operands[0], case .constant(let a) = operands[1],
            case .constant(let b) = operands[2]
        else { return try emit(.selection, operands[0], operands[1], operands[2]) }
        guard case .integers(let holds) = condition.elements else {
            throw .invalid("the condition must be truth values")
        }
        switch (a.elements, b.elements) {
        case (.integers(let x), .integers(let y)):
            let (values, extents) = try chosen(condition.extents, holds, a.extents, x, b.extents, y)
            return .constant(ONNXConstant(extents, .integers(values), type: a.type))
        case (.floats(let x), .floats(let y)):
            let (values, extents) = try chosen(condition.extents, holds, a.extents, x, b.extents, y)
            return .constant(ONNXConstant(extents, .floats(values)))
        default: throw .invalid("floats and whole numbers cannot be mixed")
        }
    }

    private mutating func chosen<Element>(
        _ condition: [Int], _ holds: [Int], _ a: [Int], _ x: [Element], _ b: [Int], _ y: [Element]
    ) throws(ImportFailure) -> ([Element], [Int]) {
        let (kept, extents) = try combined(condition, holds, a, x) { truth, value -> Element? in
            truth != 0 ? value : nil
        }
        return try combined(extents, kept, b, y) { value, other -> Element in value ?? other }
    }

    private mutating func truth<Number>(
        _ a: ONNXConstant, _ x: [Number], _ b: ONNXConstant, _ y: [Number], _ function: (Number, Number) -> Bool
    ) throws(ImportFailure) -> ONNXValue {
        let (values, extents) = try combined(a.extents, x, b.extents, y) { first, second -> Int in
            function(first, second) ? 1 : 0
        }
        return .constant(ONNXConstant(extents, .integers(values), type: .bool))
    }

    /// A function of each pair of elements, shapes broadcast.
    private mutating func combined<First, Second, Result>(
        _ a: [Int], _ x: [First], _ b: [Int], _ y: [Second], _ function: (First, Second) -> Result
    ) throws(ImportFailure) -> ([Result], [Int]) {
        guard let first = Shape(validating: a), let second = Shape(validating: b),
            let extents = Shape.broadcast(first, second), let shape = Shape(validating: extents)
        else { throw .invalid("cannot combine \(a) and \(b)") }
        try spend(shape.count, of: Result.self)
        return (Reference.broadcast(x, first, y, second, shape, function), extents)
    }
}

extension ONNXConstant {
    /// Whether it is a single 0.
    fileprivate var isZero: Bool { extents.isEmpty && asFloats.elements == .floats([0]) }
}
