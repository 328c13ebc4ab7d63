// Pooling: tells oneDNN the shapes and takes the layouts that it chooses, or follows XNNPACK.
import COneDNN
import NetworkGraph

extension CPUPlanner {
    mutating func addGlobalAveragePooling(_ id: Network.NodeID) throws(CPULibraryError) {
        let shape = network.nodes[network.nodes[id].inputs[0]].shape
        try addPooling(id, Pooling(.average, window: Window(height: shape[2], width: shape[3])))
    }

    mutating func addPooling(_ id: Network.NodeID, _ pooling: Pooling) throws(CPULibraryError) {
        let node = network.nodes[id]
        if pooling.isSupportedByXNNPACK, takesXNNPACK(node.inputs[0]) {
            try addXNNPACKPooling(id, pooling)
            return
        }
        let source = try dense(node.inputs[0], for: id)
        let (window, padding) = (pooling.window, pooling.window.padding)
        let target = try OneDNNLayout.any(node.shape.extents, source.layout.type)
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
