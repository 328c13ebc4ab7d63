// Operations that join values or change them in place: concatenation, addition, activation.
import COneDNN
import NetworkGraph

extension CPUPlanner {
    /// Without work where possible: for a batch of one, channels (or blocks of them) lie one after another, so the
    /// inputs' buffers become slices of the result's, and whoever makes them writes there.
    mutating func addConcatenation(_ id: Network.NodeID) throws(CPULibraryError) {
        if try addJoinedConcatenation(id) { return }
        let node = network.nodes[id]
        let inputs = node.inputs.map { value($0) }
        if inputs.count == 1 {
            setValue(inputs[0], of: id)
            return
        }
        if node.shape[0] == 1, let joined = try joinedLayout(node, inputs) {
            let result = makeValue(joined)
            var offset = 0
            for input in inputs {
                arena.place(input.buffer, in: result.buffer, at: offset)
                offset += input.layout.bytes
            }
            setValue(result, of: id)
            return
        }
        let type = inputs[0].layout.type
        if inputs.allSatisfy({ $0.layout.type == type }) {
            do {
                try addCopyingConcatenation(id, inputs, try .any(extents(node.shape), type))
                return
            } catch {
                guard error.isUnimplemented else { throw error }
            }
        }
        // Blocks that don't divide the channels, or types that differ, can't be joined in every layout; rows can.
        try addRowConcatenation(id, axis: 1)
    }

    /// Along any axis, of values in row-major order: all from the axis on is one row.
    mutating func addRowConcatenation(_ id: Network.NodeID, axis: Int) throws(CPULibraryError) {
        let node = network.nodes[id]
        func layout(_ shape: Shape) throws(CPULibraryError) -> OneDNNLayout {
            let rows = shape.extents[..<axis].reduce(1, *)
            return try .plain([rows, shape.count / rows])
        }
        var inputs: [Value] = []
        for input in node.inputs {
            let buffer = try plain(input, for: id).buffer
            inputs.append(Value(layout: try layout(network.nodes[input].shape), buffer: buffer))
        }
        try addCopyingConcatenation(id, inputs, try layout(node.shape))
        setValue(Value(layout: try .plain(extents(node.shape)), buffer: value(id).buffer), of: id)
    }

    /// The result's layout if all inputs are parts of it that lie one after another, and each can still be moved there.
    private func joinedLayout(_ node: Network.Node, _ inputs: [Value]) throws(CPULibraryError) -> OneDNNLayout? {
        guard Set(inputs.map(\.buffer)).count == inputs.count, !inputs.contains(where: { arena.isSlice($0.buffer) })
        else { return nil }
        let candidates: [(tag: dnnl_format_tag_t, block: Int)] =
            extents(node.shape).count == 4
            ? [(dnnl_nchw, 1), (dnnl_nChw8c, 8), (dnnl_nChw16c, 16), (dnnl_nChw4c, 4)] : [(dnnl_ab, 1)]
        let type = inputs[0].layout.type
        for (tag, block) in candidates {
            var fits = true
            for (input, value) in zip(node.inputs, inputs) {
                let shape = extents(network.nodes[input].shape)
                let isWhole = shape[1] % block == 0 || input == node.inputs.last
                let slice = try OneDNNLayout(shape, tag, type)
                fits = fits && isWhole && value.layout == slice
            }
            if fits { return try OneDNNLayout(extents(node.shape), tag, type) }
        }
        return nil
    }

    private mutating func addCopyingConcatenation(
        _ id: Network.NodeID, _ inputs: [Value], _ target: OneDNNLayout
    ) throws(CPULibraryError) {
        let attributes = try OneDNNAttributes()
        let sources: [OpaquePointer?] = inputs.map(\.layout.pointer)
        let primitive = try OneDNNPrimitive("concat", unit) {
            COneDNN_concatenation($0, $1, target.pointer, Int32(sources.count), 1, sources, attributes.pointer)
        }
        let result = makeValue(try primitive.destination())
        let arguments = inputs.enumerated().map { (DNNL_ARG_MULTIPLE_SRC + Int32($0), $1) }
        try addStep(id, primitive, arguments + [(DNNL_ARG_DST, result)])
        setValue(result, of: id)
    }

    /// An addition that no convolution took in.
    mutating func addAddition(_ id: Network.NodeID, _ activation: Activation) throws(CPULibraryError) {
        let inputs = network.nodes[id].inputs
        if inputs.contains(where: { takesXNNPACK($0) }) {
            try addXNNPACKSum(id, activation)
            return
        }
        let first = value(inputs[0])
        let second = try value(inputs[1], in: first.layout, for: id)
        let attributes = try OneDNNAttributes(activation: activation)
        let primitive = try OneDNNPrimitive("addition", unit) {
            COneDNN_binary(
                $0, $1, dnnl_binary_add, first.layout.pointer, second.layout.pointer, first.layout.pointer,
                attributes.pointer)
        }
        let result = makeValue(first.layout)
        try addStep(id, primitive, [(DNNL_ARG_SRC_0, first), (DNNL_ARG_SRC_1, second), (DNNL_ARG_DST, result)])
        setValue(result, of: id)
    }

    /// An activation that no layer took in: in place, if nobody else needs the value before it.
    mutating func addActivation(_ id: Network.NodeID, _ activation: Activation) throws(CPULibraryError) {
        let input = network.nodes[id].inputs[0]
        guard let (algorithm, alpha, beta) = activation.eltwise else {
            setValue(value(input), of: id)
            return
        }
        if activation.isSupportedByXNNPACK, takesXNNPACK(input) {
            try addXNNPACKElementwise(id) { .activation(activation, $0) }
            return
        }
        let source = try dense(input, for: id)
        let result = canOverwrite(source, by: id) ? source : makeValue(like: source)
        try addEltwise(id, algorithm, alpha, beta, source, result)
        setValue(result, of: id)
    }
}
