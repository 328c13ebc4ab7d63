// Where a lane finds a context of a better compilation. Its lane's thread takes it, the thread that tunes puts it
// there. It is taken with the lane's next frame: a lane that gets none holds both contexts until its stream ends.

import Kernels
import Synchronization

final class LaneContext: Sendable {
    /// A context that goes from the thread that made it to the lane's.
    struct Fresh: @unchecked Sendable {  // handed over under a lock, and used by one thread at a time
        let context: any ExecutionContext
        let generation: Int
    }

    /// Its number in the device.
    let lane: Int
    private let fresh = Mutex<Fresh?>(nil)
    private let hasFresh = Atomic<Bool>(false)

    init(lane: Int) { self.lane = lane }

    func put(_ context: Fresh) {
        fresh.withLock { $0 = context }
        hasFresh.store(true, ordering: .relaxed)
    }

    /// Takes what is there, once.
    func take() -> Fresh? {
        guard hasFresh.load(ordering: .relaxed) else { return nil }
        hasFresh.store(false, ordering: .relaxed)
        return fresh.withLock { $0.take() }
    }
}
