// Convolutions: which library, which algorithm, in which layouts. oneDNN's own choice isn't always the fastest, so it
// is timed.
import COneDNN
import CXNNPACK
import NetworkGraph

extension CPUPlanner {
    /// A convolution, but for the algorithm and the layouts.
    struct ConvolutionProblem {
        let source: [Int]
        let weights: [Int]
        let target: [Int]
        let bias: OneDNNLayout
        let window: Window
        let attributes: OneDNNAttributes
        let addsResidual: Bool
    }

    mutating func addConvolution(_ id: Network.NodeID, _ layer: Convolution) throws(CPULibraryError) {
        let node = network.nodes[id]
        let group = fusion.groups[id]!
        let problem = try convolutionProblem(id, layer)
        if try addDepthwisePair(id, layer, problem) { return }
        guard let primitive = try choose(id, layer, problem) else {
            try addXNNPACKConvolution(id, layer)
            return
        }
        let from = try value(node.inputs[0], in: try primitive.source(), for: id)
        let result: Value
        if let residual = group.residual {
            result = try destination(
                holding: residual.value, addedBy: residual.addition, in: try primitive.destination(), for: id)
        } else {
            result = makeValue(try primitive.destination())
        }
        let chosen = try primitive.weights()
        try addStep(
            id, primitive, [(DNNL_ARG_SRC, from), (DNNL_ARG_DST, result)],
            constants: [
                (DNNL_ARG_WEIGHTS, chosen, try constant(layer.weights.values, problem.weights, in: chosen)),
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
        let (node, group, kernel) = (network.nodes[id], fusion.groups[id]!, layer.weights.shape)
        return ConvolutionProblem(
            source: network.nodes[node.inputs[0]].shape.extents,
            weights: layer.groups == 1
                ? kernel.extents : [layer.groups, kernel[0] / layer.groups, kernel[1], kernel[2], kernel[3]],
            target: node.shape.extents, bias: try .plain([kernel[0]]), window: layer.window,
            attributes: try OneDNNAttributes(
                addsDestination: group.residual != nil, activation: group.activation, depthwise: depthwise),
            addsResidual: group.residual != nil)
    }

    /// - Returns: nil for XNNPACK.
    private mutating func choose(
        _ id: Network.NodeID, _ layer: Convolution, _ problem: ConvolutionProblem
    ) throws(CPULibraryError) -> OneDNNPrimitive? {
        let node = network.nodes[id]
        switch layers {
        case .given(let algorithms):
            if algorithms[node] == .xnnpack, supportsXNNPACK(id) { return nil }
            for algorithm in [algorithms[node], .blocked] {
                if let primitive = try make(problem, algorithm) { return primitive }
            }
            return try direct(problem, blocked: false)
        case .measured(let mixesLibraries):
            let (best, algorithm) = try fastest(problem)
            plan.algorithms.byNode[node.name] = algorithm
            guard mixesLibraries, supportsXNNPACK(id), try xnnpackIsFaster(id, layer, than: best)
            else { return best }
            plan.algorithms.byNode[node.name] = .xnnpack
            return nil
        }
    }

    /// Whether XNNPACK is clearly faster, even with the reorders that it needs between oneDNN's layers. They move more
    /// through the caches than timing a layer alone shows: MobileNet with 21 layers of XNNPACK, each a little faster
    /// than oneDNN's, was no faster on one core, and 3 % slower on two.
    private func xnnpackIsFaster(
        _ id: Network.NodeID, _ layer: Convolution, than primitive: OneDNNPrimitive
    ) throws(CPULibraryError) -> Bool {
        // Without vector code for this CPU, oneDNN isn't worth the wait.
        guard !primitive.implementation.hasPrefix("ref") else { return true }
        let (input, group) = (network.nodes[id].inputs[0], fusion.groups[id]!)
        let (source, target) = (network.nodes[input].shape, network.nodes[id].shape)
        let activation = group.residual == nil ? group.activation : .identity
        var steps: [XNNPACKLayer] = [
            .convolution(
                layer, activation, source: .init(source, pixelStride: source[1]),
                target: .init(target, pixelStride: target[1]))
        ]
        if group.residual != nil {
            steps.append(.binary(CXNNPACK_add, first: [target.count], second: [target.count]))
        }
        let limit = try nanoseconds(primitive) * 9 / 10
        var time = try nanoseconds(steps, limit: limit)
        guard time < limit else { return false }
        if value(input).pixelStride == nil {
            time += try nanosecondsOfReorder(value(input).layout, OneDNNLayout(source.extents, dnnl_nhwc))
        }
        time += try nanosecondsOfReorder(OneDNNLayout(target.extents, dnnl_nhwc), primitive.destination())
        return time < limit
    }

    /// The fastest of oneDNN's algorithms.
    func fastest(_ problem: ConvolutionProblem) throws(CPULibraryError) -> (OneDNNPrimitive, LayerAlgorithm) {
        var best: (primitive: OneDNNPrimitive, algorithm: LayerAlgorithm)
        if let blocked = try make(problem, .blocked) {
            best = (blocked, .blocked)
        } else {
            best = (try direct(problem, blocked: false), .library)
        }
        guard let winograd = try make(problem, .winograd) else { return best }
        let time = try nanoseconds(winograd) + nanosecondsOfConversion(winograd, type, problem)
        if try time < nanoseconds(best.primitive) { best = (winograd, .winograd) }
        return best
    }

    /// - Returns: nil where oneDNN has no fast code for this one.
    func make(_ problem: ConvolutionProblem, _ algorithm: LayerAlgorithm) throws(CPULibraryError) -> OneDNNPrimitive? {
        switch algorithm {
        case .library: return try direct(problem, blocked: false)
        case .blocked: return try available { () throws(CPULibraryError) in try direct(problem, blocked: true) }
        case .winograd:
            guard problem.weights.count == 4, problem.window.height == 3, problem.window.width == 3,
                problem.window.isDense, type == dnnl_f32 || !problem.addsResidual
            else { return nil }
            return try available { () throws(CPULibraryError) in try winograd(problem) }
        case .fused, .rows, .blocks16, .blocks32, .xnnpack: return nil
        }
    }

    /// Fewer channels than a block would be mostly padding; there oneDNN chooses (it has kernels for pictures).
    private func direct(_ problem: ConvolutionProblem, blocked: Bool) throws(CPULibraryError) -> OneDNNPrimitive {
        func tag(_ channels: Int) -> dnnl_format_tag_t {
            blocked && channels >= 16 ? dnnl_nChw16c : dnnl_format_tag_any
        }
        return try make(problem, dnnl_convolution_direct, type, tag(problem.source[1]), tag(problem.target[1]))
    }

    /// Always in FP32: oneDNN has it in no other type. Its 2.25 to 4 times fewer products can beat even BF16.
    private func winograd(_ problem: ConvolutionProblem) throws(CPULibraryError) -> OneDNNPrimitive {
        let tag = type == dnnl_f32 ? dnnl_format_tag_any : dnnl_nChw16c
        return try make(problem, dnnl_convolution_winograd, dnnl_f32, tag, tag)
    }

    private func make(
        _ problem: ConvolutionProblem, _ algorithm: dnnl_alg_kind_t, _ type: dnnl_data_type_t,
        _ sourceTag: dnnl_format_tag_t,
        _ targetTag: dnnl_format_tag_t
    ) throws(CPULibraryError) -> OneDNNPrimitive {
        let source = try OneDNNLayout(problem.source, sourceTag, type)
        let weights = try OneDNNLayout.any(problem.weights, type)
        let target = try OneDNNLayout(problem.target, targetTag, type)
        let (window, padding) = (problem.window, problem.window.padding)
        return try OneDNNPrimitive("convolution", unit) {
            COneDNN_convolution(
                $0, $1, algorithm, source.pointer, weights.pointer, problem.bias.pointer, target.pointer,
                window.strides.map(Int64.init), window.dilations.map { Int64($0 - 1) },
                [Int64(padding.top), Int64(padding.left)],
                [Int64(padding.bottom), Int64(padding.right)], problem.attributes.pointer)
        }
    }

    /// What it costs to have a convolution of another type than its neighbours'.
    private func nanosecondsOfConversion(
        _ primitive: OneDNNPrimitive, _ type: dnnl_data_type_t, _ problem: ConvolutionProblem
    ) throws(CPULibraryError) -> Int {
        let (source, target) = (try primitive.source(), try primitive.destination())
        guard source.type != type else { return 0 }
        return try nanosecondsOfReorder(try OneDNNLayout(problem.source, dnnl_nChw16c, type), source)
            + nanosecondsOfReorder(target, try OneDNNLayout(problem.target, dnnl_nChw16c, type))
    }

    /// Where a convolution can add its result to a residual: the residual's own place if nobody needs it afterwards,
    /// otherwise a copy.
    private mutating func destination(
        holding residual: Network.NodeID, addedBy addition: Network.NodeID, in layout: OneDNNLayout,
        for id: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        let current = value(residual)
        if current.layout == layout, canOverwrite(current, by: addition) { return current }
        let copy = makeValue(layout)
        try addReorder(current, to: copy, for: id)
        return copy
    }
}
