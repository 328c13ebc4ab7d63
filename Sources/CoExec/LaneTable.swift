// What lanes may look at of each other without the stream's lock: their deques, and what they are running.

import Synchronization

/// A lane, as other threads see it. Written by its own thread only, but for stealing.
final class LaneShare: Sendable {
    let deque = WorkStealingDeque(capacity: LaneShare.dequeCapacity)
    /// The ticket that it is running, or −1.
    let ticket = PaddedAtomic(-1)
    /// When it started that frame, nanoseconds.
    let start = PaddedAtomic(0)

    /// Most frames that a lane grabs at once.
    static let dequeCapacity = 8
}

/// The lanes of a stream, by index. Grows while other threads read: a lane is there before the count says so.
struct LaneTable: ~Copyable, @unchecked Sendable {  // entries below `count` never change
    private let entries: UnsafeMutablePointer<LaneShare?>
    private let countStorage = Atomic<Int>(0)

    /// Lanes that a stream can have in its life.
    static let capacity = 64

    init() {
        entries = .allocate(capacity: Self.capacity)
        entries.initialize(repeating: nil, count: Self.capacity)
    }

    deinit {
        entries.deinitialize(count: Self.capacity)
        entries.deallocate()
    }

    var count: Int { countStorage.load(ordering: .acquiring) }

    subscript(_ lane: Int) -> LaneShare { entries[lane]! }

    /// One thread at a time. - Precondition: fewer than `capacity` lanes.
    func append(_ lane: LaneShare) {
        let count = countStorage.load(ordering: .relaxed)
        precondition(count < Self.capacity, "a stream has at most \(Self.capacity) lanes")
        entries[count] = lane
        countStorage.store(count + 1, ordering: .releasing)
    }
}
