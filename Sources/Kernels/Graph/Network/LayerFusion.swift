// Which nodes run together: activations and additions join the convolution in front of them, and who writes into whose
// concatenation. A value type.

/// What each node becomes: run alone, run with those behind it, or not at all.
struct LayerFusion {
    /// A convolution or fully connected layer with what follows it.
    struct Group {
        /// The node whose value the group gives.
        var result: Network.NodeID
        var activation: Activation
        /// The value that is added before the activation, and the node that adds it.
        var residual: (value: Network.NodeID, addition: Network.NodeID)?
        /// The nodes behind the leader.
        var followers: [Network.NodeID] = []
    }

    /// A place in a concatenation of channels.
    struct Join {
        let concatenation: Network.NodeID
        /// Channels in front of it.
        let channel: Int
    }

    /// By the node that leads the group.
    private(set) var groups: [Network.NodeID: Group] = [:]
    /// Nodes that run in another's group.
    private(set) var absorbed: Set<Network.NodeID> = []
    /// Depthwise convolutions that could run inside the 1×1 convolution in front of them, by the latter.
    private(set) var depthwise: [Network.NodeID: Network.NodeID] = [:]
    /// By the node that is concatenated: the first concatenation of feature maps that reads it, if it does so once.
    private(set) var joins: [Network.NodeID: Join] = [:]
    /// Nodes that an output needs.
    let live: Set<Network.NodeID>
    /// The live nodes that read each node, once for each time they do.
    let readers: [[Network.NodeID]]

    init(_ network: Network) {
        var live = Set(network.outputs)
        for (id, node) in network.nodes.enumerated().reversed() where live.contains(id) {
            live.formUnion(node.inputs)
        }
        var readers = [[Network.NodeID]](repeating: [], count: network.nodes.count)
        for (id, node) in network.nodes.enumerated() where live.contains(id) {
            for input in node.inputs { readers[input].append(id) }
        }
        (self.live, self.readers) = (live, readers)
        for id in network.nodes.indices where live.contains(id) {
            extend(from: id, network)
            join(id, network)
        }
        for id in groups.keys { depthwise[id] = depthwiseReader(of: id, network) }
    }

    /// - Returns: a depthwise convolution of 3×3 that alone reads what a 1×1 convolution gives.
    private func depthwiseReader(of leader: Network.NodeID, _ network: Network) -> Network.NodeID? {
        guard let group = groups[leader], group.residual == nil, !network.outputs.contains(group.result),
            readers[group.result].count == 1, case .convolution(let pointwise) = network.nodes[leader].operation,
            pointwise.groups == 1, pointwise.window == Window(height: 1, width: 1)
        else { return nil }
        let reader = readers[group.result][0]
        guard case .convolution(let layer) = network.nodes[reader].operation, layer.isDepthwise,
            groups[reader]?.residual == nil
        else { return nil }
        let (rows, columns) = (layer.window.rows, layer.window.columns)
        let isSquare = rows.kernel == columns.kernel && rows.stride == columns.stride && rows.near == columns.near
        guard isSquare, rows.kernel == 3, rows.near <= 1, rows.stride <= 2, !layer.window.isDilated else { return nil }
        // oneDNN pads the far edges as it takes to cover all of the input.
        let (shape, input) = (network.nodes[reader].shape, network.nodes[group.result].shape)
        let covers = [2, 3].allSatisfy { shape[$0] == (input[$0] + rows.stride - 1) / rows.stride }
        return covers ? reader : nil
    }

    private mutating func join(_ id: Network.NodeID, _ network: Network) {
        let node = network.nodes[id]
        guard case .concatenation(axis: 1) = node.operation, node.shape.rank == 4 else { return }
        var channel = 0
        for input in node.inputs {
            if joins[input] == nil, node.inputs.filter({ $0 == input }).count == 1 {
                joins[input] = Join(concatenation: id, channel: channel)
            }
            channel += network.nodes[input].shape[1]
        }
    }

    /// Takes in what follows a node for as long as each value has one reader and isn't an output.
    private mutating func extend(from leader: Network.NodeID, _ network: Network) {
        var group: Group
        let addsResidual: Bool
        switch network.nodes[leader].operation {
        case .convolution(let layer):
            // Where values are rounded, what is fused is `IntegerLayers`' to say.
            (group, addsResidual) = (Group(result: leader, activation: layer.activation), layer.weightGrid == nil)
        case .fullyConnected(let layer):
            (group, addsResidual) = (Group(result: leader, activation: layer.activation), false)
        default: return
        }
        while group.activation == .identity, !network.outputs.contains(group.result),
            readers[group.result].count == 1
        {
            let reader = readers[group.result][0]
            switch network.nodes[reader].operation {
            case .activation(let activation):
                group.activation = activation
            case .addition(let activation) where addsResidual && group.residual == nil:
                guard let other = network.nodes[reader].inputs.first(where: { $0 != group.result }), other < leader
                else {
                    groups[leader] = group
                    return
                }
                group.residual = (other, reader)
                group.activation = activation
            default:
                groups[leader] = group
                return
            }
            group.result = reader
            group.followers.append(reader)
            absorbed.insert(reader)
        }
        groups[leader] = group
    }
}
