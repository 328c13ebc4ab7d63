// Convolutions: with floats by oneDNN or XNNPACK, and with 8-bit numbers by either: bytes in, sums in 32 bits, bytes or
// floats out. (Equations 6 to 9 of V. Peluso et al., "Inference on the Edge", 2019; zero points behind the sums as in
// B. Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018.)
import COneDNN
import CXNNPACK
import NetworkGraph

extension CPUPlanner {
    mutating func addConvolution(
        _ id: Network.NodeID, _ layer: Convolution, _ quantized: CPUQuantizedLayers.Group?
    ) throws(CPULibraryError) {
        if let quantized { return try addQuantizedConvolution(id, layer, quantized) }
        let problem = try convolutionProblem(id, layer)
        if try addDepthwisePair(id, layer, problem) { return }
        switch try choose(id, layer, problem) {
        case .oneDNN(let primitive): try addConvolution(id, layer, problem, primitive)
        case .winograd(let winograd): try addWinograd(id, layer, winograd)
        case .xnnpack: try addXNNPACKConvolution(id, layer)
        }
    }

    private mutating func addConvolution(
        _ id: Network.NodeID, _ layer: Convolution, _ problem: ConvolutionProblem, _ primitive: OneDNNPrimitive
    ) throws(CPULibraryError) {
        let (node, group) = (network.nodes[id], fusion.groups[id]!)
        let from = try value(node.inputs[0], in: try primitive.source(), for: id)
        let result: Value
        if let residual = group.residual {
            result = try destination(
                holding: value(residual.value), addedBy: residual.addition, in: try primitive.destination(), for: id)
        } else {
            result = makeValue(try primitive.destination())
        }
        let chosen = try primitive.weights()
        try addStep(
            id, primitive, [(DNNL_ARG_SRC, from), (DNNL_ARG_DST, result)],
            constants: [
                (DNNL_ARG_WEIGHTS, chosen, try self.weights(layer.weights, problem.weights, in: chosen, of: id)),
                (DNNL_ARG_BIAS, problem.bias, try constant(layer.bias, [layer.outputChannels], in: problem.bias)),
            ])
        // Values are kept in the plan's type: half the bytes to read again, and concatenations need one type.
        if result.layout.type != type {
            let converted = makeValue(try OneDNNLayout(problem.target, dnnl_nChw16c, type))
            try addReorder(result, to: converted, for: id)
            setValue(converted, of: group.result)
        } else {
            setValue(result, of: group.result)
        }
    }

    /// - Parameter depthwise: runs inside the convolution.
    func convolutionProblem(
        _ id: Network.NodeID, _ layer: Convolution, depthwise: OneDNNDepthwise? = nil
    ) throws(CPULibraryError) -> ConvolutionProblem {
        let (node, group) = (network.nodes[id], fusion.groups[id]!)
        return ConvolutionProblem(
            source: network.nodes[node.inputs[0]].shape.extents,
            weights: layer.weightExtents, target: node.shape.extents, bias: try .plain([layer.outputChannels]),
            window: layer.window,
            attributes: try OneDNNAttributes(
                addsDestination: group.residual != nil, activation: group.activation, function: group.function,
                depthwise: depthwise),
            addsResidual: group.residual != nil)
    }

    private enum ConvolutionChoice {
        case oneDNN(OneDNNPrimitive)
        case winograd(WinogradLayer)
        case xnnpack
    }

    private mutating func choose(
        _ id: Network.NodeID, _ layer: Convolution, _ problem: ConvolutionProblem
    ) throws(CPULibraryError) -> ConvolutionChoice {
        let node = network.nodes[id]
        switch selection(of: node) {
        case .given(let algorithms):
            if algorithms[node] == .xnnpack, supportsXNNPACK(id) { return .xnnpack }
            if let winograd = try winograd(id, layer, algorithms[node]) { return .winograd(winograd) }
            for algorithm in [algorithms[node], .blocked] {
                if let primitive = try make(problem, algorithm) { return .oneDNN(primitive) }
            }
            return .oneDNN(try direct(problem, blocked: false))
        case .measured(let mixesLibraries):
            let (primitive, algorithm) = try fastest(problem)
            plan.algorithms.byNode[node.name] = algorithm
            // oneDNN's plain code isn't worth the wait.
            let isPlain = primitive.implementation.hasPrefix("ref")
            var shortest = isPlain ? Int.max : try nanosecondsInPlace(primitive, problem)
            var (choice, target) = (ConvolutionChoice.oneDNN(primitive), try primitive.destination())
            if let (winograd, time) = try fastestWinograd(id, layer, limit: shortest) {
                plan.algorithms.byNode[node.name] = winograd.algorithm
                (choice, target, shortest) = (.winograd(winograd), winograd.target, time)
            }
            guard mixesLibraries, supportsXNNPACK(id),
                try xnnpackIsFaster(id, layer, than: shortest, endingIn: target)
            else { return choice }
            plan.algorithms.byNode[node.name] = .xnnpack
            return .xnnpack
        }
    }

    /// A convolution with what follows it.
    private mutating func addXNNPACKConvolution(_ id: Network.NodeID, _ layer: Convolution) throws(CPULibraryError) {
        let group = fusion.groups[id]!
        let source = try channelsLast(network.nodes[id].inputs[0], for: id)
        let adds = group.residual != nil
        let isLast = !adds && group.function == nil
        let target = isLast ? try channelsLastDestination(of: group.result) : try denseDestination(of: id)
        addStep(
            id,
            .convolution(
                layer, adds ? .identity : group.activation, source: map(network.nodes[id].inputs[0], source),
                target: map(id, target)), [source, target])
        setValue(target, of: isLast ? group.result : id)
        if let residual = group.residual {
            try addXNNPACKAddition(id, target, residual.value, group.activation, result: group.result)
        } else if let function = group.function {
            try addUnary(group.result, function, nil)
        }
    }

    // MARK: 8 bits

    private mutating func addQuantizedConvolution(
        _ id: Network.NodeID, _ layer: Convolution, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) {
        guard group.isOneDNNs else { return try addOnlyXNNPACKs(id, group) }
        let (input, kernel) = (bytes(of: network.nodes[id].inputs[0]), layer.weights.shape)
        let grid = layer.weightGrid!
        var rescaling = Rescaling(grid, layer.bias, input.grid!, group)
        let scaling = try OneDNNScaling()
        if let residual = group.residual {
            let addend = bytes(of: residual.value).grid!
            let factor = Double(addend.scale) / Double(group.grid!.scale)
            for channel in rescaling.biases.indices {
                rescaling.biases[channel] -= factor * Double(addend.zeroPoint)
            }
            try scaling.addDestination(times: Float(factor))
        }
        try scaling.setChannelScales(rescaling.factors.map { Float($0) }, isGrouped: layer.groups > 1)
        try scaling.setZeroPoint(DNNL_ARG_SRC, input.grid!.zeroPoint)
        try scaling.addActivation(rescaling.activation)

        let steps = grid.steps(layer.weights)
        let wide = overflowChannels(id, layer, group, steps, rescaling)
        let source = input.layout
        let extents = layer.weightExtents
        let weights = try OneDNNLayout.any(extents, dnnl_s8)
        let bias = try OneDNNLayout.plain([kernel[0]])
        let target = try OneDNNLayout(
            network.nodes[id].shape.extents, dnnl_nhwc, group.grid == nil ? dnnl_f32 : byteType)
        let primitive = try OneDNNPrimitive.convolution(
            unit, dnnl_convolution_direct, from: source, weights, bias, to: target, layer.window, scaling)
        if let layer = try xnnpackChoice(id, group, insteadOf: primitive, scaling, wide) {
            return try addXNNPACKQuantized(id, layer, group)
        }
        let result =
            try group.residual.map { residual throws(CPULibraryError) in
                let addend = bytes(of: residual.value)
                return try destination(
                    holding: addend, addedBy: residual.addition, in: addend.layout, for: id)
            } ?? makeValue(target)
        let chosen = try primitive.weights()
        try addStep(
            id, primitive, [(DNNL_ARG_SRC, input), (DNNL_ARG_DST, result)],
            constants: [
                (DNNL_ARG_WEIGHTS, chosen, try constant(steps.map(Self.narrowed), extents, in: chosen)),
                (DNNL_ARG_BIAS, bias, try constant(rescaling.constants, [kernel[0]], in: bias)),
            ] + scaling.operands)
        if let wide { addStep(id, wide, input, result) }
        setResult(result, group)
    }
}

extension Convolution {
    /// As oneDNN takes them: with an axis of groups in front, where there are several.
    fileprivate var weightExtents: [Int] {
        let kernel = weights.shape
        return groups == 1 ? kernel.extents : [groups, kernel[0] / groups, kernel[1], kernel[2], kernel[3]]
    }
}
