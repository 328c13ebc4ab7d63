// Which layers of a quantised network can be computed with integers, and what runs inside of them. A value type.

/// What lies on grids. All grids are unsigned here: a signed one's numbers are the same with 128 added to q and the zero
/// point, and bytes from 0 to 255 are what oneDNN is fastest with.
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
    }

    /// The grids of values that lie on one as far as this network says.
    private(set) var grids: [Network.NodeID: QuantizationGrid] = [:]
    /// By the node that leads the group.
    private(set) var groups: [Network.NodeID: Group] = [:]
    /// Nodes that run in another's group.
    private(set) var absorbed: Set<Network.NodeID> = []

    /// What an engine does with bytes.
    enum Support {
        case oneDNN
        /// Any weights of 8 bits, and bytes that are moved.
        case openCL
    }

    private let support: Support

    /// Of none.
    init() { support = .oneDNN }

    init(_ network: Network, _ fusion: LayerFusion, for support: Support = .oneDNN) {
        self.support = support
        for (id, node) in network.nodes.enumerated() where fusion.live.contains(id) {
            if absorbed.contains(id) || fusion.absorbed.contains(id) { continue }
            if case .unary(.quantize(let grid)) = node.operation {
                grids[id] = grid.unsigned
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
            groups[id] = Group(result: id, activation: .identity, grid: grid.unsigned)
        }
    }

    /// The grid of a value that is picked from others on that grid.
    private func keptGrid(_ network: Network, _ node: Network.Node) -> QuantizationGrid? {
        guard let first = node.inputs.first, let grid = grids[first] else { return nil }
        switch node.operation {
        case .pooling(let pooling): return pooling.kind == .maximum ? grid : nil
        case .reshape: return grid
        case .transpose: return support == .openCL ? grid : nil
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
        case .convolution(let layer):
            guard let weights = layer.weightGrid, fits(weights, layer.weights) else { return nil }
            group = Group(result: id, activation: layer.activation)
        case .fullyConnected(let layer):
            guard let weights = layer.weightGrid, fits(weights, layer.weights) else { return nil }
            group = Group(result: id, activation: layer.activation)
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
        if case .convolution = node.operation, group.grid == nil, let adding = addingGroup(group, network, fusion, id) {
            group = adding
        }
        switch node.operation {
        case .convolution, .fullyConnected: return group
        // oneDNN writes sums, means and copies of bytes as bytes only.
        default: return group.grid == nil ? nil : group
        }
    }

    private func fits(_ grid: WeightGrid, _ weights: Tensor) -> Bool { support == .openCL || grid.fits(weights) }

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

    /// Takes in the activation and the rounding behind it, for as long as each value has one reader and isn't an output.
    private func extend(_ group: inout Group, _ network: Network, _ fusion: LayerFusion) {
        func reader(of id: Network.NodeID) -> Network.NodeID? {
            network.outputs.contains(id) || fusion.readers[id].count != 1 ? nil : fusion.readers[id][0]
        }
        while let next = reader(of: group.result) {
            switch network.nodes[next].operation {
            case .activation(let activation) where group.activation == .identity: group.activation = activation
            case .unary(.quantize(let grid)): group.grid = grid.unsigned
            default: return
            }
            group.result = next
            group.followers.append(next)
            if group.grid != nil { return }
        }
    }
}

extension QuantizationGrid {
    /// The same numbers with q from 0 to 255.
    var unsigned: QuantizationGrid {
        isSigned ? QuantizationGrid(scale: scale, zeroPoint: zeroPoint + 128, isSigned: false) : self
    }

    /// What clamps q as an activation clamps the numbers; the identity where q never gets beyond.
    func clamp(_ activation: Activation) -> Activation {
        let low = activation.range.low / scale + Float(zeroPoint)
        let high = activation.range.high / scale + Float(zeroPoint)
        let bounds = (low: Float(indices.lowerBound), high: Float(indices.upperBound))
        return low <= bounds.low && high >= bounds.high
            ? .identity : .clip(low: max(low, bounds.low), high: min(high, bounds.high))
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

    /// Whether those numbers are signed bytes, as they always are where zero points are 0 (or 128 if unsigned).
    func fits(_ weights: Tensor) -> Bool { steps(weights).allSatisfy { (-128...127).contains($0) } }
}
