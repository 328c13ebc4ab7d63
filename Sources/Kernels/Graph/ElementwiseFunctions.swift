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
    /// The nearest number of a grid: what quantising x and dequantising it again gives.
    case quantize(QuantizationGrid)

    var name: String {
        switch self {
        case .leakyRelu: "leaky_relu"
        case .sigmoid: "sigmoid"
        case .hardSigmoid: "hard_sigmoid"
        case .hardSwish: "hard_swish"
        case .tanh: "tanh"
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
    /// a, or a · b where a is negative (PReLU).
    case parametricRelu = "parametric_relu"
}
