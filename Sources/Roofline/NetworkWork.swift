// What a network's layers compute, and what memory they go through in the order in which they run: by shapes alone,
// with what usually is fused fused. A value.

import EnginePlanning
import NetworkGraph

/// The work of one run of a network.
package struct NetworkWork: Sendable {
    /// A layer, with what is fused to it.
    package struct Layer: Sendable {
        package let node: Network.NodeID
        package let name: String
        package let operation: String
        /// 2 × multiply–accumulates; 0 for layers without.
        package let operations: Int
        /// Inputs, weights and result, once each.
        package let minimumBytes: Int
        /// Of them the weights.
        package let weightBytes: Int
        /// How many times fewer multiplications Winograd's F(4×4, 3×3) needs; 1 for layers that it doesn't fit.
        package let winogradFactor: Double
        package let isDepthwise: Bool

        /// Where its bytes lie, in one space of addresses for the whole network.
        let inputs: [Range<Int>]
        let weights: Range<Int>
        let result: Range<Int>
        /// Into how many parts the result can be cut: its rows.
        let rows: Int
    }

    /// Those that run, in their order.
    package let layers: [Layer]
    /// Of all addresses.
    let addressBytes: Int

    package var operations: Int { layers.reduce(0) { $0 + $1.operations } }
    package var minimumBytes: Int { layers.reduce(0) { $0 + $1.minimumBytes } }
    package var weightBytes: Int { layers.reduce(0) { $0 + $1.weightBytes } }

    package init(_ network: Network, in precision: Precision = .fp32) {
        let fusion = LayerFusion(network)
        let nodes = network.nodes
        let byteCount = network.isQuantized ? 1 : precision.byteCount

        // Values that share memory: of a group its result's, of a reshaping its input's.
        var holders = Array(nodes.indices)
        for id in nodes.indices {
            if let group = fusion.groups[id] { holders[id] = group.result }
            if case .reshape = nodes[id].operation { holders[id] = nodes[id].inputs[0] }
        }
        func holder(_ id: Network.NodeID) -> Network.NodeID {
            var id = id
            while holders[id] != id { id = holders[id] }
            return id
        }

        var arena = ArenaPlan()
        let buffers = nodes.map { arena.makeBuffer(bytes: $0.shape.count * byteCount) }
        var joined: Set<Network.NodeID> = []
        for (id, join) in fusion.joins where fusion.live.contains(id) {
            let whole = nodes[join.concatenation]
            // A batch's pictures lie apart.
            guard holder(id) == id, whole.shape[0] == 1 else { continue }
            let channelBytes = whole.shape[2] * whole.shape[3] * byteCount
            arena.place(buffers[id], in: buffers[join.concatenation], at: join.channel * channelBytes)
            joined.insert(id)
        }

        var constantBytes = 0
        func takeConstant(_ bytes: Int) -> Range<Int> {
            defer { constantBytes += bytes }
            return constantBytes..<constantBytes + bytes
        }
        var constants: [Network.NodeID: Range<Int>] = [:]
        struct Step {
            let node: Network.NodeID
            let reads: [Network.NodeID]
            let result: Network.NodeID
            let weights: Range<Int>
        }
        var steps: [Step] = []
        for id in nodes.indices where fusion.live.contains(id) && !fusion.absorbed.contains(id) {
            switch nodes[id].operation {
            case .reshape: continue
            case .constant:
                constants[id] = takeConstant(nodes[id].shape.count * byteCount)
                continue
            case .concatenation where nodes[id].inputs.allSatisfy(joined.contains):
                // Whoever makes the parts writes them where they belong.
                for input in nodes[id].inputs { arena.touch(buffers[holder(input)], at: steps.count) }
                arena.touch(buffers[id], at: steps.count)
                continue
            default: break
            }
            let group = fusion.groups[id]
            let reads = nodes[id].inputs + (group?.residual.map { [$0.value] } ?? [])
            let step = Step(
                node: id, reads: reads.map(holder), result: holder(group?.result ?? id),
                weights: takeConstant(network.parameterBytes(of: nodes[id], in: precision)))
            for value in step.reads + [step.result] where constants[value] == nil {
                arena.touch(buffers[value], at: steps.count)
            }
            steps.append(step)
        }
        for output in network.outputs { arena.touch(buffers[holder(output)], at: steps.count) }

        let (offsets, arenaBytes) = arena.layOut()
        func place(_ value: Network.NodeID) -> Range<Int> {
            if let constant = constants[value] { return constant.shifted(by: arenaBytes) }
            return offsets[buffers[value]]..<offsets[buffers[value]] + nodes[value].shape.count * byteCount
        }
        addressBytes = arenaBytes + constantBytes
        layers = steps.map { step in
            let node = nodes[step.node]
            let residual = fusion.groups[step.node]?.residual.map { nodes[$0.value].shape.count } ?? 0
            let valueBytes = network.valueBytes(at: node, in: precision)
            var isDepthwise = false
            if case .convolution(let layer) = node.operation { isDepthwise = layer.isDepthwise }
            return Layer(
                node: step.node, name: node.name, operation: node.operation.name,
                operations: 2 * network.multiplyAccumulates(of: node),
                minimumBytes: network.minimumBytes(of: node, in: precision) + residual * valueBytes,
                weightBytes: step.weights.count, winogradFactor: node.operation.winogradFactor,
                isDepthwise: isDepthwise, inputs: step.reads.map(place),
                weights: step.weights.shifted(by: arenaBytes), result: place(step.result),
                rows: node.shape.rank == 4 ? node.shape[2] : 1)
        }
    }
}

extension Range<Int> {
    fileprivate func shifted(by bytes: Int) -> Range<Int> { lowerBound + bytes..<upperBound + bytes }
}

extension Operation {
    /// F(4×4, 3×3) needs 36 products for 16 results of 9 (Lavin and Gray, 2016).
    fileprivate var winogradFactor: Double {
        guard case .convolution(let layer) = self else { return 1 }
        let window = layer.window
        let isDense3x3 = window.height == 3 && window.width == 3 && window.isDense
        return isDense3x3 && layer.groups == 1 && layer.weightGrid == nil ? 4 : 1
    }
}
