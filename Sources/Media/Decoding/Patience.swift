// How long FFmpeg may wait. Owned by what waits; FFmpeg asks on the thread that waits, and some protocols on their own.

import CFFmpeg
import Synchronization
import System

/// Ends FFmpeg's waiting for bytes: once the user has stopped, and for cameras and URLs after a time.
final class Patience: Sendable {
    private let cancellation: Cancellation
    /// nil: it waits for ever, as for a pipe.
    let limitNanoseconds: Int?
    private let deadline = Atomic<Int>(.max)
    /// Demuxers may give what they have before they say that a read was ended.
    private let hasEnded = Atomic<Bool>(false)

    init(_ cancellation: Cancellation, limitNanoseconds: Int? = nil) {
        (self.cancellation, self.limitNanoseconds) = (cancellation, limitNanoseconds)
    }

    /// Counts the time from now on.
    /// - Parameter least: where something takes longer by its nature.
    func restart(atLeast least: Int = 0) {
        guard let limitNanoseconds else { return }
        deadline.store(monotonicNanoseconds() + max(limitNanoseconds, least), ordering: .relaxed)
    }

    /// Whether the time is over, or was so once.
    private var isExhausted: Bool {
        guard limitNanoseconds != nil else { return false }
        if monotonicNanoseconds() > deadline.load(ordering: .relaxed) { hasEnded.store(true, ordering: .relaxed) }
        return hasEnded.load(ordering: .relaxed)
    }
    var isOver: Bool { cancellation.isRequested() || isExhausted }

    /// Why waiting has ended, if the time was over.
    var reason: String? {
        guard let limitNanoseconds, isExhausted else { return nil }
        let tenths = (limitNanoseconds + 50_000_000) / 100_000_000
        return "nothing came for \(tenths / 10)\(tenths % 10 == 0 ? "" : ".\(tenths % 10)") s"
    }

    /// Valid as long as this object lives. FFmpeg asks it before each read, and again and again while it waits.
    var callback: AVIOInterruptCB {
        AVIOInterruptCB(
            callback: { Unmanaged<Patience>.fromOpaque($0!).takeUnretainedValue().isOver ? 1 : 0 },
            opaque: Unmanaged.passUnretained(self).toOpaque())
    }
}
