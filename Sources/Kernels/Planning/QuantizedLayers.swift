// Which layers of a quantised network can be computed with 8-bit numbers, and what runs inside of them. A value type.
import NetworkGraph

/// What an engine computes with 8-bit numbers. All values on grids have the same kind of bytes: a signed grid's numbers
/// are an unsigned one's with 128 added to q and the zero point.
package protocol QuantizedKernels: Sendable {
    /// How a layer with weights is computed.
    associatedtype Layer: Sendable

    var areSigned: Bool { get }

    /// How a layer with weights is computed; nil if it can't be.
    /// - Parameters:
    ///   - layer: the node's, as a convolution, with weights on a grid.
    ///   - group: what runs with it.
    ///   - input: the grid of what it reads.
    ///   - residual: the grid of what is added to it.
    ///   - shapes: of what it reads and gives, as the network has them.
    func layer(
        _ layer: Convolution, _ group: QuantizedLayers<Self>.Group, input: QuantizationGrid,
        residual: QuantizationGrid?, shapes: (input: Shape, output: Shape)
    ) -> Layer?
}

/// What lies on grids, and is computed with 8-bit numbers.
package struct QuantizedLayers<Kernels: QuantizedKernels>: Sendable {
    /// A node computed with 8-bit numbers, with the activation and rounding behind it.
    package struct Group: Sendable {
        /// The node whose value the group gives.
        package fileprivate(set) var result: Network.NodeID
        package fileprivate(set) var activation: Activation
        /// What the result is rounded to; nil for FP32.
        package fileprivate(set) var grid: QuantizationGrid?
        /// The value on a grid that a convolution adds, and the node that adds it.
        package fileprivate(set) var residual: (value: Network.NodeID, addition: Network.NodeID)?
        /// The nodes behind the leader.
        package fileprivate(set) var followers: [Network.NodeID] = []
        /// How a layer with weights is computed; nil for other nodes.
        package fileprivate(set) var layer: Kernels.Layer?
    }

    package let kernels: Kernels

    /// The grids of values that lie on one as far as this network says.
    private var grids: [Network.NodeID: QuantizationGrid] = [:]
    /// By the node that leads the group.
    package private(set) var groups: [Network.NodeID: Group] = [:]
    /// Nodes that run in another's group.
    package private(set) var absorbed: Set<Network.NodeID> = []

    /// None.
    package init(noneBy kernels: Kernels) { self.kernels = kernels }

    package init(_ network: Network, _ fusion: LayerFusion, by kernels: Kernels) {
        self.kernels = kernels
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
        // What is only put in another order on its way out is dequantised first: then that may be no work.
        for (id, node) in network.nodes.enumerated().reversed() where groups[id] != nil {
            switch node.operation {
            case .transpose, .reshape:
                if !fusion.readers[id].contains(where: { groups[$0] != nil || absorbed.contains($0) }) {
                    (grids[id], groups[id]) = (nil, nil)
                }
            default: break
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

    /// The grid of a value that is picked from others on that grid.
    private func keptGrid(_ network: Network, _ node: Network.Node) -> QuantizationGrid? {
        guard let first = node.inputs.first, let grid = grids[first],
            max(node.shape.rank, network.nodes[first].shape.rank) <= 8
        else { return nil }
        switch node.operation {
        case .concatenation(let axis):
            let isSupported = axis == 1 && (node.shape.rank == 4 || node.shape.rank == 2)
            return isSupported && node.inputs.allSatisfy { grids[$0] == grid } ? grid : nil
        case let operation: return operation.definition.quantizedUse == .picks ? grid : nil
        }
    }

    /// What a node is computed together with; nil if it isn't computed with 8-bit numbers.
    private func group(_ network: Network, _ fusion: LayerFusion, _ id: Network.NodeID) -> Group? {
        let node = network.nodes[id]
        guard node.operation.definition.quantizedUse != .none, !node.inputs.isEmpty,
            node.inputs.allSatisfy({ grids[$0] != nil })
        else { return nil }
        var group = Group(result: id, activation: .identity)
        switch node.operation {
        case .convolution(let layer): return weighted(layer, network, fusion, id)
        case .fullyConnected(let layer): return weighted(Convolution(layer), network, fusion, id)
        case .addition(let activation): group.activation = activation
        case .concatenation(let axis):
            guard axis == 1, node.shape.rank == 4 || node.shape.rank == 2 else { return nil }
        case .globalAveragePooling: break
        case .pooling(let pooling):
            // Around the edges, zeros would have to be zero points.
            guard !pooling.countsPadding || pooling.window.padding == .none else { return nil }
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
        guard layer.weightGrid != nil, let input = grids[network.nodes[id].inputs[0]],
            layer.weights.values.allSatisfy(\.isFinite)
        else { return nil }
        var group = Group(result: id, activation: layer.activation)
        extend(&group, network, fusion)
        if case .convolution = network.nodes[id].operation, group.grid == nil,
            let adding = addingGroup(group, network, fusion, id)
        {
            group = adding
        }
        let shapes = (network.nodes[network.nodes[id].inputs[0]].shape, network.nodes[id].shape)
        group.layer = kernels.layer(
            layer, group, input: input, residual: group.residual.map { grids[$0.value]! }, shapes: shapes)
        return group.layer == nil ? nil : group
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

extension Convolution {
    /// A fully connected layer, on rows that are maps of one pixel.
    package init(_ layer: FullyConnected) {
        self.init(
            weights: Tensor(Shape(layer.weights.shape.extents + [1, 1]), layer.weights.values), bias: layer.bias,
            window: Window(height: 1, width: 1), activation: layer.activation, weightGrid: layer.weightGrid)
    }
}
