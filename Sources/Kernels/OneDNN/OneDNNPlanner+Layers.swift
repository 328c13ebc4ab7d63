// Fully connected layers and pooling: each tells oneDNN the shapes and takes the layouts that it chooses.
import COneDNN

extension OneDNNPlanner {
    mutating func addFullyConnected(_ id: Network.NodeID, _ layer: FullyConnected) throws(OneDNNError) {
        let node = network.nodes[id]
        let group = fusion.groups[id]!
        let inputExtents = extents(network.nodes[node.inputs[0]].shape)
        let outputs = layer.weights.shape[0]
        // The weights' columns are in C×H×W order, so a feature map needs no flattening.
        let weightExtents = [outputs] + inputExtents.dropFirst()
        let (source, weights) = (try OneDNNLayout.any(inputExtents), try OneDNNLayout.any(weightExtents))
        let (bias, target) = (try OneDNNLayout.plain([outputs]), try OneDNNLayout.any(node.shape.extents))
        let attributes = try OneDNNAttributes(activation: group.activation)
        let primitive = try OneDNNPrimitive("inner product", unit) {
            COneDNN_inner_product(
                $0, $1, source.pointer, weights.pointer, bias.pointer, target.pointer, attributes.pointer)
        }
        let from = try value(node.inputs[0], in: try primitive.source(), for: id)
        let result = makeValue(try primitive.destination())
        let chosen = try primitive.weights()
        try addStep(
            id, primitive, [(DNNL_ARG_SRC, from), (DNNL_ARG_DST, result)],
            constants: [
                (DNNL_ARG_WEIGHTS, chosen, try constant(layer.weights.values, weightExtents, in: chosen)),
                (DNNL_ARG_BIAS, bias, try constant(layer.bias, [outputs], in: bias)),
            ])
        setValue(result, of: group.result)
    }

    mutating func addPooling(_ id: Network.NodeID, _ pooling: Pooling) throws(OneDNNError) {
        let node = network.nodes[id]
        let source = value(node.inputs[0])
        let (window, padding) = (pooling.window, pooling.window.padding)
        let target = try OneDNNLayout.any(node.shape.extents)
        let attributes = try OneDNNAttributes()
        let algorithm =
            switch (pooling.kind, pooling.countsPadding) {
            case (.maximum, _): dnnl_pooling_max
            case (.average, true): dnnl_pooling_avg_include_padding
            case (.average, false): dnnl_pooling_avg_exclude_padding
            }
        let primitive = try OneDNNPrimitive("pooling", unit) {
            COneDNN_pooling(
                $0, $1, algorithm, source.layout.pointer, target.pointer, window.strides.map(Int64.init),
                [Int64(window.height), Int64(window.width)], window.dilations.map { Int64($0 - 1) },
                [Int64(padding.top), Int64(padding.left)],
                [Int64(padding.bottom), Int64(padding.right)], attributes.pointer)
        }
        let result = makeValue(try primitive.destination())
        try addStep(id, primitive, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, result)])
        setValue(result, of: id)
    }
}
