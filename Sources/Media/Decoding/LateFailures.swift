// Which packets a decoder failed at that works on several at once. Owned by a `VideoFileSource`, on its thread.

/// A decoder with several frames in hand tells of a failure some packets later, but in its turn among frames: whatever
/// comes before a frame in the decoder's order was told of when the frame is there. So the packet is one of those whose
/// frames should have come by then, and didn't.
struct LateFailures {
    /// Packets whose frames haven't come, in the order of their stamps.
    private var waiting: [Int64] = []
    private var reasons: [String] = []

    /// As many failures are never waiting for a frame that is in the decoder's hands, with all that it holds back.
    private static let limit = 64

    /// Packets in front of the first at which decoding can start, of which nothing was told so far.
    private var startCount = 0

    /// - Parameters:
    ///   - timestamp: of a packet that the decoder took; nil where it has none.
    ///   - canBeDecoded: false in front of the first at which decoding can start: that these fail is no damage.
    mutating func took(_ timestamp: Int64?, canBeDecoded: Bool = true) {
        if !canBeDecoded { startCount += 1 }
        guard canBeDecoded, let timestamp else { return }
        // Nearly in order already.
        var index = waiting.count
        while index > 0, waiting[index - 1] > timestamp { index -= 1 }
        waiting.insert(timestamp, at: index)
        // Packets without a frame of their own (invisible ones) stay.
        if reasons.isEmpty, waiting.count > 4 * Self.limit { waiting.removeFirst(2 * Self.limit) }
    }

    mutating func failed(_ reason: String) { reasons.append(reason) }

    /// As `failed`, of a packet in front of the first that can be decoded.
    mutating func failedAtStart() { startCount = max(startCount - 1, 0) }

    /// The failures whose place is known, once a frame is there.
    /// - Parameters:
    ///   - timestamp: the frame's.
    ///   - logged: what the decoder only logged so far: why a frame is missing where it told of no failure. nil where
    ///     that is nothing; then frames that are missing may be none.
    mutating func placed(before timestamp: Int64, logged: String? = nil) -> [(reason: String, timestamp: Int64?)] {
        let missing = waiting.prefix { $0 < timestamp }
        if startCount > 0, let first = waiting.first, timestamp >= first {
            reasons.removeFirst(max(min(reasons.count - missing.count, startCount), 0))
            startCount = 0
        }
        let count = missing.count + (waiting.dropFirst(missing.count).first == timestamp ? 1 : 0)
        defer { waiting.removeFirst(count) }
        if reasons.isEmpty, let logged { reasons = missing.map { _ in logged } }
        return take(Array(missing))
    }

    /// All failures, where no frame comes any more; or nothing, as long as some may.
    mutating func rest(isAtEnd: Bool, logged: String? = nil) -> [(reason: String, timestamp: Int64?)] {
        if isAtEnd, reasons.isEmpty, let logged { reasons = waiting.prefix(Self.limit).map { _ in logged } }
        guard isAtEnd || reasons.count > Self.limit else { return [] }
        let missing = Array(waiting.prefix(reasons.count))
        waiting.removeFirst(missing.count)
        let placed = take(missing)
        let others: [(reason: String, timestamp: Int64?)] = reasons.map { (reason: $0, timestamp: nil) }
        reasons = []
        return placed + others
    }

    /// A frame may be lost with its neighbour: for the same reason.
    private mutating func take(_ missing: [Int64]) -> [(reason: String, timestamp: Int64?)] {
        guard let last = reasons.prefix(missing.count).last else { return [] }
        var placed: [(reason: String, timestamp: Int64?)] = []
        for (index, timestamp) in missing.enumerated() {
            placed.append((reason: index < reasons.count ? reasons[index] : last, timestamp: timestamp))
        }
        reasons.removeFirst(min(missing.count, reasons.count))
        return placed
    }
}
