// Products of two matrices that a run computes, by oneDNN.
import COneDNN
import NetworkGraph

extension CPUPlanner {
    mutating func addMatrixMultiplication(_ id: Network.NodeID) throws(CPULibraryError) {
        let node = network.nodes[id]
        let rank = node.shape.rank
        // oneDNN has twelve axes at most.
        guard rank <= 12 else { return try addReference(id) }
        var operands: [Value] = []
        for input in node.inputs {
            operands.append(
                Value(
                    layout: try .plain(network.nodes[input].shape.extents(ofRank: rank)),
                    buffer: try plain(input, for: id).buffer))
        }
        let target = try OneDNNLayout.plain(node.shape.extents)
        let attributes = try OneDNNAttributes()
        let (first, second) = (operands[0].layout, operands[1].layout)
        guard let primitive = try available({ () throws(CPULibraryError) in
            try .products(unit, first, second, to: target, attributes)
        }) else { return try addReference(id) }
        let result = makeValue(try .plain(extents(node.shape)))
        try addStep(
            id, primitive,
            [
                (DNNL_ARG_SRC, operands[0]), (DNNL_ARG_WEIGHTS, operands[1]),
                (DNNL_ARG_DST, Value(layout: target, buffer: result.buffer)),
            ])
        setValue(result, of: id)
    }
}
