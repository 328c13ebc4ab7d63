// Operators on elements that bend them: those of the rectifier's kin, Gelu, PRelu, Softmax, Hardmax.
import NetworkGraph

extension ONNXImporter {
    /// Functions of one element that take no attribute.
    static let functions: [String: UnaryFunction] = [
        "Sigmoid": .sigmoid, "HardSwish": .hardSwish, "Tanh": .tanh, "Erf": .errorFunction, "Exp": .exponential,
        "Log": .logarithm, "Sqrt": .squareRoot, "Reciprocal": .reciprocal, "Floor": .floor, "Ceil": .ceiling,
        "Round": .round, "Sin": .sine, "Cos": .cosine, "Tan": .tangent, "Asin": .arcSine, "Acos": .arcCosine,
        "Atan": .arcTangent, "Sinh": .hyperbolicSine, "Cosh": .hyperbolicCosine, "Asinh": .inverseHyperbolicSine,
        "Acosh": .inverseHyperbolicCosine, "Atanh": .inverseHyperbolicTangent, "Softplus": .softplus,
        "Softsign": .softsign, "Mish": .mish, "IsNaN": .isNotNumber,
    ]

    /// A function of one element with attributes; nil for other operators.
    func function(_ name: String, _ operands: ONNXOperands) throws(ImportFailure) -> UnaryFunction? {
        if let known = Self.functions[name] { return known }
        switch name {
        case "LeakyRelu": return .leakyRelu(slope: try operands.float("alpha") ?? 0.01)
        case "HardSigmoid":
            return .hardSigmoid(slope: try operands.float("alpha") ?? 0.2, offset: try operands.float("beta") ?? 0.5)
        case "Elu": return .exponentialLinear(alpha: try operands.float("alpha") ?? 1, scale: 1, rate: 1)
        case "Selu":
            return .exponentialLinear(
                alpha: try operands.float("alpha") ?? 1.67326319217681884765625,
                scale: try operands.float("gamma") ?? 1.05070102214813232421875, rate: 1)
        case "Celu":
            let alpha = try operands.float("alpha") ?? 1
            guard alpha != 0 else { throw .invalid("attribute 'alpha' is 0") }
            return .exponentialLinear(alpha: alpha, scale: 1, rate: 1 / alpha)
        case "ThresholdedRelu": return .threshold(alpha: try operands.float("alpha") ?? 1)
        case "Shrink":
            return .shrink(lambda: try operands.float("lambd") ?? 0.5, bias: try operands.float("bias") ?? 0)
        case "Swish": return .swish(beta: try operands.float("alpha") ?? 1)
        case "com.microsoft.QuickGelu": return .swish(beta: try operands.float("alpha") ?? 1.702)
        case "IsInf":
            return .isInfinite(
                positive: try operands.flag("detect_positive", default: true),
                negative: try operands.flag("detect_negative", default: true))
        default: return nil
        }
    }

    mutating func gelu(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        switch try operands.text("approximate") ?? "none" {
        case "none": return try emit(.unary(.gelu), operands[0])
        case "tanh": return try emit(.unary(.geluByTanh), operands[0])
        case let other: throw .invalid("approximate '\(other)'")
        }
    }

    mutating func parametricRelu(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        var slopes = operands[1]
        if case .constant(let constant) = slopes, let tensor = constant.tensor {
            if tensor.shape.count == 1 {
                return try emit(.unary(.leakyRelu(slope: tensor.values[0])), operands[0])
            }
            // Before opset 7 slopes were one a channel, whatever the rank.
            if opset < 7, extents.count > 1, constant.extents == [extents[1]] {
                slopes = .constant(constant.reshaped(constant.extents + extents.dropFirst(2).map { _ in 1 }))
            }
        }
        return try broadcast(.parametricRelu, operands[0], slopes, into: extents)
    }

    /// Before opset 13: over all axes from the given one on.
    mutating func softmax(_ operands: ONNXOperands, isLogarithmic: Bool) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        let axis = try normalizedAxis(
            try operands.integer("axis") ?? (opset < 13 ? 1 : -1), rank: extents.count)
        func operation(_ axis: Int) -> Operation { isLogarithmic ? .logSoftmax(axis: axis) : .softmax(axis: axis) }
        if opset >= 13 || extents[(axis + 1)...].allSatisfy({ $0 == 1 }) {
            return try emit(operation(axis), operands[0])
        }
        let rows = try reshaped(
            operands[0], [extents[..<axis].reduce(1, *), extents[axis...].reduce(1, *)])
        return try reshaped(try emit(operation(1), rows), extents)
    }

    /// 1 at the largest element along an axis, the first of equals, 0 elsewhere; the axes are Softmax's.
    mutating func hardmax(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(operands[0])
        let axis = try normalizedAxis(try operands.integer("axis") ?? (opset < 13 ? 1 : -1), rank: extents.count)
        guard opset < 13 else { return try ones(operands[0], axis) }
        let rows = try reshaped(operands[0], [extents[..<axis].reduce(1, *), extents[axis...].reduce(1, *)])
        return try reshaped(try ones(rows, 1), extents)
    }

    private mutating func ones(_ value: ONNXValue, _ axis: Int) throws(ImportFailure) -> ONNXValue {
        let extents = try extents(value)
        let largest = try emit(.argMax(axis: axis, selectsLast: false), value)
        return try emit(.binary(.equal), largest, try counting(to: extents[axis], along: axis, of: extents.count))
    }

    /// 0, 1, 2 … along one of so many axes, as floats.
    mutating func counting(to count: Int, along axis: Int, of rank: Int) throws(ImportFailure) -> ONNXValue {
        try spend(count)
        guard count > 0 else { throw .unsupported("a result without elements") }
        let extents = [count] + [Int](repeating: 1, count: rank - axis - 1)
        return .constant(ONNXConstant(extents, .floats((0..<count).map { Float($0) })))
    }
}
