// XNNPACK's part of a plan: feature maps with their channels last, concatenations that are written in place.
import COneDNN
import CXNNPACK
import NetworkGraph

extension CPUPlanner {
    /// Layers without weights follow their input's layout: where its channels lie last, XNNPACK made it, and goes on.
    func takesXNNPACK(_ input: Network.NodeID) -> Bool {
        prefersXNNPACK || (network.nodes[input].shape.rank == 4 && value(input).pixelStride != nil)
    }

    /// Whether XNNPACK computes all that it can.
    var prefersXNNPACK: Bool { layers.prefersXNNPACK && type == dnnl_f32 && XNNPACK.initialization == nil }

    /// Whether XNNPACK can compute a layer with weights, with all that runs in its group.
    func supportsXNNPACK(_ id: Network.NodeID) -> Bool {
        type == dnnl_f32 && XNNPACK.initialization == nil && fusion.groups[id]!.activation.isSupportedByXNNPACK
    }

    // MARK: Values

    /// A feature map with its channels last.
    /// - Parameter dense: with nothing between the pixels.
    mutating func channelsLast(
        _ id: Network.NodeID, dense: Bool = false, for reader: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        let shape = network.nodes[id].shape
        if let stride = value(id).pixelStride, !dense || stride == shape[1] { return value(id) }
        var result = try value(id, in: OneDNNLayout(shape.extents, dnnl_nhwc), for: reader)
        result.pixelStride = shape[1]
        return result
    }

    /// A value in its own layout, but for parts of a concatenation, which oneDNN has only its slow code for.
    mutating func dense(_ id: Network.NodeID, for reader: Network.NodeID) throws(CPULibraryError) -> Value {
        guard let stride = value(id).pixelStride, stride != network.nodes[id].shape[1] else { return value(id) }
        return try channelsLast(id, dense: true, for: reader)
    }

    /// Where XNNPACK writes a node's result: into the concatenation that reads it, if there is one.
    mutating func channelsLastDestination(of id: Network.NodeID) throws(CPULibraryError) -> Value {
        guard let join = fusion.joins[id] else { return try denseDestination(of: id) }
        let whole = try joinedDestination(of: join.concatenation)
        return try slice(of: whole, for: id, channel: join.channel)
    }

    mutating func denseDestination(of id: Network.NodeID) throws(CPULibraryError) -> Value {
        let shape = network.nodes[id].shape
        var value = makeValue(try OneDNNLayout(shape.extents, dnnl_nhwc))
        value.pixelStride = shape[1]
        return value
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
    mutating func addJoinedConcatenation(_ id: Network.NodeID) throws(CPULibraryError) -> Bool {
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

    // MARK: Operations

    /// A convolution with what follows it.
    mutating func addXNNPACKConvolution(_ id: Network.NodeID, _ layer: Convolution) throws(CPULibraryError) {
        let group = fusion.groups[id]!
        let source = try channelsLast(network.nodes[id].inputs[0], for: id)
        let adds = group.residual != nil
        let target = adds ? try denseDestination(of: id) : try channelsLastDestination(of: group.result)
        addStep(
            id,
            .convolution(
                layer, adds ? .identity : group.activation, source: map(network.nodes[id].inputs[0], source),
                target: map(id, target)), [source, target])
        setValue(target, of: adds ? id : group.result)
        if let residual = group.residual {
            try addXNNPACKAddition(id, target, residual.value, group.activation, result: group.result)
        }
    }

    /// Adds a node's value to a dense one, in the place of the latter.
    private mutating func addXNNPACKAddition(
        _ id: Network.NodeID, _ first: Value, _ other: Network.NodeID, _ activation: Activation,
        result: Network.NodeID
    ) throws(CPULibraryError) {
        let second = try channelsLast(other, dense: true, for: id)
        let count = network.nodes[other].shape.count
        addStep(id, .binary(CXNNPACK_add, first: [count], second: [count]), [first, second, first])
        addXNNPACKActivation(id, activation, first, count: count)
        setValue(first, of: result)
    }

    /// An addition that no convolution took in.
    mutating func addXNNPACKSum(_ id: Network.NodeID, _ activation: Activation) throws(CPULibraryError) {
        try addXNNPACKBinary(id, CXNNPACK_add)
        addXNNPACKActivation(id, activation, value(id), count: network.nodes[id].shape.count)
    }

    /// In place, on a dense value.
    private mutating func addXNNPACKActivation(
        _ id: Network.NodeID, _ activation: Activation, _ value: Value, count: Int
    ) {
        if activation != .identity { addStep(id, .activation(activation, .line(count)), [value, value]) }
    }

    mutating func addXNNPACKPooling(_ id: Network.NodeID, _ pooling: Pooling) throws(CPULibraryError) {
        let input = network.nodes[id].inputs[0]
        let source = try channelsLast(input, for: id)
        let target = try channelsLastDestination(of: id)
        addStep(id, .pooling(pooling, source: map(input, source), target: map(id, target)), [source, target])
        setValue(target, of: id)
    }

    /// A function of elements, of a feature map in its place in a concatenation or of any dense value.
    mutating func addXNNPACKElementwise(
        _ id: Network.NodeID, _ layer: (XNNPACKLayer.Rows) -> XNNPACKLayer
    ) throws(CPULibraryError) {
        let input = network.nodes[id].inputs[0]
        let shape = network.nodes[id].shape
        guard shape.rank == 4, value(input).pixelStride != nil else {
            let source = try plain(input, for: id)
            let target = canOverwrite(source, by: id) ? source : makeValue(source.layout)
            addStep(id, layer(.line(shape.count)), [source, target])
            setValue(target, of: id)
            return
        }
        let source = value(input)
        let target = canOverwrite(source, by: id) ? source : try channelsLastDestination(of: id)
        let rows = XNNPACKLayer.Rows(
            count: shape.count / shape[1], length: shape[1], sourceStride: source.pixelStride!,
            targetStride: target.pixelStride!)
        addStep(id, layer(rows), [source, target])
        setValue(target, of: id)
    }

    /// A function of two values. Feature maps have their channels last, all else is in plain order.
    mutating func addXNNPACKBinary(
        _ id: Network.NodeID, _ function: CXNNPACK_binary_kind
    ) throws(CPULibraryError) {
        let node = network.nodes[id]
        let isMap = node.shape.rank == 4 && node.inputs.allSatisfy { network.nodes[$0].shape.rank == 4 }
        var operands: [Value] = []
        for input in node.inputs {
            operands.append(isMap ? try channelsLast(input, dense: true, for: id) : try plain(input, for: id))
        }
        operands.append(isMap ? try denseDestination(of: id) : makeValue(try .plain(extents(node.shape))))
        let shapes = node.inputs.map { input -> [Int] in
            let extents = network.nodes[input].shape.extents
            return isMap ? [0, 2, 3, 1].map { extents[$0] } : extents
        }
        addStep(id, .binary(function, first: shapes[0], second: shapes[1]), operands)
        setValue(operands[2], of: id)
    }

    /// Along the last axis.
    mutating func addXNNPACKSoftmax(_ id: Network.NodeID) throws(CPULibraryError) {
        let shape = network.nodes[id].shape
        let length = shape.extents.last ?? 1
        let source = try plain(network.nodes[id].inputs[0], for: id)
        let target = makeValue(source.layout)
        addStep(id, .softmax(rows: shape.count / length, length: length), [source, target])
        setValue(target, of: id)
    }

    private func map(_ id: Network.NodeID, _ value: Value) -> XNNPACKLayer.Map {
        XNNPACKLayer.Map(network.nodes[id].shape, pixelStride: value.pixelStride!)
    }
}
