// Sparse constants: which elements a file leaves out because they are zero (SparsityParameters of the schema). A value
// type.

/// A tensor's axes, some of them cut into blocks whose places make further axes, are gone through as levels. A dense
/// level has every position, a sparse one those that it lists for each position of the level above.
struct TFLiteSparsity {
    private enum Level {
        case dense(extent: Int)
        /// Which part of the positions belongs to each one above.
        case sparse(segments: [Int], positions: [Int])
    }

    /// Which axis each level is, those of blocks counted on behind the tensor's.
    private let order: [Int]
    /// Of which axis blocks are made.
    private let blockAxes: [Int]
    private let levels: [Level]

    init(_ table: FlatTable) throws(ImportFailure) {
        order = try table.numbers(0, Int32.self, "traversal_order")
        blockAxes = try table.numbers(1, Int32.self, "block_map")
        var levels: [Level] = []
        for level in try table.tables(2, "dim_metadata") {
            let format = try level.number(0, Int8.self, "format")
            switch format {
            case 0: levels.append(.dense(extent: try level.number(1, Int32.self, "dense_size")))
            case 1:
                levels.append(
                    .sparse(
                        segments: try Self.numbers(level, 2, "array_segments"),
                        positions: try Self.numbers(level, 4, "array_indices")))
            default: throw .invalid("format \(format) of a sparse tensor's axis")
            }
        }
        self.levels = levels
    }

    /// A union of vectors: its kind, and behind it the vector.
    private static func numbers(_ table: FlatTable, _ index: Int, _ name: String) throws(ImportFailure) -> [Int] {
        let kind = try table.number(index, UInt8.self, name)
        guard let vector = try table.table(index + 1, name) else { throw .invalid("\(name) is left out") }
        switch kind {
        case 1: return try vector.numbers(0, Int32.self, name)
        case 2: return try vector.numbers(0, UInt16.self, name)
        case 3: return try vector.numbers(0, UInt8.self, name)
        default: throw .invalid("\(name) of kind \(kind)")
        }
    }

    /// All elements, those left out as zeros.
    /// - Parameters:
    ///   - extents: of the tensor; their product is bounded by the caller.
    ///   - byteCount: of an element.
    func dense(_ data: ByteSlice, _ extents: [Int], byteCount: Int) throws(ImportFailure) -> [UInt8] {
        let rank = extents.count
        guard levels.count == order.count, order.sorted() == Array(0..<rank + blockAxes.count),
            rank + blockAxes.count <= ImportLimits.rank, extents.allSatisfy({ $0 > 0 }), blockAxes.allSatisfy((0..<rank).contains)
        else { throw .invalid("a sparse tensor of \(rank) axes in the order \(order), blocks of \(blockAxes)") }
        // How far one position of a level leads in the dense tensor.
        var strides = [Int](repeating: 1, count: rank)
        for axis in strides.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * extents[axis + 1] }
        var blocks = [Int](repeating: 1, count: rank)
        var steps = [Int](repeating: 0, count: levels.count)
        var room = [Int](repeating: 0, count: levels.count)
        // Blocks of blocks: those stated last are the innermost.
        for (index, axis) in blockAxes.enumerated().reversed() {
            guard let level = order.firstIndex(of: rank + index), case .dense(let extent) = levels[level],
                extent > 0, extents[axis].isMultiple(of: blocks[axis] * extent)
            else { throw .invalid("blocks of a sparse tensor that don't divide its axis \(axis)") }
            (steps[level], room[level]) = (strides[axis] * blocks[axis], extent)
            blocks[axis] *= extent
        }
        for axis in 0..<rank {
            guard let level = order.firstIndex(of: axis) else { continue }
            (steps[level], room[level]) = (strides[axis] * blocks[axis], extents[axis] / blocks[axis])
        }
        var walk = Walk(
            levels: levels, steps: steps, room: room, data: data, byteCount: byteCount,
            left: (extents.reduce(1, *) + 1) * (levels.count + 1),
            result: [UInt8](repeating: 0, count: extents.reduce(1, *) * byteCount))
        try walk.go(level: 0, parent: 0, place: 0)
        guard walk.read * byteCount == data.count else {
            throw .invalid("\(data.count) bytes of data for \(walk.read) elements that aren't zero")
        }
        return walk.result
    }

    /// One way through all levels; as deep as there are axes.
    private struct Walk {
        let levels: [Level]
        let steps: [Int]
        let room: [Int]
        let data: ByteSlice
        let byteCount: Int
        /// Positions that may still be visited: a dense tensor has no more.
        var left: Int
        var result: [UInt8]
        var read = 0

        mutating func go(level: Int, parent: Int, place: Int) throws(ImportFailure) {
            left -= 1
            guard left >= 0 else { throw .invalid("a sparse tensor with more elements than there are places") }
            guard level < levels.count else { return try copy(to: place) }
            switch levels[level] {
            case .dense(let extent):
                guard extent == room[level] else { throw .invalid("\(extent) positions for \(room[level])") }
                for index in 0..<extent {
                    try go(level: level + 1, parent: parent * extent + index, place: place + index * steps[level])
                }
            case .sparse(let segments, let positions):
                guard parent + 1 < segments.count, segments[parent] >= 0,
                    segments[parent] <= segments[parent + 1], segments[parent + 1] <= positions.count
                else { throw .invalid("segments of a sparse tensor that lie outside of it") }
                for index in segments[parent]..<segments[parent + 1] {
                    let position = positions[index]
                    guard (0..<room[level]).contains(position) else {
                        throw .invalid("position \(position) of \(room[level]) in a sparse tensor")
                    }
                    try go(level: level + 1, parent: index, place: place + position * steps[level])
                }
            }
        }

        private mutating func copy(to place: Int) throws(ImportFailure) {
            guard (read + 1) * byteCount <= data.count else { throw .invalid("a sparse tensor's data ends too early") }
            for byte in 0..<byteCount { result[place * byteCount + byte] = data[read * byteCount + byte] }
            read += 1
        }
    }
}
