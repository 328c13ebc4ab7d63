// Values in the form that the next step wants: another layout, floats of bytes, bytes of floats; and where results go.
import COneDNN
import EnginePlanning
import NetworkGraph

extension CPUPlanner {
    /// Extents as oneDNN sees them: feature maps N×C×H×W, all else a row for each batch element.
    func extents(_ shape: Shape) -> [Int] {
        if shape.rank == 4 { return shape.extents }
        let rows = shape.extents.first ?? 1
        return [rows, shape.count / rows]
    }

    /// A node's value as floats.
    func value(_ id: Network.NodeID) -> Value {
        guard let value = values.floats(of: id) else {
            preconditionFailure("'\(network.nodes[id].name)' is not computed yet")
        }
        return value
    }

    /// A node's value as bytes.
    func bytes(of id: Network.NodeID) -> Value {
        guard let value = values.bytes(of: id) else { preconditionFailure("'\(network.nodes[id].name)' is not bytes") }
        return value
    }

    mutating func setValue(_ value: Value, of id: Network.NodeID) { values.set(value, of: id) }

    /// Keeps what a group made.
    mutating func setResult(_ value: Value, _ group: CPUQuantizedLayers.Group) {
        var value = value
        value.grid = group.grid
        setValue(value, of: group.result)
    }

    // MARK: Made

    mutating func makeValue(_ layout: OneDNNLayout) -> Value {
        Value(layout: layout, buffer: arena.makeBuffer(bytes: layout.bytes))
    }

    /// A place for a value in another's layout.
    mutating func makeValue(like other: Value) -> Value {
        var value = makeValue(other.layout)
        value.pixelStride = other.pixelStride
        return value
    }

    mutating func makeBytes(of id: Network.NodeID) throws(CPULibraryError) -> Value {
        makeValue(try byteLayout(network.nodes[id].shape))
    }

    /// Of values on grids.
    var byteType: dnnl_data_type_t { quantizedLayers.kernels.areSigned ? dnnl_s8 : dnnl_u8 }

    func byteLayout(_ shape: Shape) throws(CPULibraryError) -> OneDNNLayout {
        shape.rank == 4
            ? try OneDNNLayout(shape.extents, dnnl_nhwc, byteType) : try .plain(extents(shape), byteType)
    }

    mutating func denseDestination(of id: Network.NodeID) throws(CPULibraryError) -> Value {
        let shape = network.nodes[id].shape
        var value = makeValue(try OneDNNLayout(shape.extents, dnnl_nhwc))
        value.pixelStride = shape[1]
        return value
    }

    /// Where a layer can add its result to a residual: the residual's own place if nobody needs it afterwards, otherwise
    /// a copy.
    mutating func destination(
        holding residual: Value, addedBy addition: Network.NodeID, in layout: OneDNNLayout, for id: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        if residual.layout == layout, canOverwrite(residual, by: addition) { return residual }
        let copy = makeValue(layout)
        try addReorder(residual, to: copy, for: id)
        return copy
    }

    /// Whether a node may overwrite a value: nobody else reads it later, nor shares its bytes. A copy may yet be handed
    /// to other readers.
    func canOverwrite(_ value: Value, by overwriter: Network.NodeID) -> Bool {
        guard !arena.isShared(value.buffer), !plan.constants.contains(where: { $0.buffer == value.buffer }),
            !values.hasCopy(in: value.buffer)
        else { return false }
        return values.nodes(in: value.buffer).allSatisfy { id in
            !network.outputs.contains(id)
                && fusion.readers[id].allSatisfy { done.contains($0) || $0 == overwriter }
        }
    }

    // MARK: As floats

    /// A node's value in a layout, reordered if it isn't there yet.
    /// - Parameter reader: the node that the reorder is for, and whose time it counts in.
    mutating func value(
        _ id: Network.NodeID, in layout: OneDNNLayout, for reader: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        let current = value(id)
        if current.layout == layout { return current }
        if let copy = values.copy(of: id, in: layout) { return copy }
        let copy = makeValue(layout)
        try addReorder(current, to: copy, for: reader)
        values.add(copy: copy, of: id)
        return copy
    }

    /// A node's value in row-major order.
    mutating func plain(
        _ id: Network.NodeID, _ type: dnnl_data_type_t = dnnl_f32, for reader: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        try value(id, in: .plain(extents(network.nodes[id].shape), type), for: reader)
    }

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

    /// Sees to it that nodes computed with floats find a value as such.
    /// - Parameter isPlain: in row-major order if it has to be made, else in the bytes' order.
    mutating func provideFloats(
        _ id: Network.NodeID, isPlain: Bool = false, for reader: Network.NodeID
    ) throws(CPULibraryError) {
        guard values.floats(of: id) == nil, let bytes = values.bytes(of: id), let grid = bytes.grid else { return }
        let shape = network.nodes[id].shape
        let target = makeValue(
            shape.rank == 4 && !isPlain ? try OneDNNLayout(shape.extents, dnnl_nhwc) : try .plain(extents(shape)))
        addConversion(
            CPUConversion(grid, to: nil, shape, isPlain ? .pixelsToPlanes : .kept), bytes, to: target,
            for: reader)
        setValue(target, of: id)
    }

    // MARK: As bytes

    /// The bytes of a node's value on a grid, moved there if it lies on another or on none.
    mutating func bytes(
        of id: Network.NodeID, on grid: QuantizationGrid, for reader: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        let own = values.bytes(of: id)
        if let own, own.grid == grid { return own }
        let (source, order) = if let own { (own, CPUConversion.Order.kept) } else { try floats(id, for: reader) }
        let target = try makeBytes(of: id)
        let shape = network.nodes[id].shape
        addConversion(CPUConversion(source.grid, to: grid, shape, order), source, to: target, for: reader)
        return target
    }

    /// A value as floats in planes or in pixels, whichever it lies in; pixels if neither.
    private mutating func floats(
        _ id: Network.NodeID, for reader: Network.NodeID
    ) throws(CPULibraryError) -> (Value, CPUConversion.Order) {
        let shape = network.nodes[id].shape
        guard shape.rank == 4 else { return (try plain(id, for: reader), .kept) }
        let planes = try OneDNNLayout.plain(shape.extents)
        if value(id).layout == planes { return (value(id), .planesToPixels) }
        return (try channelsLast(id, dense: true, for: reader), .kept)
    }

    private mutating func addConversion(
        _ conversion: CPUConversion, _ from: Value, to target: Value, for reader: Network.NodeID
    ) {
        for operand in [from, target] { arena.touch(operand.buffer, at: plan.steps.count) }
        plan.steps.append(
            CPUPlan.Step(node: reader, work: .conversion(conversion, source: from.buffer, result: target.buffer)))
    }
}
