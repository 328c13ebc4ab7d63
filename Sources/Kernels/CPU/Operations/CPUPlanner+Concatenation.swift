// Concatenations: of channels without work where layouts allow it, by copying otherwise. Of bytes, too.
import COneDNN
import EnginePlanning
import NetworkGraph

extension CPUPlanner {
    /// Without work where possible: for a batch of one, channels (or blocks of them) lie one after another, so the
    /// inputs' buffers become slices of the result's, and whoever makes them writes there.
    mutating func addConcatenation(
        _ id: Network.NodeID, axis: Int, _ quantized: CPUQuantizedLayers.Group?
    ) throws(CPULibraryError) {
        if let quantized { return try addQuantizedConcatenation(id, quantized) }
        guard axis == 1 else { return try addRowConcatenation(id, axis: axis) }
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
                setValue(try addCopyingConcatenation(id, inputs, .any(extents(node.shape), type)), of: id)
                return
            } catch {
                guard error.isUnimplemented else { throw error }
            }
        }
        // Blocks that don't divide the channels, or types that differ, can't be joined in every layout; rows can.
        try addRowConcatenation(id, axis: 1)
    }

    /// Along any axis, of values in row-major order: all from the axis on is one row.
    private mutating func addRowConcatenation(_ id: Network.NodeID, axis: Int) throws(CPULibraryError) {
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
        let result = try addCopyingConcatenation(id, inputs, layout(node.shape))
        setValue(Value(layout: try .plain(extents(node.shape)), buffer: result.buffer), of: id)
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
    ) throws(CPULibraryError) -> Value {
        let attributes = try OneDNNAttributes()
        let primitive = try OneDNNPrimitive.concatenation(unit, inputs.map(\.layout), to: target, attributes)
        let result = makeValue(try primitive.destination())
        let arguments = inputs.enumerated().map { (DNNL_ARG_MULTIPLE_SRC + Int32($0), $1) }
        try addStep(id, primitive, arguments + [(DNNL_ARG_DST, result)])
        return result
    }

    // MARK: In place, by XNNPACK

    /// Where XNNPACK writes a node's result: into the concatenation that reads it, if there is one.
    mutating func channelsLastDestination(of id: Network.NodeID) throws(CPULibraryError) -> Value {
        guard let join = fusion.joins[id] else { return try denseDestination(of: id) }
        let whole = try joinedDestination(of: join.concatenation)
        return try slice(of: whole, for: id, channel: join.channel)
    }

    private mutating func joinedDestination(of concatenation: Network.NodeID) throws(CPULibraryError) -> Value {
        if let begun = joined[concatenation] { return begun }
        let whole = try channelsLastDestination(of: concatenation)
        joined[concatenation] = whole
        return whole
    }

    /// Some of a value's channels, from `channel` on, for a node's result.
    private mutating func slice(
        of whole: Value, for id: Network.NodeID, channel: Int
    ) throws(CPULibraryError) -> Value {
        let shape = network.nodes[id].shape
        let (stride, width) = (whole.pixelStride!, shape[3])
        let layout = try OneDNNLayout(
            shape.extents, strides: [shape[2] * width * stride, 1, width * stride, stride])
        let pixels = shape[0] * shape[2] * width
        let element = MemoryLayout<Float>.stride
        let buffer = arena.makeBuffer(bytes: ((pixels - 1) * stride + shape[1]) * element)
        arena.place(buffer, in: whole.buffer, at: channel * element)
        return Value(layout: layout, buffer: buffer, pixelStride: stride)
    }

    /// Completes a concatenation that inputs were written to; the others are copied to their places.
    /// - Returns: false if no input was.
    private mutating func addJoinedConcatenation(_ id: Network.NodeID) throws(CPULibraryError) -> Bool {
        guard let whole = joined[id] else { return false }
        var channel = 0
        for input in network.nodes[id].inputs {
            let isInPlace =
                fusion.joins[input]?.concatenation == id && arena.isSlice(value(input).buffer, of: whole.buffer)
            if !isInPlace {
                try addReorder(value(input), to: slice(of: whole, for: input, channel: channel), for: id)
            }
            channel += network.nodes[input].shape[1]
        }
        setValue(whole, of: id)
        return true
    }

    // MARK: 8 bits

    /// Of what is moved to the result's grid first, if it lies on another.
    private mutating func addQuantizedConcatenation(
        _ id: Network.NodeID, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) {
        var inputs: [Value] = []
        for input in network.nodes[id].inputs { inputs.append(try bytes(of: input, on: group.grid!, for: id)) }
        setResult(try addCopyingConcatenation(id, inputs, byteLayout(network.nodes[id].shape)), group)
    }
}
