// Fully connected layers. One frame reads each weight once, so that the layout of the weights decides how near a layer
// comes to the memory's bandwidth; oneDNN's own choice is made for batches.
import COneDNN
import NetworkGraph

extension CPUPlanner {
    mutating func addFullyConnected(_ id: Network.NodeID, _ layer: FullyConnected) throws(CPULibraryError) {
        let node = network.nodes[id]
        let group = fusion.groups[id]!
        let (batch, outputs, features) = (node.shape[0], layer.weights.shape[0], layer.weights.shape[1])
        let bias = try OneDNNLayout.plain([outputs])
        let attributes = try OneDNNAttributes(activation: group.activation)
        guard
            let primitive = try choose(
                id, layer,
                { [unit, type] tag throws(CPULibraryError) in
                    let source = try OneDNNLayout.plain([batch, features], type)
                    let weights = try OneDNNLayout([outputs, features], tag, type)
                    let target = try OneDNNLayout.plain([batch, outputs])
                    return try OneDNNPrimitive("inner product", unit) {
                        COneDNN_inner_product(
                            $0, $1, source.pointer, weights.pointer, bias.pointer, target.pointer, attributes.pointer)
                    }
                })
        else {
            let source = try plain(node.inputs[0], for: id)
            let target = makeValue(try .plain([batch, outputs]))
            addStep(id, .fullyConnected(layer, group.activation, batch: batch), [source, target])
            setValue(target, of: group.result)
            return
        }
        // The weights' columns are in C×H×W order: a feature map in plain order is its own flattening.
        let from = Value(
            layout: try primitive.source(), buffer: try plain(node.inputs[0], type, for: id).buffer)
        let result = makeValue(try primitive.destination())
        let chosen = try primitive.weights()
        try addStep(
            id, primitive, [(DNNL_ARG_SRC, from), (DNNL_ARG_DST, result)],
            constants: [
                (DNNL_ARG_WEIGHTS, chosen, try constant(layer.weights.values, [outputs, features], in: chosen)),
                (DNNL_ARG_BIAS, bias, try constant(layer.bias, [outputs], in: bias)),
            ])
        setValue(result, of: group.result)
    }

    /// - Returns: nil for XNNPACK.
    private mutating func choose(
        _ id: Network.NodeID, _ layer: FullyConnected,
        _ make: (dnnl_format_tag_t) throws(CPULibraryError) -> OneDNNPrimitive
    ) throws(CPULibraryError) -> OneDNNPrimitive? {
        let node = network.nodes[id]
        let tags: [(LayerAlgorithm, dnnl_format_tag_t)] = [
            (.rows, dnnl_ab), (.blocks16, dnnl_AB16b16a), (.blocks32, dnnl_AB16b32a),
        ]
        switch layers {
        case .given(let algorithms):
            if algorithms[node] == .xnnpack, supportsXNNPACK(id) { return nil }
            for (algorithm, tag) in tags where algorithm == algorithms[node] {
                if let made = try available({ () throws(CPULibraryError) in try make(tag) }) { return made }
            }
            return try make(dnnl_format_tag_any)
        case .measured(let mixesLibraries):
            var best: (primitive: OneDNNPrimitive, algorithm: LayerAlgorithm) = (
                try make(dnnl_format_tag_any), .library
            )
            var shortest = try nanoseconds(best.primitive)
            for (algorithm, tag) in tags {
                guard let other = try available({ () throws(CPULibraryError) in try make(tag) }) else { continue }
                let time = try nanoseconds(other, limit: shortest)
                if time < shortest { (best, shortest) = ((other, algorithm), time) }
            }
            plan.algorithms.byNode[node.name] = best.algorithm
            guard mixesLibraries, supportsXNNPACK(id),
                try nanoseconds(
                    [.fullyConnected(layer, fusion.groups[id]!.activation, batch: node.shape[0])], limit: shortest)
                    < shortest
            else { return best.primitive }
            plan.algorithms.byNode[node.name] = .xnnpack
            return nil
        }
    }
}
