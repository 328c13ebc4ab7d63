// Which nodes run together: activations and additions join the convolution in front of them, and who writes into whose
// concatenation. A value type.

/// What each node becomes: run alone, run with those behind it, or not at all.
package struct LayerFusion: Sendable {
    /// A convolution or fully connected layer with what follows it.
    package struct Group: Sendable {
        /// The node whose value the group gives.
        package fileprivate(set) var result: Network.NodeID
        package fileprivate(set) var activation: Activation
        /// What comes behind the layer instead of an activation.
        package fileprivate(set) var function: UnaryFunction?
        /// The value that is added before the activation, and the node that adds it.
        package fileprivate(set) var residual: (value: Network.NodeID, addition: Network.NodeID)?
        /// The nodes behind the leader.
        package fileprivate(set) var followers: [Network.NodeID] = []
    }

    /// A place in a concatenation of channels.
    package struct Join: Sendable {
        package let concatenation: Network.NodeID
        /// Channels in front of it.
        package let channel: Int
    }

    /// By the node that leads the group.
    package private(set) var groups: [Network.NodeID: Group] = [:]
    /// Nodes that run in another's group.
    package private(set) var absorbed: Set<Network.NodeID> = []
    /// By the node that is concatenated: the first concatenation of feature maps that reads it, if it does so once.
    package private(set) var joins: [Network.NodeID: Join] = [:]
    /// Nodes that an output needs.
    package let live: Set<Network.NodeID>
    /// The live nodes that read each node, once for each time they do.
    package let readers: [[Network.NodeID]]

    /// - Parameters:
    ///   - others: nodes that are computed otherwise: they stay out of groups.
    ///   - addsToRounded: whether convolutions whose weights lie on grids add residuals, too: not where these may yet be
    ///     computed with 8-bit numbers, since `QuantizedLayers` says what is fused then.
    ///   - takes: which functions a convolution can do on its result.
    package init(
        _ network: Network, except others: Set<Network.NodeID> = [], addsToRounded: Bool = false,
        takes: (UnaryFunction) -> Bool = { _ in false }
    ) {
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
            if !others.contains(id) { extend(from: id, network, others, addsToRounded, takes) }
            join(id, network)
        }
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
    private mutating func extend(
        from leader: Network.NodeID, _ network: Network, _ others: Set<Network.NodeID>, _ addsToRounded: Bool,
        _ takes: (UnaryFunction) -> Bool
    ) {
        guard let layer = network.nodes[leader].operation.definition as? any FusableLayer else { return }
        var group = Group(result: leader, activation: layer.activation)
        var addsResidual = false
        if case .convolution(let layer) = network.nodes[leader].operation {
            addsResidual = layer.weightGrid == nil || addsToRounded
        }
        while group.activation == .identity, group.function == nil, !network.outputs.contains(group.result),
            readers[group.result].count == 1
        {
            let reader = readers[group.result][0]
            if others.contains(reader) { break }
            switch network.nodes[reader].operation {
            case .activation(let activation):
                group.activation = activation
            case .unary(let function) where addsResidual && group.residual == nil && takes(function):
                group.function = function
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
