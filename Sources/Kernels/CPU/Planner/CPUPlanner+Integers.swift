// Values that lie on grids, as bytes: feature maps with their channels last, all else in rows. How they become floats
// and floats become them.
import COneDNN
import NetworkGraph

extension CPUPlanner {
    /// A node's value as q of its grid, in bytes of the plan's kind.
    struct IntegerValue {
        let value: Value
        let grid: QuantizationGrid
    }

    /// Of values on grids.
    var byteType: dnnl_data_type_t { quantizedLayers.kernels.areSigned ? dnnl_s8 : dnnl_u8 }

    /// - Returns: false for nodes that aren't computed with integers.
    mutating func addQuantized(_ id: Network.NodeID, _ node: Network.Node) throws(CPULibraryError) -> Bool {
        guard let group = quantizedLayers.groups[id] else { return false }
        switch node.operation {
        case .convolution(let layer): try addQuantizedConvolution(id, layer, group)
        case .fullyConnected(let layer): try addQuantizedFullyConnected(id, layer, group)
        case .addition: try addQuantizedAddition(id, group)
        case .concatenation: try addQuantizedConcatenation(id, group)
        case .pooling(let pooling): try addQuantizedPooling(id, pooling, group)
        case .globalAveragePooling:
            let shape = network.nodes[node.inputs[0]].shape
            try addQuantizedPooling(
                id, Pooling(.average, window: Window(height: shape[2], width: shape[3])), group)
        case .reshape: try addQuantizedReshape(id)
        case .unary: try addRounding(id, group)
        default: preconditionFailure("no \(node.operation.name) is computed with integers")
        }
        return true
    }

    /// The grid that frames are rounded to before anything else; nil where they aren't, or are needed as they are, too.
    func gridOfFrames(_ id: Network.NodeID, _ node: Network.Node) -> QuantizationGrid? {
        guard case .image = node.operation, !network.outputs.contains(id), fusion.readers[id].count == 1,
            case .unary(.quantize) = network.nodes[fusion.readers[id][0]].operation
        else { return nil }
        return quantizedLayers.groups[fusion.readers[id][0]]?.grid
    }

    func integer(_ id: Network.NodeID) -> IntegerValue {
        guard let value = integers[id] else { preconditionFailure("'\(network.nodes[id].name)' is not bytes") }
        return value
    }

    func integerLayout(_ shape: Shape) throws(CPULibraryError) -> OneDNNLayout {
        shape.rank == 4
            ? try OneDNNLayout(shape.extents, dnnl_nhwc, byteType) : try .plain(extents(shape), byteType)
    }

    mutating func makeInteger(of id: Network.NodeID) throws(CPULibraryError) -> Value {
        makeValue(try integerLayout(network.nodes[id].shape))
    }

    /// Keeps what a group made.
    mutating func setResult(_ value: Value, _ group: CPUQuantizedLayers.Group) {
        if let grid = group.grid {
            integers[group.result] = IntegerValue(value: value, grid: grid)
        } else {
            setValue(value, of: group.result)
        }
    }

    private mutating func addConversion(
        _ conversion: CPUConversion, _ from: Value, to target: Value, for reader: Network.NodeID
    ) {
        for operand in [from, target] { arena.touch(operand.buffer, at: plan.steps.count) }
        plan.steps.append(
            CPUPlan.Step(node: reader, work: .conversion(conversion, source: from.buffer, result: target.buffer)))
    }

    /// Sees to it that nodes computed with floats find a value as such.
    /// - Parameter isPlain: in row-major order if it has to be made, else in the bytes' order.
    mutating func provideFloats(
        _ id: Network.NodeID, isPlain: Bool = false, for reader: Network.NodeID
    ) throws(CPULibraryError) {
        guard values[id] == nil, let integer = integers[id] else { return }
        let shape = network.nodes[id].shape
        let target = makeValue(
            shape.rank == 4 && !isPlain ? try OneDNNLayout(shape.extents, dnnl_nhwc) : try .plain(extents(shape)))
        addConversion(
            CPUConversion(integer.grid, to: nil, shape, isPlain ? .pixelsToPlanes : .kept), integer.value, to: target,
            for: reader)
        setValue(target, of: id)
    }

    /// The bytes of a node's value on a grid, moved there if it lies on another or on none.
    mutating func bytes(
        of id: Network.NodeID, on grid: QuantizationGrid, for reader: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        if let integer = integers[id], integer.grid == grid { return integer.value }
        let shape = network.nodes[id].shape
        guard let integer = integers[id] else {
            let (source, order) = try floats(id, for: reader)
            let target = try makeInteger(of: id)
            addConversion(CPUConversion(nil, to: grid, shape, order), source, to: target, for: reader)
            return target
        }
        let target = try makeInteger(of: id)
        addConversion(CPUConversion(integer.grid, to: grid, shape, .kept), integer.value, to: target, for: reader)
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

    /// `canOverwrite` for bytes; floats made of them lie elsewhere.
    func canOverwriteBytes(_ value: Value, by overwriter: Network.NodeID) -> Bool {
        !arena.isShared(value.buffer)
            && integers.filter { $0.value.value.buffer == value.buffer }.keys.allSatisfy { id in
                !network.outputs.contains(id)
                    && fusion.readers[id].allSatisfy { done.contains($0) || $0 == overwriter }
            }
    }

    private mutating func addRounding(_ id: Network.NodeID, _ group: CPUQuantizedLayers.Group) throws(CPULibraryError) {
        setResult(try bytes(of: network.nodes[id].inputs[0], on: group.grid!, for: id), group)
    }

    /// A value's bytes in row-major order, seen as so many rows.
    mutating func rows(
        _ id: Network.NodeID, _ extents: [Int], for reader: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        let shape = network.nodes[id].shape
        var current = integer(id).value
        if !hasOneOrder(shape) {
            let plain = makeValue(try .plain(shape.extents, byteType))
            try addReorder(current, to: plain, for: reader)
            current = plain
        }
        return Value(layout: try .plain(extents, byteType), buffer: current.buffer)
    }

    private mutating func addQuantizedReshape(_ id: Network.NodeID) throws(CPULibraryError) {
        let (input, shape) = (network.nodes[id].inputs[0], network.nodes[id].shape)
        var result = try rows(input, shape.rank == 4 ? shape.extents : extents(shape), for: id)
        if !hasOneOrder(shape) {
            let plain = result
            result = try makeInteger(of: id)
            try addReorder(plain, to: result, for: id)
        } else if shape.rank == 4 {
            result = Value(layout: try integerLayout(shape), buffer: result.buffer)
        }
        integers[id] = IntegerValue(value: result, grid: integer(input).grid)
    }

    /// Whether it is the same to have channels first or last.
    private func hasOneOrder(_ shape: Shape) -> Bool { shape.rank != 4 || shape[1] == 1 || shape[2] * shape[3] == 1 }
}
