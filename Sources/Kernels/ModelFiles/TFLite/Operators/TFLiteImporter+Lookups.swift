// Operators that pick or put elements at positions which a run may compute: GATHER, GATHER_ND, SCATTER_ND, ONE_HOT,
// EMBEDDING_LOOKUP.
import NetworkGraph

extension TFLiteImporter {
    /// Slices along an axis; behind axes that data and positions have in common, if the model says so.
    mutating func gather(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let data = try node(operands[0])
        let axis = try normalizedAxis(try operands.integer(0, "axis"), rank: data.extents.count)
        let common = try operands.integer(1, "batch_dims")
        if common != 0 {
            guard common == axis else { throw .unsupported("batch_dims \(common) with axis \(axis)") }
            let positions = try stated(try node(operands[1]))
            let coordinates = try reshaped(positions, positions.extents + [1])
            return try lookup(data, .coordinateLookup(commonAxes: common), coordinates)
        }
        guard case .constant(let constant) = operands[1] else {
            return try lookup(data, .lookup(axis: axis), try node(operands[1]))
        }
        try spend(constant.count)
        let positions = try constant.integers()
        guard positions.allSatisfy((0..<data.extents[axis]).contains) else {
            throw .invalid("positions outside of axis \(axis) of \(data.extents)")
        }
        var extents = data.extents
        extents.replaceSubrange(axis...axis, with: constant.extents)
        return try reshaped(try gathered(data, axis: axis, positions), extents)
    }

    /// Rows of a table.
    mutating func embeddingLookup(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        try lookup(try node(operands[1]), .lookup(axis: 0), try node(operands[0]))
    }

    mutating func gatherND(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        try lookup(try node(operands[0]), .coordinateLookup(commonAxes: 0), try node(operands[1]))
    }

    private mutating func lookup(
        _ data: TFLiteNode, _ operation: Operation, _ positions: TFLiteNode
    ) throws(ImportFailure) -> TFLiteNode {
        let id = try emit(operation, try stated(data).id, try stated(positions).id)
        let extents = draft.nodes[id].shape.extents
        guard extents.count <= ImportLimits.rank else { throw .unsupported("a tensor of \(extents.count) axes") }
        return TFLiteNode(id, extents, grid: data.grid)
    }

    /// Sums of updates at coordinates, in zeros.
    mutating func scatterND(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let zeros = try filled(try operands.integers(2, "the shape"), with: 0)
        let (coordinates, updates) = (try stated(try node(operands[0])), try stated(try node(operands[1])))
        let id = try emit(.coordinateScatter(.add), zeros.id, coordinates.id, updates.id)
        return TFLiteNode(id, zeros.extents)
    }

    /// Along a new axis, one value where the index says, and another one elsewhere.
    mutating func oneHot(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let indices = try stated(try node(operands[0]))
        let depth = try operands.integer(input: 1, "the depth")
        guard (1...ImportLimits.elements).contains(depth) else { throw .invalid("a depth of \(depth)") }
        let axis = try normalizedAxis(try operands.integer(0, "axis"), rank: indices.extents.count + 1)
        var extents = try expandedExtents(indices.extents, at: axis)
        let places = try reshaped(indices, extents)
        extents[axis] = depth
        try spend(depth)
        var line = [Int](repeating: 1, count: extents.count)
        line[axis] = depth
        let range = Tensor(Shape(line), (0..<depth).map(Float.init))
        let positions = try draft.append(.constant(range), [], name: "\(currentName)/positions")
        let isThere = try emit(.binary(.equal), places.id, positions)
        let (on, off) = (try stated(try node(operands[2])), try stated(try node(operands[3])))
        guard Shape(on.extents).count == 1, Shape(off.extents).count == 1 else {
            throw .invalid("values of \(on.extents) and \(off.extents)")
        }
        let (first, second) = (try reshaped(on, []), try reshaped(off, []))
        return TFLiteNode(try emit(.selection, isThere, first.id, second.id), extents)
    }
}
