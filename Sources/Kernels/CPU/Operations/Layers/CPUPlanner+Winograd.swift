// Winograd convolutions of our own: which layers they fit, in which layouts, how long they take.
import COneDNN
import CVectors
import NetworkGraph

extension CPUPlanner {
    /// A convolution by Winograd's algorithm, and how its operands lie.
    struct WinogradLayer {
        let algorithm: LayerAlgorithm
        let step: CPUWinograd
        /// Dense, but for a source whose pixels are apart, which is taken as it is.
        let source: OneDNNLayout
        let target: OneDNNLayout
        let targetOrder: CPUOrder
        /// Where the result is a part of a concatenation.
        let joins: Bool
    }

    /// - Returns: nil where it isn't for a layer.
    func winograd(
        _ id: Network.NodeID, _ layer: Convolution, _ algorithm: LayerAlgorithm
    ) throws(CPULibraryError) -> WinogradLayer? {
        guard let tile = algorithm.tile, layer.groups == 1, layer.window.height == 3, layer.window.width == 3,
            layer.window.isDense, let group = fusion.groups[id], group.function == nil || group.function?.eltwise != nil
        else { return nil }
        let input = network.nodes[id].inputs[0]
        let (from, shape, result) = (value(input), network.nodes[input].shape, network.nodes[id].shape)
        let lanes = CVectors_lanes()
        var order = usualOrder(shape[1], lanes)
        if from.pixelStride != nil, type == dnnl_f32 {
            order = .channelsLast
        } else if from.layout.type == type, let own = try self.order(of: from, shape), own.suits(lanes) {
            order = own
        }
        // XNNPACK's layers go on with channels last.
        let isXNNPACKs = type == dnnl_f32 && order == .channelsLast && takesXNNPACK(input)
        let targetOrder = isXNNPACKs ? .channelsLast : usualOrder(result[1], lanes)
        let joins = isXNNPACKs && group.residual == nil && group.function == nil && fusion.joins[group.result] != nil
        let stride = joins ? joinedStride(group.result) : result[1]
        let step = CPUWinograd(
            CVectors_Map(shape, order, pixelStride: type == dnnl_f32 ? from.pixelStride : nil),
            CVectors_Map(result, targetOrder, pixelStride: stride), layer.window, group.activation, tile: tile,
            addsResult: group.residual != nil, isHalf: type == dnnl_bf16, lanes: lanes, threads: plan.oneDNNThreads)
        guard step.weightBytes <= Self.mostWeightBytes - transformedBytes else { return nil }
        return WinogradLayer(
            algorithm: algorithm, step: step, source: try layout(order, shape, type),
            target: try layout(targetOrder, result, type), targetOrder: targetOrder, joins: joins)
    }

    /// Of transformed weights in a plan, which come on top of the network's own: boards have little memory.
    private static var mostWeightBytes: Int { 512 << 20 }

    /// As oneDNN's layers like it, in whose company most are; fewer channels than a block would be mostly padding.
    private func usualOrder(_ channels: Int, _ lanes: Int) -> CPUOrder {
        #if arch(x86_64)
            let block = max(lanes, 8)
            return channels < block ? .channelsLast : .blocked(block)
        #else
            return .channelsLast
        #endif
    }

    /// The stride of pixels in the outermost concatenation that a value lies in.
    private func joinedStride(_ id: Network.NodeID) -> Int {
        guard let join = fusion.joins[id] else { return network.nodes[id].shape[1] }
        return joinedStride(join.concatenation)
    }

    mutating func addWinograd(
        _ id: Network.NodeID, _ layer: Convolution, _ winograd: WinogradLayer
    ) throws(CPULibraryError) {
        let (input, group) = (network.nodes[id].inputs[0], fusion.groups[id]!)
        let isApart = type == dnnl_f32 && value(input).pixelStride != nil
        let from = isApart ? value(input) : try value(input, in: winograd.source, for: id)
        var result: Value
        if let residual = group.residual {
            result = try destination(
                holding: value(residual.value), addedBy: residual.addition, in: winograd.target, for: id)
        } else if winograd.joins {
            result = try channelsLastDestination(of: group.result)
        } else {
            result = makeValue(winograd.target)
        }
        if winograd.targetOrder == .channelsLast, type == dnnl_f32, !winograd.joins {
            result.pixelStride = network.nodes[id].shape[1]
        }
        for operand in [from, result] { arena.touch(operand.buffer, at: plan.steps.count) }
        let work = CPUPlan.Work.winograd(
            winograd.step, try winograd.step.makeConstants(layer), source: from.buffer, result: result.buffer)
        plan.steps.append(CPUPlan.Step(node: id, work: work))
        transformedBytes += winograd.step.weightBytes
        // In a step of its own: with fewer products, that is still the faster for many layers.
        for function in group.function?.eltwise ?? [] {
            try addEltwise(id, function.algorithm, function.alpha, function.beta, result, result)
        }
        setValue(result, of: group.result)
    }

    /// Our own algorithm for a layer, where it is faster than what takes `limit` nanoseconds.
    func fastestWinograd(
        _ id: Network.NodeID, _ layer: Convolution, limit: Int
    ) throws(CPULibraryError) -> (layer: WinogradLayer, nanoseconds: Int)? {
        var best: (layer: WinogradLayer, nanoseconds: Int)?
        for algorithm in [LayerAlgorithm.winograd4, .winograd2] {
            guard let candidate = try winograd(id, layer, algorithm) else { continue }
            let shortest = best?.nanoseconds ?? limit
            var time = try nanoseconds(candidate.step, id, limit: shortest)
            let from = value(network.nodes[id].inputs[0])
            if time < shortest, from.pixelStride == nil || type != dnnl_f32, from.layout != candidate.source {
                time += try nanosecondsOfReorder(from.layout, candidate.source)
            }
            if time < shortest {
                for function in fusion.groups[id]?.function?.eltwise ?? [] {
                    time += try nanoseconds(
                        of: eltwise(function.algorithm, function.alpha, function.beta, candidate.target))
                }
            }
            if time < shortest { best = (candidate, time) }
        }
        return best
    }

    private func nanoseconds(
        _ step: CPUWinograd, _ id: Network.NodeID, limit: Int
    ) throws(CPULibraryError) -> Int {
        let (source, result) = (try AlignedBuffer(bytes: step.sourceBytes), try AlignedBuffer(bytes: step.resultBytes))
        let (constants, scratch) = (try step.makeConstants(), try AlignedBuffer(bytes: step.scratchBytes))
        return timer.shortest(evicting: step.weightBytes > Self.largeWeights, limit: limit) {
            step.run(source.address, constants, result.address, scratch: scratch.address)
        }
    }
}

extension LayerAlgorithm {
    /// Results along a side of the tiles of Winograd's algorithm of our own.
    fileprivate var tile: Int? {
        switch self {
        case .winograd2: 2
        case .winograd4: 4
        default: nil
        }
    }
}

extension CPUOrder {
    /// Whether vectors of channels can be read.
    fileprivate func suits(_ lanes: Int) -> Bool {
        switch self {
        case .rows: false
        case .channelsLast: true
        case .blocked(let size): size % lanes == 0
        }
    }
}
