// Functions of elements, of pairs of them and of lines along an axis; transposition. Each in the layout that its input
// has, where oneDNN can.
import COneDNN
import NetworkGraph

extension CPUPlanner {
    mutating func addUnary(_ id: Network.NodeID, _ function: UnaryFunction) throws(CPULibraryError) {
        if function.xnnpack != nil, takesXNNPACK(network.nodes[id].inputs[0]) {
            try addXNNPACKElementwise(id) { .unary(function, $0) }
            return
        }
        switch function {
        case .quantize(let grid): try addQuantization(id, grid)
        case .leakyRelu(let slope): try addEltwise(id, (dnnl_eltwise_relu, slope, 0))
        case .sigmoid: try addEltwise(id, (dnnl_eltwise_logistic, 0, 0))
        // Only oneDNN 3 has it whole.
        case .hardSigmoid(let slope, let offset):
            try addEltwise(id, (dnnl_eltwise_linear, slope, offset), (dnnl_eltwise_clip, 0, 1))
        case .hardSwish: try addEltwise(id, (dnnl_eltwise_hardswish, 1.0 / 6, 0.5))
        case .tanh: try addEltwise(id, (dnnl_eltwise_tanh, 0, 0))
        case .gelu: try addEltwise(id, (dnnl_eltwise_gelu_erf, 0, 0))
        case .geluByTanh: try addEltwise(id, (dnnl_eltwise_gelu_tanh, 0, 0))
        case .exponential: try addEltwise(id, (dnnl_eltwise_exp, 0, 0))
        case .logarithm: try addEltwise(id, (dnnl_eltwise_log, 0, 0))
        case .squareRoot: try addEltwise(id, (dnnl_eltwise_sqrt, 0, 0))
        case .reciprocal: try addEltwise(id, (dnnl_eltwise_pow, 1, -1))
        case .negation: try addEltwise(id, (dnnl_eltwise_linear, -1, 0))
        case .absolute: try addEltwise(id, (dnnl_eltwise_abs, 0, 0))
        case .errorFunction, .floor: try addReference(id)
        }
    }

    /// Functions of each element, one behind the other.
    private mutating func addEltwise(
        _ id: Network.NodeID, _ functions: (algorithm: dnnl_alg_kind_t, alpha: Float, beta: Float)...
    ) throws(CPULibraryError) {
        var source = try dense(network.nodes[id].inputs[0], for: id)
        let result = canOverwrite(source, by: id) ? source : makeValue(like: source)
        for function in functions {
            try addEltwise(id, function.algorithm, function.alpha, function.beta, source, result)
            source = result
        }
        setValue(result, of: id)
    }

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

    mutating func addEltwise(
        _ id: Network.NodeID, _ algorithm: dnnl_alg_kind_t, _ alpha: Float, _ beta: Float, _ source: Value,
        _ result: Value
    ) throws(CPULibraryError) {
        let attributes = try OneDNNAttributes()
        let primitive = try OneDNNPrimitive("elementwise function", unit) {
            COneDNN_eltwise($0, $1, algorithm, source.layout.pointer, alpha, beta, attributes.pointer)
        }
        try addStep(id, primitive, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, result)])
    }

    /// oneDNN repeats its second operand only; what repeats the first runs swapped, or as the reference does.
    mutating func addBinary(_ id: Network.NodeID, _ function: BinaryFunction) throws(CPULibraryError) {
        if function == .power {
            try addReference(id)
            return
        }
        let node = network.nodes[id]
        if let kind = function.xnnpack, node.shape.rank <= XNNPACK.largestRank,
            node.inputs.contains(where: { takesXNNPACK($0) })
        {
            try addXNNPACKBinary(id, kind)
            return
        }
        var (first, second) = (node.inputs[0], node.inputs[1])
        if network.nodes[first].shape != node.shape, function == .add || function == .multiply {
            swap(&first, &second)
        }
        guard network.nodes[first].shape == node.shape else {
            try addReference(id)
            return
        }
        // A feature map stays in its layout, if oneDNN can mix it with the other's.
        let (firstShape, secondShape) = (node.shape, network.nodes[second].shape)
        if firstShape.rank == 4 {
            let own = try dense(first, for: id)
            let other =
                secondShape.rank == 4
                ? try dense(second, for: id)
                : Value(
                    layout: try .plain(secondShape.extents(ofRank: 4)), buffer: try plain(second, for: id).buffer)
            if try addBinary(id, function, own, other) { return }
        }
        let rank = firstShape.rank
        let own = Value(
            layout: try .plain(rank == 0 ? [1] : firstShape.extents), buffer: try plain(first, for: id).buffer)
        let other = Value(
            layout: try .plain(rank == 0 ? [1] : secondShape.extents(ofRank: rank)),
            buffer: try plain(second, for: id).buffer)
        if try addBinary(id, function, own, other) {
            setValue(Value(layout: try .plain(extents(node.shape)), buffer: value(id).buffer), of: id)
        } else {
            try addReference(id)
        }
    }

    /// - Returns: false if oneDNN has nothing for these layouts.
    private mutating func addBinary(
        _ id: Network.NodeID, _ function: BinaryFunction, _ first: Value, _ second: Value
    ) throws(CPULibraryError) -> Bool {
        let attributes = try OneDNNAttributes()
        let algorithm: dnnl_alg_kind_t? =
            switch function {
            case .add: dnnl_binary_add
            case .subtract: dnnl_binary_sub
            case .multiply: dnnl_binary_mul
            case .divide: dnnl_binary_div
            case .power, .parametricRelu: nil
            }
        let primitive: OneDNNPrimitive
        do {
            primitive = try OneDNNPrimitive("binary function", unit) {
                guard let algorithm else {
                    return COneDNN_parametric_relu(
                        $0, $1, first.layout.pointer, second.layout.pointer, attributes.pointer)
                }
                return COneDNN_binary(
                    $0, $1, algorithm, first.layout.pointer, second.layout.pointer, first.layout.pointer,
                    attributes.pointer)
            }
        } catch {
            guard error.isUnimplemented else { throw error }
            return false
        }
        let result = makeValue(like: first)
        let other = algorithm == nil ? DNNL_ARG_WEIGHTS : DNNL_ARG_SRC_1
        try addStep(id, primitive, [(DNNL_ARG_SRC_0, first), (other, second), (DNNL_ARG_DST, result)])
        setValue(result, of: id)
        return true
    }

    /// On rows, whatever lies before and behind the axis taken together.
    mutating func addSoftmax(
        _ id: Network.NodeID, _ axis: Int, _ algorithm: dnnl_alg_kind_t
    ) throws(CPULibraryError) {
        let node = network.nodes[id]
        if prefersXNNPACK, algorithm == dnnl_softmax_accurate, axis == node.shape.rank - 1 {
            try addXNNPACKSoftmax(id)
            return
        }
        let source = try plain(node.inputs[0], for: id)
        let (outer, length) = (node.shape.extents[..<axis].reduce(1, *), node.shape[axis])
        let layout = try OneDNNLayout.plain([outer, length, node.shape.count / (outer * length)])
        let attributes = try OneDNNAttributes()
        let primitive = try OneDNNPrimitive("softmax", unit) {
            COneDNN_softmax($0, $1, algorithm, layout.pointer, 1, attributes.pointer)
        }
        let target = makeValue(source.layout)
        try addStep(
            id, primitive,
            [
                (DNNL_ARG_SRC, Value(layout: layout, buffer: source.buffer)),
                (DNNL_ARG_DST, Value(layout: layout, buffer: target.buffer)),
            ])
        setValue(target, of: id)
    }

    /// oneDNN's sums reach equally far to both sides.
    mutating func addLocalResponseNormalization(
        _ id: Network.NodeID, _ layer: LocalResponseNormalization
    ) throws(CPULibraryError) {
        guard !layer.size.isMultiple(of: 2) else {
            try addReference(id)
            return
        }
        let source = try dense(network.nodes[id].inputs[0], for: id)
        let attributes = try OneDNNAttributes()
        let primitive = try OneDNNPrimitive("local response normalization", unit) {
            COneDNN_local_response_normalization(
                $0, $1, source.layout.pointer, Int64(layer.size), layer.alpha, layer.beta, layer.bias,
                attributes.pointer)
        }
        let result = makeValue(like: source)
        try addStep(id, primitive, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, result)])
        setValue(result, of: id)
    }

    /// A reorder from the input seen with its axes in the result's order.
    mutating func addTranspose(_ id: Network.NodeID, _ permutation: [Int]) throws(CPULibraryError) {
        let node = network.nodes[id]
        let input = network.nodes[node.inputs[0]].shape
        // oneDNN has twelve axes at most.
        guard (1...12).contains(permutation.count) else {
            try addReference(id)
            return
        }
        let strides = Reference.strides(input.extents)
        let seen = try OneDNNLayout(node.shape.extents, strides: permutation.map { strides[$0] })
        let target = try OneDNNLayout.plain(node.shape.extents)
        let source = try plain(node.inputs[0], for: id)
        let result = makeValue(try .plain(extents(node.shape)))
        try addReorder(
            Value(layout: seen, buffer: source.buffer), to: Value(layout: target, buffer: result.buffer), for: id)
        setValue(result, of: id)
    }
}
