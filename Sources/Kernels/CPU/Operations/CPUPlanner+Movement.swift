// Values that are only moved: reshaped, which costs nothing in plain order, or transposed. Reshaped as bytes, too.
import COneDNN
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

    /// A reorder from the input seen with its axes in the result's order.
    mutating func addTranspose(_ id: Network.NodeID, _ permutation: [Int]) throws(CPULibraryError) {
        let node = network.nodes[id]
        let input = network.nodes[node.inputs[0]].shape
        // oneDNN has twelve axes at most.
        guard (1...12).contains(permutation.count) else {
            try addReference(id)
            return
        }
        let strides = Reference.strides(input.extents)
        let seen = try OneDNNLayout(node.shape.extents, strides: permutation.map { strides[$0] })
        let target = try OneDNNLayout.plain(node.shape.extents)
        let source = try plain(node.inputs[0], for: id)
        let result = makeValue(try .plain(extents(node.shape)))
        try addReorder(
            Value(layout: seen, buffer: source.buffer), to: Value(layout: target, buffer: result.buffer), for: id)
        setValue(result, of: id)
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
