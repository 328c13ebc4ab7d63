// Functions of single elements. A new one is a case here; the switches have no default.
import Glibc

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
    /// The least whole number that isn't below x.
    case ceiling
    /// The nearest whole number, the even one of two.
    case round
    /// Towards zero: what a cast to whole numbers does.
    case truncation
    /// −1, 0 or 1; not a number where x is none.
    case sign
    /// 1 ÷ √x
    case reciprocalSquareRoot
    case sine
    case cosine
    case tangent
    case arcSine
    case arcCosine
    case arcTangent
    case hyperbolicSine
    case hyperbolicCosine
    case inverseHyperbolicSine
    case inverseHyperbolicCosine
    case inverseHyperbolicTangent
    /// scale · x, or scale · alpha · (e^(rate · x) − 1) below zero: ELU (scale and rate 1), SELU (rate 1), CELU (scale 1,
    /// rate 1 ÷ alpha).
    case exponentialLinear(alpha: Float, scale: Float, rate: Float)
    /// log(1 + e^x)
    case softplus
    /// x ÷ (1 + |x|)
    case softsign
    /// x · tanh(log(1 + e^x)) (Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2019).
    case mish
    /// x ÷ (1 + e^(−beta · x)); SiLU with beta 1.
    case swish(beta: Float)
    /// x, or 0 where x isn't above alpha.
    case threshold(alpha: Float)
    /// x pulled towards zero by bias where |x| is above lambda, else 0.
    case shrink(lambda: Float, bias: Float)
    /// 1 where x is 0, else 0.
    case logicalNot
    /// 1 where x is not a number, else 0.
    case isNotNumber
    /// 1 where x is infinite, with one of these signs, else 0.
    case isInfinite(positive: Bool, negative: Bool)
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
        case .ceiling: "ceiling"
        case .round: "round"
        case .truncation: "truncation"
        case .sign: "sign"
        case .reciprocalSquareRoot: "reciprocal_square_root"
        case .sine: "sine"
        case .cosine: "cosine"
        case .tangent: "tangent"
        case .arcSine: "arc_sine"
        case .arcCosine: "arc_cosine"
        case .arcTangent: "arc_tangent"
        case .hyperbolicSine: "hyperbolic_sine"
        case .hyperbolicCosine: "hyperbolic_cosine"
        case .inverseHyperbolicSine: "inverse_hyperbolic_sine"
        case .inverseHyperbolicCosine: "inverse_hyperbolic_cosine"
        case .inverseHyperbolicTangent: "inverse_hyperbolic_tangent"
        case .exponentialLinear: "exponential_linear"
        case .softplus: "softplus"
        case .softsign: "softsign"
        case .mish: "mish"
        case .swish: "swish"
        case .threshold: "threshold"
        case .shrink: "shrink"
        case .logicalNot: "logical_not"
        case .isNotNumber: "is_not_number"
        case .isInfinite: "is_infinite"
        case .quantize: "quantize"
        }
    }

    /// Its parameters.
    package var parameters: [Float] {
        switch self {
        case .leakyRelu(let slope): [slope]
        case .hardSigmoid(let slope, let offset): [slope, offset]
        case .exponentialLinear(let alpha, let scale, let rate): [alpha, scale, rate]
        case .swish(let beta): [beta]
        case .threshold(let alpha): [alpha]
        case .shrink(let lambda, let bias): [lambda, bias]
        case .isInfinite(let positive, let negative): [positive ? 1 : 0, negative ? 1 : 0]
        case .quantize(let grid): [grid.scale, Float(grid.zeroPoint), grid.isSigned ? 1 : 0]
        case .sigmoid, .hardSwish, .tanh, .gelu, .geluByTanh, .errorFunction, .exponential, .logarithm, .squareRoot,
            .reciprocal, .negation, .absolute, .floor, .ceiling, .round, .truncation, .sign, .reciprocalSquareRoot,
            .sine, .cosine, .tangent, .arcSine, .arcCosine, .arcTangent, .hyperbolicSine, .hyperbolicCosine,
            .inverseHyperbolicSine, .inverseHyperbolicCosine, .inverseHyperbolicTangent, .softplus, .softsign, .mish,
            .logicalNot, .isNotNumber:
            []
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
        case .tanh: Glibc.tanh(x)
        case .gelu: x / 2 * erfc(-x / 2.0.squareRoot())
        case .geluByTanh: x / 2 * (1 + Glibc.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .errorFunction: erf(x)
        case .exponential: exp(x)
        case .logarithm: log(x)
        case .squareRoot: x.squareRoot()
        case .reciprocal: 1 / x
        case .negation: -x
        case .absolute: abs(x)
        case .floor: x.rounded(.down)
        case .ceiling: x.rounded(.up)
        case .round: x.rounded(.toNearestOrEven)
        case .truncation: x.rounded(.towardZero)
        case .sign: x > 0 ? 1 : x < 0 ? -1 : x
        case .reciprocalSquareRoot: 1 / x.squareRoot()
        case .sine: sin(x)
        case .cosine: cos(x)
        case .tangent: tan(x)
        case .arcSine: asin(x)
        case .arcCosine: acos(x)
        case .arcTangent: atan(x)
        case .hyperbolicSine: sinh(x)
        case .hyperbolicCosine: cosh(x)
        case .inverseHyperbolicSine: asinh(x)
        case .inverseHyperbolicCosine: acosh(x)
        case .inverseHyperbolicTangent: atanh(x)
        case .exponentialLinear(let alpha, let scale, let rate):
            Double(scale) * (x < 0 ? Double(alpha) * expm1(Double(rate) * x) : x)
        case .softplus: Self.softplus(x)
        case .softsign: x / (1 + abs(x))
        case .mish: x * Glibc.tanh(Self.softplus(x))
        case .swish(let beta): x / (1 + exp(-Double(beta) * x))
        case .threshold(let alpha): x > Double(alpha) ? x : 0
        case .shrink(let lambda, let bias):
            x < -Double(lambda) ? x + Double(bias) : x > Double(lambda) ? x - Double(bias) : 0
        case .logicalNot: x == 0 ? 1 : 0
        case .isNotNumber: x.isNaN ? 1 : 0
        case .isInfinite(let positive, let negative):
            x.isInfinite && (x > 0 ? positive : negative) ? 1 : 0
        case .quantize(let grid): Double(grid.rounded(Float(x)))
        }
    }

    /// log(1 + e^x), where e^x may be beyond all numbers.
    private static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
}

/// `Operation.unary`.
struct UnaryOperation: OperationDefinition {
    let function: UnaryFunction

    var name: String { function.name }
    var inputCount: ClosedRange<Int> { 1...1 }
    var structure: String { function.parameters.map { "\($0)" }.joined(separator: " ") }

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
