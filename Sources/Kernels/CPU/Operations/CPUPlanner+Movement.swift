// Values that are only moved: reshaped, which costs nothing in plain order, transposed, picked, put into a border. As
// floats or as bytes, in whatever order they lie.
import COneDNN
import EnginePlanning
import NetworkGraph

extension CPUPlanner {
    mutating func addReshape(
        _ id: Network.NodeID, _ quantized: CPUQuantizedLayers.Group?
    ) throws(CPULibraryError) {
        if quantized != nil { return try addQuantizedReshape(id) }
        let node = network.nodes[id]
        let source = try plain(node.inputs[0], for: id)
        setValue(Value(layout: try .plain(extents(node.shape)), buffer: source.buffer), of: id)
    }

    /// Each element to its place, from whatever order the input lies in; without work where that is the result's.
    mutating func addTranspose(
        _ id: Network.NodeID, _ permutation: [Int], _ quantized: CPUQuantizedLayers.Group?
    ) throws(CPULibraryError) {
        let node = network.nodes[id]
        let shape = network.nodes[node.inputs[0]].shape
        let (source, order) = try movable(node.inputs[0], quantized, for: id) { _ in true }
        let type = source.layout.type
        let targetOrder: CPUOrder = quantized != nil && node.shape.rank == 4 ? .channelsLast : .rows
        var steps = [Int](repeating: 0, count: shape.rank)
        for axis in targetOrder.axes(node.shape.extents) { steps[permutation[axis.axis]] = axis.step }
        let movement = CPUMovement(element: type.size, order.parts(shape.extents, to: steps))
        let layout = try layout(targetOrder, node.shape, type)
        if movement.isIdentity {
            setMoved(Value(layout: layout, buffer: source.buffer), of: id, quantized)
            return
        }
        let result = makeValue(layout)
        addLoop(id, movement, [source, result])
        setMoved(result, of: id, quantized)
    }

    /// Slices picked along an axis, in the order that the input has.
    mutating func addGather(
        _ id: Network.NodeID, axis: Int, _ indices: [Int], _ quantized: CPUQuantizedLayers.Group?
    ) throws(CPULibraryError) {
        let node = network.nodes[id]
        let shape = network.nodes[node.inputs[0]].shape
        let runs = IndexRun.runs(indices)
        if quantized == nil, runs.count > 8 {
            // One by one, as sums of one element.
            return try addResampling(id, Resampling(axis: axis, taps: indices.map { [.init(index: $0, weight: 1)] }))
        }
        let (source, order) = try movable(node.inputs[0], quantized, for: id) { !$0.isBlocked || axis != 1 }
        let pairs = zip(order.axes(shape.extents), order.axes(node.shape.extents))
        let parts = runs.map { run in
            var part = CPUMovement.Part()
            for (from, to) in pairs {
                guard from.axis == axis else {
                    part.axes.append(.init(extent: from.extent, from: from.step, to: to.step))
                    continue
                }
                (part.from, part.to) = (run.first * from.step, run.position * to.step)
                part.axes.append(.init(extent: run.count, from: run.step * from.step, to: run.repeats * to.step))
                part.axes.append(.init(extent: run.repeats, from: 0, to: to.step))
            }
            return part
        }
        let result = try makeMoved(id, order, like: source)
        addLoop(id, CPUMovement(element: source.layout.type.size, parts), [source, result])
        setMoved(result, of: id, quantized)
    }

    /// A border, in the order that the input has.
    mutating func addPad(
        _ id: Network.NodeID, _ padding: ConstantPadding, _ quantized: CPUQuantizedLayers.Group?
    ) throws(CPULibraryError) {
        let node = network.nodes[id]
        let shape = network.nodes[node.inputs[0]].shape
        let (source, order) = try movable(node.inputs[0], quantized, for: id) { order in
            guard case .blocked(let size) = order else { return true }
            // What fills up blocks stays zero.
            return node.shape[1] == shape[1] && (padding.value == 0 || shape[1].isMultiple(of: size))
        }
        var part = CPUMovement.Part()
        for (from, to) in zip(order.axes(shape.extents), order.axes(node.shape.extents)) {
            part.axes.append(.init(extent: from.extent, from: from.step, to: to.step))
            part.to += padding.before[from.axis] * to.step * (order.isBlocked && from.axis == 1 ? 0 : 1)
        }
        let pattern: UInt32 =
            if let grid = quantized?.grid {
                UInt32(truncatingIfNeeded: grid.index(of: padding.value))
            } else if source.layout.type == dnnl_bf16 {
                padding.value.bitPattern >> 16
            } else {
                padding.value.bitPattern
            }
        let result = try makeMoved(id, order, like: source)
        addLoop(
            id,
            CPUMovement(
                element: source.layout.type.size, [part],
                filling: shape == node.shape ? nil : (pattern, order.count(node.shape.extents))), [source, result])
        setMoved(result, of: id, quantized)
    }

    /// A value and its order, as bytes for a node computed with 8-bit numbers; in rows, if its own doesn't suit.
    private mutating func movable(
        _ id: Network.NodeID, _ quantized: CPUQuantizedLayers.Group?, for reader: Network.NodeID,
        _ suits: (CPUOrder) -> Bool
    ) throws(CPULibraryError) -> (Value, CPUOrder) {
        let shape = network.nodes[id].shape
        if quantized != nil { return (bytes(of: id), shape.rank == 4 ? .channelsLast : .rows) }
        let own = try dense(id, for: reader)
        if own.layout.type != dnnl_f16, let order = try order(of: own, shape), suits(order) { return (own, order) }
        return (try plain(id, for: reader), .rows)
    }

    private mutating func makeMoved(
        _ id: Network.NodeID, _ order: CPUOrder, like source: Value
    ) throws(CPULibraryError) -> Value {
        try makeValue(order, network.nodes[id].shape, source.layout.type)
    }

    private mutating func setMoved(_ value: Value, of id: Network.NodeID, _ quantized: CPUQuantizedLayers.Group?) {
        if let quantized { setResult(value, quantized) } else { setValue(value, of: id) }
    }

    // MARK: 8 bits

    private mutating func addQuantizedReshape(_ id: Network.NodeID) throws(CPULibraryError) {
        let (input, shape) = (network.nodes[id].inputs[0], network.nodes[id].shape)
        var result = try rows(input, shape.rank == 4 ? shape.extents : extents(shape), for: id)
        if !hasOneOrder(shape) {
            let plain = result
            result = try makeBytes(of: id)
            try addReorder(plain, to: result, for: id)
        } else if shape.rank == 4 {
            result = Value(layout: try byteLayout(shape), buffer: result.buffer)
        }
        result.grid = bytes(of: input).grid
        setValue(result, of: id)
    }

    /// A value's bytes in row-major order, seen as so many rows.
    mutating func rows(
        _ id: Network.NodeID, _ extents: [Int], for reader: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        let shape = network.nodes[id].shape
        var current = bytes(of: id)
        if !hasOneOrder(shape) {
            let plain = makeValue(try .plain(shape.extents, byteType))
            try addReorder(current, to: plain, for: reader)
            current = plain
        }
        return Value(layout: try .plain(extents, byteType), buffer: current.buffer)
    }

    /// Whether it is the same to have channels first or last.
    private func hasOneOrder(_ shape: Shape) -> Bool { shape.rank != 4 || shape[1] == 1 || shape[2] * shape[3] == 1 }
}
