// Transposed convolutions, by oneDNN's own code where it has fast one.
import COneDNN
import NetworkGraph

extension CPUPlanner {
    mutating func addTransposedConvolution(
        _ id: Network.NodeID, _ layer: TransposedConvolution
    ) throws(CPULibraryError) {
        // oneDNN adds less than a stride behind what windows reach.
        guard layer.extraRows < layer.window.rows.stride, layer.extraColumns < layer.window.columns.stride else {
            if try !addTransposedPhases(id, layer) { try addReference(id) }
            return
        }
        let node = network.nodes[id]
        let shape = layer.weights.shape
        let (inputs, outputs, groups) = (shape[0] / layer.groups, shape[1], layer.groups)
        let (height, width) = (shape[2], shape[3])
        // Outputs before inputs, where the network has inputs before outputs.
        var (extents, steps) = (
            [outputs, inputs, height, width], [height * width, outputs * height * width, width, 1]
        )
        if groups > 1 {
            extents.insert(groups, at: 0)
            steps.insert(inputs * outputs * height * width, at: 0)
        }
        let attributes = try OneDNNAttributes()
        let input = network.nodes[node.inputs[0]].shape.extents
        let bias = try OneDNNLayout.plain([layer.outputChannels])
        func make(
            _ source: OneDNNLayout, _ weights: OneDNNLayout, _ target: OneDNNLayout
        ) throws(CPULibraryError) -> OneDNNPrimitive {
            try .transposedConvolution(unit, from: source, weights, bias, to: target, layer, attributes)
        }
        guard let primitive = try available({ () throws(CPULibraryError) in
            try make(.any(input), .any(extents), .any(node.shape.extents))
        }) else {
            if try !addTransposedPhases(id, layer) { try addReference(id) }
            return
        }
        let source = try value(node.inputs[0], in: try primitive.source(), for: id)
        let result = makeValue(try primitive.destination())
        let chosen = try primitive.weights()
        let given = try OneDNNLayout(extents, strides: steps)
        try addStep(
            id, primitive, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, result)],
            constants: [
                (DNNL_ARG_WEIGHTS, chosen, try constant(layer.weights.values, given, in: chosen)),
                (DNNL_ARG_BIAS, bias, try constant(layer.bias, [layer.outputChannels], in: bias)),
            ])
        setValue(result, of: id)
    }
}
