// Convolutions with floats: which library, which algorithm, in which layouts. oneDNN's own choice isn't always the
// fastest, so it is timed.
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

    /// Whether XNNPACK is clearly faster, even with the reorders that it needs between oneDNN's layers. They move more
    /// through the caches than timing a layer alone shows: MobileNet with 21 layers of XNNPACK, each a little faster
    /// than oneDNN's, was no faster on one core, and 3 % slower on two.
    func xnnpackIsFaster(
        _ id: Network.NodeID, _ layer: Convolution, than shortest: Int, endingIn layout: OneDNNLayout
    ) throws(CPULibraryError) -> Bool {
        guard shortest < .max else { return true }
        let (input, group) = (network.nodes[id].inputs[0], fusion.groups[id]!)
        // Functions would take a step more.
        guard group.function == nil else { return false }
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
        let limit = shortest * 9 / 10
        var time = try nanoseconds(steps, limit: limit)
        guard time < limit else { return false }
        if value(input).pixelStride == nil {
            time += try nanosecondsOfReorder(value(input).layout, OneDNNLayout(source.extents, dnnl_nhwc))
        }
        time += try nanosecondsOfReorder(OneDNNLayout(target.extents, dnnl_nhwc), layout)
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
        if try nanosecondsInPlace(winograd, problem) < nanoseconds(best.primitive) { best = (winograd, .winograd) }
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
        case .winograd2, .winograd4, .fused, .rows, .columns, .blocks16, .blocks32, .xnnpack: return nil
        }
    }

    /// Fewer channels than a block would be mostly padding; there oneDNN chooses (it has kernels for pictures).
    func direct(_ problem: ConvolutionProblem, blocked: Bool) throws(CPULibraryError) -> OneDNNPrimitive {
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

    func make(
        _ problem: ConvolutionProblem, _ algorithm: dnnl_alg_kind_t, _ type: dnnl_data_type_t,
        _ sourceTag: dnnl_format_tag_t,
        _ targetTag: dnnl_format_tag_t
    ) throws(CPULibraryError) -> OneDNNPrimitive {
        let source = try OneDNNLayout(problem.source, sourceTag, type)
        let weights = try OneDNNLayout.any(problem.weights, type)
        let target = try OneDNNLayout(problem.target, targetTag, type)
        return try .convolution(
            unit, algorithm, from: source, weights, problem.bias, to: target, problem.window, problem.attributes)
    }

    /// With what it costs to have a convolution of another type than its neighbours'.
    func nanosecondsInPlace(
        _ primitive: OneDNNPrimitive, _ problem: ConvolutionProblem
    ) throws(CPULibraryError) -> Int {
        let (source, target) = (try primitive.source(), try primitive.destination())
        let time = try nanoseconds(primitive)
        guard source.type != type else { return time }
        return try time + nanosecondsOfReorder(try OneDNNLayout(problem.source, dnnl_nChw16c, type), source)
            + nanosecondsOfReorder(target, try OneDNNLayout(problem.target, dnnl_nChw16c, type))
    }
}
