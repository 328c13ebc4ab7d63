// Functions of pairs of elements. A new one is a case here; the switches have no default.
import Glibc

/// A function of two elements a and b.
public enum BinaryFunction: String, Sendable {
    case add
    case subtract
    case multiply
    case divide
    /// a^b; not a number where a is negative and b isn't whole.
    case power
    /// a, or a · b where a is negative (PReLU).
    case parametricRelu = "parametric_relu"
    /// Not a number where one of them is none.
    case minimum
    case maximum
    /// What is left of a ÷ b, with b's sign (Python's %).
    case modulo
    /// What is left of a ÷ b, with a's sign (C's fmod).
    case remainder
    /// 1 or 0.
    case equal
    case less
    case lessOrEqual = "less_or_equal"
}

extension BinaryFunction {
    func callAsFunction(_ a: Double, _ b: Double) -> Double {
        switch self {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: a / b
        case .power: pow(a, b)
        case .parametricRelu: a < 0 ? a * b : a
        case .minimum: a.isNaN || b.isNaN ? .nan : min(a, b)
        case .maximum: a.isNaN || b.isNaN ? .nan : max(a, b)
        case .modulo: a - b * (a / b).rounded(.down)
        case .remainder: fmod(a, b)
        case .equal: a == b ? 1 : 0
        case .less: a < b ? 1 : 0
        case .lessOrEqual: a <= b ? 1 : 0
        }
    }
}

/// `Operation.binary`.
struct BinaryOperation: OperationDefinition {
    let function: BinaryFunction

    var name: String { function.rawValue }
    var inputCount: ClosedRange<Int> { 2...2 }
    var structure: String { "" }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        guard let extents = Shape.broadcast(inputs[0], inputs[1]) else {
            throw ShapeMismatch(reason: "cannot \(name) \(inputs[0]) and \(inputs[1])")
        }
        return try .checked(extents)
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        var index = 0
        Reference.forEachPair(inputs[0].shape, inputs[1].shape, output.shape) { a, b in
            output.values[index] = Float(function(Double(inputs[0].values[a]), Double(inputs[1].values[b])))
            index += 1
        }
    }
}
