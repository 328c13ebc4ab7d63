// Which operators compute functions of elements and of pairs of them.
import NetworkGraph

extension ONNXExporter {
    mutating func add(_ function: UnaryFunction, _ inputs: [String], to name: String) {
        switch function {
        case .sigmoid: add("Sigmoid", inputs, to: name)
        case .hardSwish: add("HardSwish", inputs, to: name)
        case .tanh: add("Tanh", inputs, to: name)
        case .errorFunction: add("Erf", inputs, to: name)
        case .exponential: add("Exp", inputs, to: name)
        case .logarithm: add("Log", inputs, to: name)
        case .squareRoot: add("Sqrt", inputs, to: name)
        case .reciprocal: add("Reciprocal", inputs, to: name)
        case .negation: add("Neg", inputs, to: name)
        case .absolute: add("Abs", inputs, to: name)
        case .floor: add("Floor", inputs, to: name)
        case .ceiling: add("Ceil", inputs, to: name)
        case .round: add("Round", inputs, to: name)
        case .sign: add("Sign", inputs, to: name)
        case .sine: add("Sin", inputs, to: name)
        case .cosine: add("Cos", inputs, to: name)
        case .tangent: add("Tan", inputs, to: name)
        case .arcSine: add("Asin", inputs, to: name)
        case .arcCosine: add("Acos", inputs, to: name)
        case .arcTangent: add("Atan", inputs, to: name)
        case .hyperbolicSine: add("Sinh", inputs, to: name)
        case .hyperbolicCosine: add("Cosh", inputs, to: name)
        case .inverseHyperbolicSine: add("Asinh", inputs, to: name)
        case .inverseHyperbolicCosine: add("Acosh", inputs, to: name)
        case .inverseHyperbolicTangent: add("Atanh", inputs, to: name)
        case .softplus: add("Softplus", inputs, to: name)
        case .softsign: add("Softsign", inputs, to: name)
        case .mish: add("Mish", inputs, to: name)
        case .leakyRelu(let slope): add("LeakyRelu", inputs, to: name, ["alpha": .float(slope)])
        case .hardSigmoid(let slope, let offset):
            add("HardSigmoid", inputs, to: name, ["alpha": .float(slope), "beta": .float(offset)])
        case .gelu, .geluByTanh: addGelu(function, inputs[0], to: name)
        case .exponentialLinear(let alpha, let scale, let rate):
            addExponentialLinear(alpha, scale, rate, inputs[0], to: name)
        case .swish(let beta):
            let bend = unique(name, "bend")
            let source = beta == 1 ? inputs[0] : scaled(inputs[0], beta, name)
            add("Sigmoid", [source], to: bend)
            add("Mul", [inputs[0], bend], to: name)
        case .threshold(let alpha): add("ThresholdedRelu", inputs, to: name, ["alpha": .float(alpha)])
        case .shrink(let lambda, let bias):
            add("Shrink", inputs, to: name, ["lambd": .float(lambda), "bias": .float(bias)])
        case .truncation: addCast(cast(inputs[0], .int64, "whole", name: name), .float, to: name)
        case .reciprocalSquareRoot:
            let root = unique(name, "root")
            add("Sqrt", inputs, to: root)
            add("Reciprocal", [root], to: name)
        case .logicalNot: addTruth("Equal", inputs + [constant(unique(name, "zero"), [], [0])], to: name)
        case .isNotNumber: addTruth("IsNaN", inputs, to: name)
        case .isInfinite(let positive, let negative):
            addTruth(
                "IsInf", inputs, to: name,
                ["detect_positive": .integer(positive ? 1 : 0), "detect_negative": .integer(negative ? 1 : 0)])
        case .quantize(let grid): addRounding(inputs[0], to: grid, name)
        }
    }

    /// Adds an operator that gives truth values, as 1 and 0.
    private mutating func addTruth(
        _ operation: String, _ inputs: [String], to name: String,
        _ attributes: KeyValuePairs<String, Attribute> = [:]
    ) {
        let truth = unique(name, "truth")
        add(operation, inputs, to: truth, name: name, attributes)
        addCast(truth, .float, to: name)
    }

    private mutating func scaled(_ input: String, _ factor: Float, _ name: String) -> String {
        let result = unique(name, "scaled")
        add("Mul", [input, constant(unique(name, "scale"), [], [factor])], to: result)
        return result
    }

    /// ELU; else SELU of rate · x, which has no rate of its own.
    private mutating func addExponentialLinear(
        _ alpha: Float, _ scale: Float, _ rate: Float, _ input: String, to name: String
    ) {
        if scale == 1 && rate == 1 {
            add("Elu", [input], to: name, ["alpha": .float(alpha)])
        } else if scale == 1, rate == 1 / alpha {
            add("Celu", [input], to: name, ["alpha": .float(alpha)])
        } else {
            let source = rate == 1 ? input : scaled(input, rate, name)
            add("Selu", [source], to: name, ["alpha": .float(alpha * rate), "gamma": .float(scale / rate)])
        }
    }

    /// The file's opset has no Gelu: x ÷ 2 · (1 + S(x)) of other operators.
    private mutating func addGelu(_ function: UnaryFunction, _ input: String, to name: String) {
        func number(_ value: Float, _ what: String) -> String { constant(unique(name, what), [], [value]) }
        func combined(_ operation: String, _ a: String, _ b: String, _ what: String) -> String {
            let result = unique(name, what)
            add(operation, [a, b], to: result)
            return result
        }
        let (half, one) = (number(0.5, "half"), number(1, "one"))
        let bend = unique(name, "bend")
        if function == .gelu {
            add("Erf", [combined("Mul", input, number(Float(0.5).squareRoot(), "factor"), "scaled")], to: bend)
        } else {
            let square = combined("Mul", input, input, "square")
            let cubic = combined("Mul", square, number(0.044715, "cubic_factor"), "cubic")
            let slope = combined("Mul", combined("Add", cubic, one, "sum"), input, "slope")
            let factor = number((2 / Float.pi).squareRoot(), "factor")
            add("Tanh", [combined("Mul", slope, factor, "scaled")], to: bend)
        }
        let share = combined("Mul", combined("Add", bend, one, "share"), half, "half_share")
        add("Mul", [input, share], to: name)
    }

    mutating func add(_ function: BinaryFunction, _ node: Network.Node) throws(ONNXExportError) {
        let (inputs, name) = (node.inputs.map { value($0) }, node.name)
        switch function {
        case .add: add("Add", inputs, to: name)
        case .subtract: add("Sub", inputs, to: name)
        case .multiply: add("Mul", inputs, to: name)
        case .divide: add("Div", inputs, to: name)
        case .power: add("Pow", inputs, to: name)
        case .minimum: add("Min", inputs, to: name)
        case .maximum: add("Max", inputs, to: name)
        case .remainder: add("Mod", inputs, to: name, ["fmod": .integer(1)])
        case .modulo:
            // For floats, ONNX has only the other one: a − b · ⌊a ÷ b⌋.
            let (quotient, whole, product) = (unique(name, "quotient"), unique(name, "whole"), unique(name, "product"))
            add("Div", inputs, to: quotient)
            add("Floor", [quotient], to: whole)
            add("Mul", [whole, inputs[1]], to: product)
            add("Sub", [inputs[0], product], to: name)
        case .equal: addTruth("Equal", inputs, to: name)
        case .less: addTruth("Less", inputs, to: name)
        case .lessOrEqual: addTruth("LessOrEqual", inputs, to: name)
        case .parametricRelu:
            guard network.nodes[node.inputs[0]].shape == node.shape else {
                throw .unsupported(node: name, reason: "its slopes have more elements than what they slope")
            }
            add("PRelu", inputs, to: name)
        }
    }
}
