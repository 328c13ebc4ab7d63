// Fully connected layers. One frame reads each weight once, so that the layout of the weights decides how near a layer
// comes to the memory's bandwidth; oneDNN's own choice is made for batches.
import COneDNN

extension CPUPlanner {
    mutating func addFullyConnected(_ id: Network.NodeID, _ layer: FullyConnected) throws(OneDNNError) {
        let node = network.nodes[id]
        let group = fusion.groups[id]!
        let (batch, outputs, features) = (node.shape[0], layer.weights.shape[0], layer.weights.shape[1])
        let bias = try OneDNNLayout.plain([outputs])
        let attributes = try OneDNNAttributes(activation: group.activation)
        let primitive = try choose { [unit, type] tag throws(OneDNNError) in
            let source = try OneDNNLayout.plain([batch, features], type)
            let weights = try OneDNNLayout([outputs, features], tag, type)
            let target = try OneDNNLayout.plain([batch, outputs])
            return try OneDNNPrimitive("inner product", unit) {
                COneDNN_inner_product(
                    $0, $1, source.pointer, weights.pointer, bias.pointer, target.pointer, attributes.pointer)
            }
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

    /// The fastest of oneDNN's own choice, rows as they are, and two shapes of blocks.
    private mutating func choose(
        _ make: (dnnl_format_tag_t) throws(OneDNNError) -> OneDNNPrimitive
    ) throws(OneDNNError) -> OneDNNPrimitive {
        var best = try make(dnnl_format_tag_any)
        guard tuning == .measured else { return best }
        var shortest = try nanoseconds(best)
        for tag in [dnnl_ab, dnnl_AB16b16a, dnnl_AB16b32a] {
            guard let other = try available({ () throws(OneDNNError) in try make(tag) }) else { continue }
            let time = try nanoseconds(other)
            if time < shortest {
                (best, shortest) = (other, time)
                plan.differsFromLibrary = true
            }
        }
        return best
    }
}
