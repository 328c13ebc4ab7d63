// Damage that a decoder reported before the frames around it came out. Owned by a `VideoFileSource`, on its thread.

/// Packets that couldn't be decoded, until their place in the stream has come: decoders give frames later, and in
/// another order, than they take packets.
struct DamageLog {
    private struct Entry {
        /// The packet's; nil where it has none.
        let timestamp: Int64?
        let reason: String
    }
    /// By time stamp, those without one first; ones before `start` were taken out.
    private var entries: [Entry] = []
    private var start = 0

    var count: Int { entries.count - start }
    var lastReason: String? { entries.last?.reason }

    mutating func append(_ reason: String, at timestamp: Int64?) {
        // Nearly in order already.
        var index = entries.count
        while index > start, (entries[index - 1].timestamp ?? .min) > (timestamp ?? .min) { index -= 1 }
        entries.insert(Entry(timestamp: timestamp, reason: reason), at: index)
    }

    /// Takes out what comes before a frame, or in its place.
    /// - Parameter timestamp: the frame's; nil where it has none, and at the end of the stream: everything is due.
    /// - Returns: one reason, its packet's time stamp, and whether it is the frame's own, which was then decoded in
    ///   part; nil if nothing is due.
    mutating func takeDue(before timestamp: Int64?) -> (reason: String, timestamp: Int64?, isOfFrame: Bool)? {
        guard start < entries.count else { return nil }
        let entry = entries[start]
        if let timestamp, let own = entry.timestamp, own > timestamp { return nil }
        start += 1
        // Seldom enough that each entry is moved about once.
        if 2 * start >= entries.count {
            entries.removeFirst(start)
            start = 0
        }
        return (entry.reason, entry.timestamp, timestamp != nil && entry.timestamp == timestamp)
    }

    mutating func removeAll() { (entries, start) = ([], 0) }
}
