// Functions of single elements, each in the layout that its input has, where oneDNN can; in place, if nobody else needs
// what they read. Rounding to grids, of floats that stay floats and of what becomes bytes.
import COneDNN
import EnginePlanning
import NetworkGraph

extension CPUPlanner {
    /// An activation that no layer took in: in place, if nobody else needs the value before it.
    mutating func addActivation(_ id: Network.NodeID, _ activation: Activation) throws(CPULibraryError) {
        let input = network.nodes[id].inputs[0]
        guard let (algorithm, alpha, beta) = activation.eltwise else {
            setValue(value(input), of: id)
            return
        }
        if activation.isSupportedByXNNPACK, takesXNNPACK(input) {
            try addXNNPACKElementwise(id) { .activation(activation, $0) }
            return
        }
        let source = try dense(input, for: id)
        let result = canOverwrite(source, by: id) ? source : makeValue(like: source)
        try addEltwise(id, algorithm, alpha, beta, source, result)
        setValue(result, of: id)
    }

    mutating func addUnary(
        _ id: Network.NodeID, _ function: UnaryFunction, _ quantized: CPUQuantizedLayers.Group?
    ) throws(CPULibraryError) {
        if let quantized { return try addRounding(id, quantized) }
        if function.xnnpack != nil, takesXNNPACK(network.nodes[id].inputs[0]) {
            try addXNNPACKElementwise(id) { .unary(function, $0) }
            return
        }
        if let functions = function.eltwise { return try addEltwise(id, functions) }
        if case .quantize(let grid) = function { return try addQuantization(id, grid) }
        try addReference(id)
    }

    /// Functions of each element, one behind the other.
    private mutating func addEltwise(
        _ id: Network.NodeID, _ functions: [(algorithm: dnnl_alg_kind_t, alpha: Float, beta: Float)]
    ) throws(CPULibraryError) {
        var source = try dense(network.nodes[id].inputs[0], for: id)
        let result = canOverwrite(source, by: id) ? source : makeValue(like: source)
        for function in functions {
            try addEltwise(id, function.algorithm, function.alpha, function.beta, source, result)
            source = result
        }
        setValue(result, of: id)
    }

    mutating func addEltwise(
        _ id: Network.NodeID, _ algorithm: dnnl_alg_kind_t, _ alpha: Float, _ beta: Float, _ source: Value,
        _ result: Value
    ) throws(CPULibraryError) {
        let primitive = try eltwise(algorithm, alpha, beta, source.layout)
        try addStep(id, primitive, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, result)])
    }

    func eltwise(
        _ algorithm: dnnl_alg_kind_t, _ alpha: Float, _ beta: Float, _ layout: OneDNNLayout
    ) throws(CPULibraryError) -> OneDNNPrimitive {
        let attributes = try OneDNNAttributes()
        return try OneDNNPrimitive("elementwise function", unit) {
            COneDNN_eltwise($0, $1, algorithm, layout.pointer, alpha, beta, attributes.pointer)
        }
    }

    /// A function of elements, of a feature map in its place in a concatenation or of any dense value.
    private mutating func addXNNPACKElementwise(
        _ id: Network.NodeID, _ layer: (XNNPACKLayer.Rows) -> XNNPACKLayer
    ) throws(CPULibraryError) {
        let input = network.nodes[id].inputs[0]
        let shape = network.nodes[id].shape
        guard shape.rank == 4, value(input).pixelStride != nil else {
            let source = try plain(input, for: id)
            let target = canOverwrite(source, by: id) ? source : makeValue(source.layout)
            addStep(id, layer(.line(shape.count)), [source, target])
            setValue(target, of: id)
            return
        }
        let source = value(input)
        let target = canOverwrite(source, by: id) ? source : try channelsLastDestination(of: id)
        let rows = XNNPACKLayer.Rows(
            count: shape.count / shape[1], length: shape[1], sourceStride: source.pixelStride!,
            targetStride: target.pixelStride!)
        addStep(id, layer(rows), [source, target])
        setValue(target, of: id)
    }

    // MARK: Rounding

    /// In the layout that the value has; blocks that are filled up with zeros keep them, as zero is on every grid.
    private mutating func addQuantization(
        _ id: Network.NodeID, _ grid: QuantizationGrid
    ) throws(CPULibraryError) {
        var source = try dense(network.nodes[id].inputs[0], for: id)
        let bytes: Int
        switch source.layout.type {
        case dnnl_f32: bytes = MemoryLayout<Float>.stride
        case dnnl_bf16: bytes = MemoryLayout<UInt16>.stride
        default:
            source = try plain(network.nodes[id].inputs[0], for: id)
            bytes = MemoryLayout<Float>.stride
        }
        let result = canOverwrite(source, by: id) ? source : makeValue(like: source)
        for operand in [source, result] { arena.touch(operand.buffer, at: plan.steps.count) }
        let operands = CPUQuantization(
            source: source.buffer, result: result.buffer, count: source.layout.bytes / bytes, bytes: bytes)
        plan.steps.append(CPUPlan.Step(node: id, work: .quantization(grid, operands)))
        setValue(result, of: id)
    }

    /// To bytes.
    private mutating func addRounding(_ id: Network.NodeID, _ group: CPUQuantizedLayers.Group) throws(CPULibraryError) {
        setResult(try bytes(of: network.nodes[id].inputs[0], on: group.grid!, for: id), group)
    }
}

extension UnaryFunction {
    /// oneDNN's elementwise operations for it, one behind the other; nil where it has none.
    var eltwise: [(algorithm: dnnl_alg_kind_t, alpha: Float, beta: Float)]? {
        switch self {
        case .leakyRelu(let slope): [(dnnl_eltwise_relu, slope, 0)]
        case .sigmoid: [(dnnl_eltwise_logistic, 0, 0)]
        // Only oneDNN 3 has it whole.
        case .hardSigmoid(let slope, let offset):
            [(dnnl_eltwise_linear, slope, offset), (dnnl_eltwise_clip, 0, 1)]
        case .hardSwish: [(dnnl_eltwise_hardswish, 1.0 / 6, 0.5)]
        case .tanh: [(dnnl_eltwise_tanh, 0, 0)]
        case .gelu: [(dnnl_eltwise_gelu_erf, 0, 0)]
        case .geluByTanh: [(dnnl_eltwise_gelu_tanh, 0, 0)]
        case .exponential: [(dnnl_eltwise_exp, 0, 0)]
        case .logarithm: [(dnnl_eltwise_log, 0, 0)]
        case .squareRoot: [(dnnl_eltwise_sqrt, 0, 0)]
        case .reciprocal: [(dnnl_eltwise_pow, 1, -1)]
        case .negation: [(dnnl_eltwise_linear, -1, 0)]
        case .absolute: [(dnnl_eltwise_abs, 0, 0)]
        case .round: [(dnnl_eltwise_round, 0, 0)]
        case .reciprocalSquareRoot: [(dnnl_eltwise_pow, 1, -0.5)]
        case .exponentialLinear(let alpha, 1, 1): [(dnnl_eltwise_elu, alpha, 0)]
        case .exponentialLinear(let alpha, let scale, 1):
            [(dnnl_eltwise_elu, alpha, 0), (dnnl_eltwise_linear, scale, 0)]
        case .mish: [(dnnl_eltwise_mish, 0, 0)]
        case .swish(let beta): [(dnnl_eltwise_swish, beta, 0)]
        case .errorFunction, .floor, .ceiling, .truncation, .sign, .sine, .cosine, .tangent, .arcSine, .arcCosine,
            .arcTangent, .hyperbolicSine, .hyperbolicCosine, .inverseHyperbolicSine, .inverseHyperbolicCosine,
            .inverseHyperbolicTangent, .exponentialLinear, .softplus, .softsign, .threshold, .shrink, .logicalNot,
            .isNotNumber, .isInfinite, .quantize:
            nil
        }
    }

    /// Whether oneDNN's convolutions do it on their results: what networks have behind them, of which zero, which fills
    /// up blocks, stays zero.
    var isPostOperation: Bool {
        switch self {
        case .leakyRelu, .hardSwish, .tanh, .gelu, .geluByTanh, .swish, .exponentialLinear(_, 1, 1): true
        default: false
        }
    }
}
