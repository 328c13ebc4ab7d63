// A host's pixels while a session has them. Owner: whoever submits, then the frame. Any thread.

import Glibc
import Synchronization

/// Counts who reads a picture, and calls its owner once when nobody does any more: apart from the references to it,
/// which compilers let go when they like.
package final class PictureLease: Sendable {
    private let release: @Sendable () -> Void
    /// The session, and the lanes that read it.
    private let holders = Atomic<Int>(1)
    private let isSessionDone = Atomic<Bool>(false)
    private let isBack = Atomic<Bool>(false)

    package init(release: @escaping @Sendable () -> Void) { self.release = release }

    /// Of a frame that a stream has let go without a word, as one that is let go does.
    deinit { if !isBack.load(ordering: .acquiring) { release() } }

    /// It stays its owner's: it was not taken. To be called before it is let go.
    package func revoke() { isBack.store(true, ordering: .releasing) }

    func borrow() { holders.add(1, ordering: .relaxed) }

    func end() {
        guard holders.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        release()
        isBack.store(true, ordering: .releasing)
    }

    /// See `LentFrame.giveBack`.
    func giveBack() {
        if !isSessionDone.exchange(true, ordering: .acquiringAndReleasing) { end() }
        while holders.load(ordering: .acquiring) == 0, !isBack.load(ordering: .acquiring) { sched_yield() }
    }
}
