// Who may write the output of a frame in flight. Any thread, without the stream's lock.

import Synchronization

/// Settles which of the lanes that run one frame has the say about it. A cache line long.
struct FrameClaim: ~Copyable {
    /// 4 · ticket + a `Phase`.
    private let progress = Atomic<Int>(0)
    private enum Phase {
        static let open = 0
        static let claimed = 1
        static let published = 2
    }
    private let lane = Atomic<Int>(-1)
    private let service = Atomic<Int>(0)
    private let place = Atomic<Int>(0)
    private let rest: (Int, Int, Int, Int) = (0, 0, 0, 0)

    /// - Parameter sequence: the frame's place in the stream.
    func open(_ ticket: Int, sequence: Int) {
        place.store(sequence, ordering: .relaxed)
        progress.store(4 * ticket + Phase.open, ordering: .relaxed)
    }

    /// The frame's place in the stream, for the lane that has its ticket.
    var sequence: Int { place.load(ordering: .relaxed) }

    /// Whether nobody has said yet what became of the frame.
    func isOpen(_ ticket: Int) -> Bool { progress.load(ordering: .acquiring) == 4 * ticket + Phase.open }

    /// Wins the right to say what became of the frame; false when somebody else has it.
    func claim(_ ticket: Int) -> Bool {
        progress.compareExchange(
            expected: 4 * ticket + Phase.open, desired: 4 * ticket + Phase.claimed, ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// Says that the output of a claimed frame is in place.
    func publish(_ ticket: Int, by lane: Int, serviceNanoseconds: Int) {
        self.lane.store(lane, ordering: .relaxed)
        service.store(serviceNanoseconds, ordering: .relaxed)
        progress.store(4 * ticket + Phase.published, ordering: .releasing)
    }

    /// The lane that has published the frame's output; nil before.
    func publisher(of ticket: Int) -> Int? {
        progress.load(ordering: .acquiring) == 4 * ticket + Phase.published ? lane.load(ordering: .relaxed) : nil
    }

    /// What the frame took, once it is published.
    var serviceNanoseconds: Int { service.load(ordering: .relaxed) }
}
