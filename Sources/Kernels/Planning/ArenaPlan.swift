// Where activations lie: values that are never needed at the same time share memory. A value type, used when compiling.

/// Lays buffers out in one block of memory. Buffers that are alive at the same time don't overlap; a buffer may be a
/// slice of another, as the inputs of a concatenation are.
package struct ArenaPlan {
    package typealias BufferID = Int

    /// A cache line, and a 512-bit vector.
    package static let standardAlignment = 64

    private struct Buffer {
        let bytes: Int
        /// First and last step that touches it; nil until one does.
        var life: ClosedRange<Int>?
        var parent: (buffer: BufferID, offset: Int)?
        var hasSlices = false
    }

    private var buffers: [Buffer] = []

    /// In bytes, of each buffer that isn't a slice.
    private let alignment: Int
    /// Bytes in front of all buffers.
    private let reserved: Int

    package init(alignment: Int = standardAlignment, reserved: Int = 0) {
        (self.alignment, self.reserved) = (alignment, reserved)
    }

    package mutating func makeBuffer(bytes: Int) -> BufferID {
        buffers.append(Buffer(bytes: bytes))
        return buffers.count - 1
    }

    /// Whether it is part of another, or has parts.
    package func isShared(_ buffer: BufferID) -> Bool { buffers[buffer].parent != nil || buffers[buffer].hasSlices }

    package func isSlice(_ buffer: BufferID) -> Bool { buffers[buffer].parent != nil }

    package func isSlice(_ buffer: BufferID, of parent: BufferID) -> Bool { buffers[buffer].parent?.buffer == parent }

    /// Makes a buffer live inside another from `offset` bytes on.
    package mutating func place(_ buffer: BufferID, in parent: BufferID, at offset: Int) {
        precondition(buffers[buffer].parent == nil && buffer != parent)
        precondition(offset + buffers[buffer].bytes <= buffers[parent].bytes)
        buffers[buffer].parent = (parent, offset)
        buffers[parent].hasSlices = true
    }

    /// Says that a step reads or writes it.
    package mutating func touch(_ buffer: BufferID, at step: Int) {
        let life = buffers[buffer].life ?? step...step
        buffers[buffer].life = min(life.lowerBound, step)...max(life.upperBound, step)
    }

    /// Chooses addresses: largest buffers first, each at the lowest offset where nothing alive at the same time lies.
    /// - Returns: each buffer's offset, and the size of it all, in bytes.
    package func layOut() -> (offsets: [Int], bytes: Int) {
        var lives = buffers.map(\.life)
        // Slices live in their root, at the sum of offsets on the way up.
        let roots = buffers.indices.map { root(of: $0) }
        for (buffer, (root, _)) in roots.enumerated() {
            guard let life = buffers[buffer].life else { continue }
            let known = lives[root] ?? life
            lives[root] = min(known.lowerBound, life.lowerBound)...max(known.upperBound, life.upperBound)
        }
        var placed: [(range: Range<Int>, life: ClosedRange<Int>)] = []
        var starts = [Int](repeating: 0, count: buffers.count)
        var total = reserved
        for buffer in buffers.indices.sorted(by: { buffers[$0].bytes > buffers[$1].bytes })
        where buffers[buffer].parent == nil {
            guard let life = lives[buffer] else { continue }
            let size = (buffers[buffer].bytes + alignment - 1) / alignment * alignment
            var start = reserved
            let others = placed.filter { $0.life.overlaps(life) }.map(\.range).sorted { $0.lowerBound < $1.lowerBound }
            for other in others where other.overlaps(start..<start + max(size, 1)) { start = other.upperBound }
            placed.append((start..<start + size, life))
            starts[buffer] = start
            total = max(total, start + size)
        }
        return (roots.map { starts[$0.root] + $0.offset }, total)
    }

    private func root(of buffer: BufferID) -> (root: BufferID, offset: Int) {
        var (root, offset) = (buffer, 0)
        while let parent = buffers[root].parent { (root, offset) = (parent.buffer, offset + parent.offset) }
        return (root, offset)
    }
}
