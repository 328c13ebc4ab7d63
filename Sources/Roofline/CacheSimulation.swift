// How many bytes a network's layers have to fetch from behind a cache, and write back there, by simulating it: what
// hardware counters would tell, where a machine has none to give. A value.

/// A cache with least-recently-used replacement that holds anything anywhere, in blocks of a page: what streams
/// through it needs no finer look. Blocks that are written are not fetched first, as STREAM doesn't count that either.
struct CacheSimulation {
    /// Bytes that came from behind it, and went back there.
    private(set) var bytes = 0
    private let capacity: Int
    private var count = 0
    /// Blocks by how recently they were used, linked both ways; the place behind the last block is the list's head.
    private var next: [Int32]
    private var previous: [Int32]
    private var isHeld: [Bool]
    private var isDirty: [Bool]
    private let head: Int

    static var blockBytes: Int { 4096 }

    /// - Parameters:
    ///   - capacityBytes: at least a block.
    ///   - addressBytes: addresses are below that.
    init(capacityBytes: Int, addressBytes: Int) {
        capacity = max(capacityBytes / Self.blockBytes, 1)
        head = addressBytes / Self.blockBytes + 1
        next = [Int32](repeating: Int32(head), count: head + 1)
        previous = next
        isHeld = [Bool](repeating: false, count: head + 1)
        isDirty = isHeld
    }

    mutating func read(_ range: Range<Int>) { touch(range, writes: false) }
    mutating func write(_ range: Range<Int>) { touch(range, writes: true) }
    mutating func resetCount() { bytes = 0 }

    private mutating func touch(_ range: Range<Int>, writes: Bool) {
        guard !range.isEmpty else { return }
        for block in range.lowerBound / Self.blockBytes...(range.upperBound - 1) / Self.blockBytes {
            if isHeld[block] {
                unlink(block)
            } else {
                if count == capacity { evict() }
                isHeld[block] = true
                count += 1
                if !writes { bytes += Self.blockBytes }
            }
            if writes { isDirty[block] = true }
            link(block)
        }
    }

    private mutating func evict() {
        let oldest = Int(previous[head])
        unlink(oldest)
        isHeld[oldest] = false
        count -= 1
        if isDirty[oldest] {
            bytes += Self.blockBytes
            isDirty[oldest] = false
        }
    }

    private mutating func link(_ block: Int) {
        let first = next[head]
        (next[block], previous[block]) = (first, Int32(head))
        previous[Int(first)] = Int32(block)
        next[head] = Int32(block)
    }

    private mutating func unlink(_ block: Int) {
        next[Int(previous[block])] = next[block]
        previous[Int(next[block])] = previous[block]
    }
}

extension NetworkWork {
    /// The bytes of each layer that come from behind a cache or go back there, in a frame after many.
    ///
    /// A layer is computed a band of rows at a time, such that a band's input and result take half of the cache nearest
    /// to the core: it reads the band's input and all weights, and writes the band's result, as engines' loops do.
    /// - Parameters:
    ///   - cacheBytes: of the caches between core and memory, the nearest first; what one lane has of them.
    /// - Returns: of each layer, for each of the caches; the bytes of shapes alone, once, where there is no cache.
    package func simulatedBytes(cacheBytes: [Int]) -> [[Int]] {
        guard let nearest = cacheBytes.first else { return layers.map { [$0.minimumBytes] } }
        var caches = cacheBytes.map { CacheSimulation(capacityBytes: $0, addressBytes: addressBytes) }
        var bytes = layers.map { _ in cacheBytes.map { _ in 0 } }
        // The first frame fills the caches.
        for _ in 0..<2 {
            for (position, layer) in layers.enumerated() {
                for index in caches.indices {
                    caches[index].resetCount()
                    layer.play(into: &caches[index], nearestBytes: nearest)
                    bytes[position][index] = caches[index].bytes
                }
            }
        }
        return bytes
    }
}

extension NetworkWork.Layer {
    fileprivate func play(into cache: inout CacheSimulation, nearestBytes: Int) {
        let mapBytes = inputs.reduce(result.count) { $0 + $1.count }
        let bands = min(max(2 * mapBytes / max(nearestBytes, 1), 1), max(rows, 1))
        for band in 0..<bands {
            func part(_ range: Range<Int>) -> Range<Int> {
                range.lowerBound + range.count * band / bands..<range.lowerBound + range.count * (band + 1) / bands
            }
            for input in inputs { cache.read(part(input)) }
            cache.read(weights)
            cache.write(part(result))
        }
    }
}
