// Functions of single elements. A new one is a case here; the switches have no default.
import Foundation

/// A function of one element that isn't an `Activation`: it bends more than a clamp does.
public enum UnaryFunction: Hashable, Sendable {
    /// x, or slope · x below zero.
    case leakyRelu(slope: Float)
    /// 1 ÷ (1 + e^−x)
    case sigmoid
    /// min(max(slope · x + offset, 0), 1)
    case hardSigmoid(slope: Float, offset: Float)
    /// x · min(max(x ÷ 6 + ½, 0), 1)
    case hardSwish
    case tanh
    /// x · Φ(x) = x ÷ 2 · (1 + erf(x ÷ √2)) (Hendrycks, Gimpel, "Gaussian Error Linear Units", 2016).
    case gelu
    /// The same with Φ approximated: x ÷ 2 · (1 + tanh(√(2 ÷ π) · (x + 0.044715 · x³))).
    case geluByTanh
    /// 2 ÷ √π · ∫₀ˣ e^(−t²) dt
    case errorFunction
    /// e^x
    case exponential
    /// The natural one; not a number below zero.
    case logarithm
    /// Not a number below zero.
    case squareRoot
    /// 1 ÷ x
    case reciprocal
    /// −x
    case negation
    /// |x|
    case absolute
    /// The greatest whole number that isn't above x.
    case floor
    /// The nearest number of a grid: what quantising x and dequantising it again gives.
    case quantize(QuantizationGrid)

    package var name: String {
        switch self {
        case .leakyRelu: "leaky_relu"
        case .sigmoid: "sigmoid"
        case .hardSigmoid: "hard_sigmoid"
        case .hardSwish: "hard_swish"
        case .tanh: "tanh"
        case .gelu: "gelu"
        case .geluByTanh: "gelu_by_tanh"
        case .errorFunction: "error_function"
        case .exponential: "exponential"
        case .logarithm: "logarithm"
        case .squareRoot: "square_root"
        case .reciprocal: "reciprocal"
        case .negation: "negation"
        case .absolute: "absolute"
        case .floor: "floor"
        case .quantize: "quantize"
        }
    }

    /// Its parameters.
    fileprivate var structure: String {
        switch self {
        case .leakyRelu(let slope): "\(slope)"
        case .hardSigmoid(let slope, let offset): "\(slope) \(offset)"
        case .quantize(let grid): "\(grid.scale) \(grid.zeroPoint) \(grid.isSigned)"
        case .sigmoid, .hardSwish, .tanh, .gelu, .geluByTanh, .errorFunction, .exponential, .logarithm, .squareRoot,
            .reciprocal, .negation, .absolute, .floor:
            ""
        }
    }
}

extension UnaryFunction {
    func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .leakyRelu(let slope): x < 0 ? Double(slope) * x : x
        case .sigmoid: 1 / (1 + exp(-x))
        case .hardSigmoid(let slope, let offset): min(max(Double(slope) * x + Double(offset), 0), 1)
        case .hardSwish: x * min(max(x / 6 + 0.5, 0), 1)
        case .tanh: Foundation.tanh(x)
        case .gelu: x / 2 * erfc(-x / 2.0.squareRoot())
        case .geluByTanh: x / 2 * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .errorFunction: erf(x)
        case .exponential: exp(x)
        case .logarithm: log(x)
        case .squareRoot: x.squareRoot()
        case .reciprocal: 1 / x
        case .negation: -x
        case .absolute: abs(x)
        case .floor: x.rounded(.down)
        case .quantize(let grid): Double(grid.rounded(Float(x)))
        }
    }
}

/// `Operation.unary`.
struct UnaryOperation: OperationDefinition {
    let function: UnaryFunction

    var name: String { function.name }
    var inputCount: ClosedRange<Int> { 1...1 }
    var structure: String { function.structure }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape { inputs[0] }
    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        for index in 0..<output.shape.count {
            output.values[index] = Float(function(Double(inputs[0].values[index])))
        }
    }

    func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? {
        if case .quantize(let grid) = function { grid } else { nil }
    }
}
