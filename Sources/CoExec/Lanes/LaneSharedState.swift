// What lanes may look at of each other without the stream's lock: their deques, and what they are running.

import Synchronization

/// A lane, as other threads see it. Written by its own thread only, but for stealing.
struct LaneSharedState: ~Copyable {
    let deque = WorkStealingDeque(capacity: LaneSharedState.dequeCapacity)
    /// The ticket that it is running, or −1.
    let ticket = PaddedAtomic(-1)
    /// When it started that frame, nanoseconds.
    let start = PaddedAtomic(0)

    /// Most frames that a lane grabs at once.
    static let dequeCapacity = 8
}
