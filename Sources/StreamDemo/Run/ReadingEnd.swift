// When reading ends, whatever the inputs still have: once the user has stopped, and after a time. Any thread.

import CoExec
import Media
import Synchronization

/// The end of a run's reading.
final class ReadingEnd: Sendable {
    private let durationNanoseconds: Int?
    private let deadline = Atomic<Int>(.max)

    /// - Parameter duration: in seconds; nil: as long as there is something.
    init(duration: Double? = nil) { durationNanoseconds = duration.map { Int($0 * 1e9) } }

    /// The time counts from now on.
    func begin() {
        if let durationNanoseconds { deadline.store(monotonicNanoseconds() + durationNanoseconds, ordering: .relaxed) }
    }

    var isReached: Bool {
        Interrupt.isRequested
            || durationNanoseconds != nil && monotonicNanoseconds() >= deadline.load(ordering: .relaxed)
    }

    var cancellation: Cancellation { Cancellation { self.isReached } }
}

extension FrameSource {
    /// The next frame; the end of the stream once reading is to end, also where that broke off a wait.
    func next(until end: Cancellation) throws -> VideoFrame? {
        guard !end.isRequested() else { return nil }
        do {
            return try next()
        } catch {
            if end.isRequested() { return nil }
            throw error
        }
    }
}
