// Functions of single elements, and of pairs of them.

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
}

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
}
