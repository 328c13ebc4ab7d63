// When packets came that nobody read at once: while FFmpeg looked for the streams, and the networks were prepared.
// Owned by a `Demuxer`, on its thread.

import CFFmpeg

/// Until the reader has caught up, each packet came by its stamp, counted from when the first one did.
struct OpeningBacklog {
    /// When the container was open, as `monotonicNanoseconds`.
    let startNanoseconds: Int
    private var firstTimestamp: Int64?
    private var isOver = false

    /// Whoever had to wait as long for a packet has caught up. From there on stamps don't count: clocks drift apart.
    private static let waitNanoseconds = 5_000_000

    init(since start: Int) { startNanoseconds = start }

    /// When a packet came.
    /// - Parameters:
    ///   - asked: when it was asked for.
    ///   - read: when it was there.
    mutating func arrival(of timestamp: Int64, timeBase: AVRational, askedAt asked: Int, readAt read: Int) -> Int {
        isOver = isOver || read - asked > Self.waitNanoseconds
        guard !isOver, timestamp != cffmpeg_no_pts else { return read }
        let first = firstTimestamp ?? timestamp
        firstTimestamp = first
        let nanoseconds = AVRational(num: 1, den: 1_000_000_000)
        let due = startNanoseconds &+ Int(av_rescale_q(timestamp &- first, timeBase, nanoseconds))
        return min(read, max(due, startNanoseconds))
    }
}
