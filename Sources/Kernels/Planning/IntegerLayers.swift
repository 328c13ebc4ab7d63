// Which layers of a quantised network can be computed with integers, and what runs inside of them. A value type.

/// Whose kernels compute with integers, and on which bytes: oneDNN on unsigned ones. All values on grids have the same
/// kind: a signed grid's numbers are an unsigned one's with 128 added to q and the zero point.
struct IntegerKernels: Equatable {
    let areSigned: Bool
    var oneDNN = false
    var xnnpack = false
    /// They take any weights of 8 bits, and bytes that are moved.
    var openCL = false

    static let none = IntegerKernels(areSigned: false)
}

/// What lies on grids, and is computed with integers.
struct IntegerLayers {
    /// A node computed with integers, with the activation and rounding behind it.
    struct Group {
        /// The node whose value the group gives.
        var result: Network.NodeID
        var activation: Activation
        /// What the result is rounded to; nil for FP32.
        var grid: QuantizationGrid?
        /// The value on a grid that a convolution adds, and the node that adds it.
        var residual: (value: Network.NodeID, addition: Network.NodeID)?
        /// The nodes behind the leader.
        var followers: [Network.NodeID] = []
        /// Whether oneDNN can compute a layer with weights, but for its wide channels.
        var isOneDNNs = false
        /// Output channels whose weights oneDNN's bytes have no room for.
        var wideChannels: [Int] = []
        /// How XNNPACK computes a layer with weights, but for the addition of a residual; nil if it can't.
        var xnnpack: XNNPACKIntegerConvolution?
    }

    let kernels: IntegerKernels

    /// The grids of values that lie on one as far as this network says.
    private(set) var grids: [Network.NodeID: QuantizationGrid] = [:]
    /// By the node that leads the group.
    private(set) var groups: [Network.NodeID: Group] = [:]
    /// Nodes that run in another's group.
    private(set) var absorbed: Set<Network.NodeID> = []

    /// On unsigned bytes where oneDNN computes, which is the faster with them; else on those that XNNPACK can compute
    /// more with: its weights have a scale for each channel where bytes are signed, and a zero point where they aren't.
    init(_ network: Network, _ fusion: LayerFusion, oneDNN: Bool, xnnpack: Bool) {
        self.init(network, fusion, IntegerKernels(areSigned: false, oneDNN: oneDNN, xnnpack: xnnpack))
        guard !oneDNN, xnnpack else { return }
        let signed = IntegerLayers(
            network, fusion, IntegerKernels(areSigned: true, oneDNN: oneDNN, xnnpack: xnnpack))
        if signed.multiplyAccumulates(in: network) >= multiplyAccumulates(in: network) { self = signed }
    }

    init(_ network: Network, _ fusion: LayerFusion, _ kernels: IntegerKernels) {
        self.kernels = kernels
        guard kernels != .none else { return }
        for (id, node) in network.nodes.enumerated() where fusion.live.contains(id) {
            if absorbed.contains(id) || fusion.absorbed.contains(id) { continue }
            if case .unary(.quantize(let grid)) = node.operation {
                grids[id] = grid.on(signed: kernels.areSigned)
            } else if let grid = keptGrid(network, node) {
                (grids[id], groups[id]) = (grid, Group(result: id, activation: .identity, grid: grid))
            } else if let group = group(network, fusion, id) {
                groups[id] = group
                absorbed.formUnion(group.followers)
                grids[group.result] = group.grid
            }
        }
        // Rounded inputs of the above are bytes; where nobody computes with them, they stay floats.
        for (id, node) in network.nodes.enumerated().reversed() {
            guard case .unary(.quantize(let grid)) = node.operation, fusion.live.contains(id), !absorbed.contains(id),
                grids[node.inputs[0]] != nil
                    || fusion.readers[id].contains(where: { groups[$0] != nil || absorbed.contains($0) })
            else { continue }
            groups[id] = Group(result: id, activation: .identity, grid: grid.on(signed: kernels.areSigned))
        }
    }

    /// Whether only XNNPACK computes some of its layers with weights.
    var needXNNPACK: Bool { groups.values.contains { $0.xnnpack != nil && !$0.isOneDNNs } }

    private func multiplyAccumulates(in network: Network) -> Int {
        groups.keys.reduce(0) { $0 + network.multiplyAccumulates(of: network.nodes[$1]) }
    }

    /// The grid of a value that is picked from others on that grid.
    private func keptGrid(_ network: Network, _ node: Network.Node) -> QuantizationGrid? {
        guard let first = node.inputs.first, let grid = grids[first] else { return nil }
        switch node.operation {
        case .pooling(let pooling): return pooling.kind == .maximum ? grid : nil
        case .reshape: return grid
        case .transpose: return kernels.openCL ? grid : nil
        case .concatenation(axis: 1):
            let isSupported = node.shape.rank == 4 || node.shape.rank == 2
            return isSupported && node.inputs.allSatisfy { grids[$0] == grid } ? grid : nil
        default: return nil
        }
    }

    /// What a node is computed together with; nil if it isn't computed with integers.
    private func group(_ network: Network, _ fusion: LayerFusion, _ id: Network.NodeID) -> Group? {
        let node = network.nodes[id]
        guard !node.inputs.isEmpty, node.inputs.allSatisfy({ grids[$0] != nil }) else { return nil }
        var group: Group
        switch node.operation {
        case .convolution(let layer): return weighted(layer, network, fusion, id)
        case .fullyConnected(let layer): return weighted(Convolution(layer), network, fusion, id)
        case .addition(let activation):
            group = Group(result: id, activation: activation)
        case .concatenation(axis: 1) where node.shape.rank == 4 || node.shape.rank == 2:
            group = Group(result: id, activation: .identity)
        case .globalAveragePooling: group = Group(result: id, activation: .identity)
        case .pooling(let pooling):
            // Around the edges, zeros would have to be zero points.
            guard !pooling.countsPadding || pooling.window.padding == .none else { return nil }
            group = Group(result: id, activation: .identity)
        default: return nil
        }
        extend(&group, network, fusion)
        // Sums, means and copies of bytes are written as bytes only.
        return group.grid == nil ? nil : group
    }

    /// - Parameter layer: the node's, as a convolution.
    private func weighted(
        _ layer: Convolution, _ network: Network, _ fusion: LayerFusion, _ id: Network.NodeID
    ) -> Group? {
        guard let weights = layer.weightGrid, let input = grids[network.nodes[id].inputs[0]],
            layer.weights.values.allSatisfy(\.isFinite)
        else { return nil }
        var group = Group(result: id, activation: layer.activation)
        extend(&group, network, fusion)
        if case .convolution = network.nodes[id].operation, group.grid == nil,
            let adding = addingGroup(group, network, fusion, id)
        {
            group = adding
        }
        if kernels.openCL {
            // Sums fit in 32 bits; those of depthwise layers are floats.
            let products = layer.weights.shape.count / layer.outputChannels
            return products <= (layer.inputChannels / layer.groups == 1 ? 256 : 33_000) ? group : nil
        }
        if kernels.oneDNN {
            group.wideChannels = weights.wideChannels(layer.weights)
            // They are computed from unsigned bytes to unsigned bytes, without a residual.
            group.isOneDNNs =
                group.wideChannels.isEmpty
                || group.grid != nil && group.residual == nil
                    && WideChannels.fit(
                        group.wideChannels, of: layer, network.nodes[network.nodes[id].inputs[0]].shape,
                        network.nodes[id].shape)
        }
        if kernels.xnnpack, let grid = group.grid {
            group.xnnpack =
                if let residual = group.residual {
                    addend(of: group, grids[residual.value]!, grid).flatMap {
                        XNNPACKIntegerConvolution(layer, input, $0, .identity)
                    }
                } else {
                    XNNPACKIntegerConvolution(layer, input, grid, group.activation)
                }
        }
        return group.isOneDNNs || group.xnnpack != nil ? group : nil
    }

    /// A grid for what a convolution gives to a sum, which the network has none for: as wide as the sum's own allows it
    /// to matter.
    /// - Returns: nil if XNNPACK can't add on such grids.
    private func addend(
        of group: Group, _ residual: QuantizationGrid, _ result: QuantizationGrid
    ) -> QuantizationGrid? {
        let (low, high) = (
            max(result.range.low, group.activation.range.low), min(result.range.high, group.activation.range.high)
        )
        guard low < high else { return nil }
        let grid = QuantizationGrid(covering: low - residual.range.high...high - residual.range.low)
            .on(signed: kernels.areSigned)
        // Its own rounding shows in the result.
        guard grid.scale <= 3 * result.scale else { return nil }
        return XNNPACKIntegerAddition(grid, residual, result, group.activation, count: 1) == nil ? nil : grid
    }

    /// A convolution with the addition behind it, if the other addend lies on a grid already, and the sum is rounded.
    private func addingGroup(
        _ group: Group, _ network: Network, _ fusion: LayerFusion, _ id: Network.NodeID
    ) -> Group? {
        guard group.activation == .identity, fusion.readers[group.result].count == 1,
            !network.outputs.contains(group.result)
        else { return nil }
        let reader = fusion.readers[group.result][0]
        guard case .addition(let activation) = network.nodes[reader].operation,
            let other = network.nodes[reader].inputs.first(where: { $0 != group.result }), grids[other] != nil
        else { return nil }
        var adding = group
        (adding.activation, adding.residual, adding.result) = (activation, (other, reader), reader)
        adding.followers.append(reader)
        extend(&adding, network, fusion)
        return adding.grid == nil ? nil : adding
    }

    /// Takes in the activation and the rounding behind it, for as long as each value has one reader and isn't an
    /// output.
    private func extend(_ group: inout Group, _ network: Network, _ fusion: LayerFusion) {
        func reader(of id: Network.NodeID) -> Network.NodeID? {
            network.outputs.contains(id) || fusion.readers[id].count != 1 ? nil : fusion.readers[id][0]
        }
        while let next = reader(of: group.result) {
            switch network.nodes[next].operation {
            case .activation(let activation) where group.activation == .identity: group.activation = activation
            case .unary(.quantize(let grid)): group.grid = grid.on(signed: kernels.areSigned)
            default: return
            }
            group.result = next
            group.followers.append(next)
            if group.grid != nil { return }
        }
    }
}

extension QuantizationGrid {
    /// The same numbers with q from −128 to 127, or from 0 to 255.
    func on(signed: Bool) -> QuantizationGrid {
        isSigned == signed
            ? self
            : QuantizationGrid(scale: scale, zeroPoint: zeroPoint + (isSigned ? 128 : -128), isSigned: signed)
    }

    /// Where an activation leaves q.
    func bounds(_ activation: Activation) -> ClosedRange<Int> {
        func index(_ bound: Float) -> Int {
            let q = (bound / scale + Float(zeroPoint)).rounded(.toNearestOrEven)
            return Int(min(max(q, Float(indices.lowerBound)), Float(indices.upperBound)))
        }
        let low = index(activation.range.low)
        return low...max(low, index(activation.range.high))
    }

    /// What clamps q as an activation clamps the numbers; the identity where q never gets beyond.
    func clamp(_ activation: Activation) -> Activation {
        let bounds = bounds(activation)
        return bounds == indices ? .identity : .clip(low: Float(bounds.lowerBound), high: Float(bounds.upperBound))
    }
}

extension WeightGrid {
    /// Whole numbers that, times the channel's scale, are the weights.
    func steps(_ weights: Tensor) -> [Float] {
        let row = weights.shape.count / weights.shape[0]
        var steps = weights.values
        for channel in 0..<weights.shape[0] {
            let scale = self[channel].scale
            for index in channel * row..<(channel + 1) * row { steps[index] = (steps[index] / scale).rounded() }
        }
        return steps
    }

    /// The least and the greatest of those numbers of one channel, or 0.
    func stepRange(_ weights: ArraySlice<Float>, _ channel: Int) -> ClosedRange<Float> {
        var (low, high): (Float, Float) = (0, 0)
        for weight in weights {
            low = min(low, weight)
            high = max(high, weight)
        }
        let scale = self[channel].scale
        return (low / scale).rounded()...(high / scale).rounded()
    }
}
