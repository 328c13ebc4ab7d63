// Functions of lines along axes: softmax, and normalization by mean and variance or across channels.
import COneDNN
import NetworkGraph

extension CPUPlanner {
    /// Along long lines, or across lines that lie side by side, by a loop of our own; else by a library.
    mutating func addSoftmax(_ id: Network.NodeID, _ axis: Int, isLogarithmic: Bool) throws(CPULibraryError) {
        let node = network.nodes[id]
        if prefersXNNPACK, !isLogarithmic, axis == node.shape.rank - 1 {
            try addXNNPACKSoftmax(id)
            return
        }
        let (source, order) = try ordered(node.inputs[0], for: id) { !$0.isBlocked || axis != 1 }
        let lines = order.line(node.shape.extents, along: axis)
        let target = try makeValue(order, node.shape)
        if lines.inner >= Self.vectorLength || lines.inner == 1 && lines.length >= Self.vectorLength {
            addLoop(id, CPUSoftmax(lines: lines, isLogarithmic: isLogarithmic), [source, target])
        } else {
            let layout = try OneDNNLayout.plain([lines.outer, lines.length, lines.inner])
            let attributes = try OneDNNAttributes()
            let algorithm = isLogarithmic ? dnnl_softmax_log : dnnl_softmax_accurate
            let primitive = try OneDNNPrimitive("softmax", unit) {
                COneDNN_softmax($0, $1, algorithm, layout.pointer, 1, attributes.pointer)
            }
            try addStep(
                id, primitive,
                [
                    (DNNL_ARG_SRC, Value(layout: layout, buffer: source.buffer)),
                    (DNNL_ARG_DST, Value(layout: layout, buffer: target.buffer)),
                ])
        }
        setValue(target, of: id)
    }

    /// Elements from which on it is worth to compute them side by side.
    private static let vectorLength = 8

    /// Along the last axis.
    private mutating func addXNNPACKSoftmax(_ id: Network.NodeID) throws(CPULibraryError) {
        let shape = network.nodes[id].shape
        let length = shape.extents.last ?? 1
        let source = try plain(network.nodes[id].inputs[0], for: id)
        let target = makeValue(source.layout)
        addStep(id, .softmax(rows: shape.count / length, length: length), [source, target])
        setValue(target, of: id)
    }

    /// By mean and variance over axes that lie behind one another; others as the reference does.
    mutating func addNormalization(_ id: Network.NodeID, _ layer: Normalization) throws(CPULibraryError) {
        let node = network.nodes[id]
        let shape = node.shape
        let parameters = Array(node.inputs.dropFirst())
        let extents = parameters.map { network.nodes[$0].shape.extents(ofRank: shape.rank) }
        let ones = [Int](repeating: 1, count: shape.rank)
        func loop(_ order: CPUOrder) -> CPUNormalization? {
            guard Set(extents).count <= 1 else { return nil }
            return CPUNormalization(layer, order, shape.extents, parameters: extents.first ?? ones)
        }
        let (source, order) = try ordered(node.inputs[0], for: id) { loop($0) != nil }
        guard let loop = loop(order) else { return try addReference(id) }
        var operands = [source]
        for parameter in parameters { operands.append(try plain(parameter, for: id)) }
        let isInPlace = canOverwrite(source, by: id) && !parameters.contains(node.inputs[0])
        operands.append(isInPlace ? source : try makeValue(order, shape))
        addLoop(id, loop, operands)
        setValue(operands[operands.count - 1], of: id)
    }

    /// oneDNN's sums reach equally far to both sides.
    mutating func addLocalResponseNormalization(
        _ id: Network.NodeID, _ layer: LocalResponseNormalization
    ) throws(CPULibraryError) {
        guard !layer.size.isMultiple(of: 2) else {
            try addReference(id)
            return
        }
        let source = try dense(network.nodes[id].inputs[0], for: id)
        let attributes = try OneDNNAttributes()
        let primitive = try OneDNNPrimitive("local response normalization", unit) {
            COneDNN_local_response_normalization(
                $0, $1, source.layout.pointer, Int64(layer.size), layer.alpha, layer.beta, layer.bias,
                attributes.pointer)
        }
        let result = makeValue(like: source)
        try addStep(id, primitive, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, result)])
        setValue(result, of: id)
    }
}
