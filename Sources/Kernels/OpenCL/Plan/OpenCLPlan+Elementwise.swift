// Plans functions of single elements and of pairs of them, and copies: one kernel, built for each function.
import NetworkGraph

/// A function of `Programs/elementwise.cl`, with its numbers.
enum ElementwiseFunction {
    case copy
    case fill(Float)
    case binary(BinaryFunction)
    case unary(UnaryFunction)
    /// b where a isn't 0, else what is there.
    case selection
    /// Floats in steps of a grid.
    case steps(of: QuantizationGrid)
    /// What lies on a grid, in steps of another or, without one, as floats.
    case rescale(QuantizationGrid, to: QuantizationGrid?)
    /// The sum of what lies on two grids, in steps of a third.
    case addScaled(QuantizationGrid, QuantizationGrid, to: QuantizationGrid)

    /// What takes a copy from one grid to another.
    fileprivate static func copy(
        from source: QuantizationGrid?, to target: QuantizationGrid?, _ activation: Activation
    ) -> ElementwiseFunction {
        if source == target, source == nil || activation == .identity { return .copy }
        return source.map { .rescale($0, to: target) } ?? .steps(of: target!)
    }

    fileprivate var macro: String {
        switch self {
        case .copy: "APPLY_COPY"
        case .fill: "APPLY_FILL"
        case .binary(let function): "APPLY_" + function.rawValue.uppercased()
        case .unary(let function): "APPLY_" + function.name.uppercased()
        case .selection: "APPLY_SELECTION"
        case .steps: "APPLY_STEPS"
        case .rescale: "APPLY_RESCALE"
        case .addScaled: "APPLY_ADD_SCALED"
        }
    }

    fileprivate var numbers: [Float] {
        switch self {
        case .fill(let value): [value, 0, 0]
        case .unary(let function): Array((function.parameters + [0, 0, 0]).prefix(3))
        case .steps(let grid): [grid.scale, 0, 0]
        case .rescale(let source, let target): [source.scale / (target?.scale ?? 1), Float(source.zeroPoint), 0]
        case .addScaled(let a, let b, let sum):
            [
                a.scale / sum.scale, b.scale / sum.scale,
                -(a.scale * Float(a.zeroPoint) + b.scale * Float(b.zeroPoint)) / sum.scale,
            ]
        default: [0, 0, 0]
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
    /// out = activation(function(a, b)), all of the same extents; a and b both lie in bytes, or neither.
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
        var function = function
        if case .copy = function { function = .copy(from: a.grid, to: out.grid, activation) }
        let launch = LoopNest([out, a, b]).launch(traits)
        var arguments = [out.memory, a.memory, b.memory, .constant(append(.integers(launch.table)))]
        arguments += function.numbers.map { .float($0) }
        // Bytes that are copied are their own numbers already.
        let grid = if case .copy = function { nil as QuantizationGrid? } else { out.grid }
        arguments.append(activation, on: grid)
        let build = OpenCLBuild(
            .elementwise, traits, "-DFUNCTION=\(function.macro)", from: a.grid, to: out.grid)
        return OpenCLStep(
            node: id, build: build, kernel: "combine", arguments: arguments, global: launch.global,
            group: launch.group, traits)
    }

    mutating func append(_ id: Network.NodeID, _ function: BinaryFunction, _ activation: Activation = .identity) {
        let node = network.nodes[id]
        let operands = node.inputs.map { tensor($0).broadcast(to: node.shape) }
        appendCombination(id, .binary(function), operands[0], operands[1], to: tensor(id), activation)
    }

    /// What is taken where the condition is 0 is put there first.
    mutating func appendSelection(_ id: Network.NodeID) {
        let node = network.nodes[id]
        let operands = node.inputs.map { tensor($0).broadcast(to: node.shape) }
        appendCombination(id, .copy, operands[2], to: tensor(id))
        appendCombination(id, .selection, operands[0], operands[1], to: tensor(id))
    }
}
