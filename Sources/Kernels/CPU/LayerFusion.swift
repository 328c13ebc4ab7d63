// Which nodes oneDNN runs together: activations and additions join the convolution in front of them. A value type.

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

    /// By the node that leads the group.
    private(set) var groups: [Network.NodeID: Group] = [:]
    /// Nodes that run in another's group.
    private(set) var absorbed: Set<Network.NodeID> = []
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
        for id in network.nodes.indices where live.contains(id) { extend(from: id, network) }
    }

    /// Takes in what follows a node for as long as each value has one reader and isn't an output.
    private mutating func extend(from leader: Network.NodeID, _ network: Network) {
        var group: Group
        let addsResidual: Bool
        switch network.nodes[leader].operation {
        case .convolution(let layer):
            (group, addsResidual) = (Group(result: leader, activation: layer.activation), true)
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
