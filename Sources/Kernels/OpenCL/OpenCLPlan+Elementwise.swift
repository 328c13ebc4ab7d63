// Plans functions of single elements and of pairs of them, and copies: one kernel, built for each function.

/// A function of `Programs/elementwise.cl`, with its numbers.
enum ElementwiseFunction {
    case copy
    case fill(Float)
    case binary(BinaryFunction)
    case unary(UnaryFunction)

    fileprivate var macro: String {
        switch self {
        case .copy: "APPLY_COPY"
        case .fill: "APPLY_FILL"
        case .binary(let function): "APPLY_" + function.rawValue.uppercased()
        case .unary(let function): "APPLY_" + function.name.uppercased()
        }
    }

    fileprivate var numbers: [Float] {
        switch self {
        case .fill(let value), .unary(.leakyRelu(let value)): [value, 0]
        case .unary(.hardSigmoid(let slope, let offset)): [slope, offset]
        case .unary(.quantize(let grid)): [grid.scale, 0]
        default: [0, 0]
        }
    }
}

extension UnaryFunction {
    /// What its results are clamped to: a grid has ends.
    var limits: Activation {
        guard case .quantize(let grid) = self else { return .identity }
        return .clip(low: grid.range.low, high: grid.range.high)
    }
}

extension OpenCLPlan {
    /// out = activation(function(a, b)), all of the same extents.
    mutating func appendCombination(
        _ id: Network.NodeID, _ function: ElementwiseFunction, _ a: TensorView, _ b: TensorView? = nil,
        to out: TensorView, _ activation: Activation = .identity
    ) {
        let step = combination(id, function, a, b, to: out, activation)
        append(step)
    }

    /// The same as a step that runs elsewhere.
    mutating func combination(
        _ id: Network.NodeID, _ function: ElementwiseFunction, _ a: TensorView, _ b: TensorView? = nil,
        to out: TensorView, _ activation: Activation = .identity
    ) -> OpenCLStep {
        // What a function doesn't take isn't read.
        let b = b ?? a
        let launch = LoopNest([out, a, b]).launch(traits)
        var arguments = [out.memory, a.memory, b.memory, .constant(append(.integers(launch.table)))]
        arguments += function.numbers.map { .float($0) }
        arguments.append(activation)
        return step(id, .elementwise, "combine", arguments, launch, options: "-DFUNCTION=\(function.macro)")
    }

    mutating func append(_ id: Network.NodeID, _ function: BinaryFunction, _ activation: Activation = .identity) {
        let node = network.nodes[id]
        let operands = node.inputs.map { tensor($0).broadcast(to: node.shape) }
        appendCombination(id, .binary(function), operands[0], operands[1], to: tensor(id), activation)
    }
}
