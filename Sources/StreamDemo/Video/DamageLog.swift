// Damage that a decoder reported before the frames around it came out. Owned by a `VideoFileSource`, on its thread.

/// Packets that couldn't be decoded, until their place in the stream has come: decoders give frames later, and in
/// another order, than they take packets.
struct DamageLog {
    private struct Entry {
        /// The packet's; nil where it has none.
        let timestamp: Int64?
        let reason: String
    }
    private var entries: [Entry] = []

    var count: Int { entries.count }
    var lastReason: String? { entries.last?.reason }

    mutating func append(_ reason: String, at timestamp: Int64?) {
        entries.append(Entry(timestamp: timestamp, reason: reason))
    }

    /// Takes out what comes before a frame, or in its place.
    /// - Parameter timestamp: the frame's; nil where it has none, and at the end of the stream: everything is due.
    /// - Returns: one reason, and whether it is the frame's own, which was then decoded in part; nil if nothing is due.
    mutating func takeDue(before timestamp: Int64?) -> (reason: String, isOfFrame: Bool)? {
        let due = entries.indices.filter { index in
            guard let timestamp, let own = entries[index].timestamp else { return true }
            return own <= timestamp
        }
        guard let first = due.min(by: { entries[$0].timestamp ?? .min < entries[$1].timestamp ?? .min }) else {
            return nil
        }
        let entry = entries.remove(at: first)
        return (entry.reason, timestamp != nil && entry.timestamp == timestamp)
    }

    mutating func removeAll() { entries = [] }
}
