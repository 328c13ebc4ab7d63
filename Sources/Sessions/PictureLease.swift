// A host's pixels while a session has them. Owner: the frame, and all copies of it. Any thread.

import Glibc
import Kernels
import Synchronization

/// Counts who reads a picture, and lets it go once nobody does any more, whatever references to the lease there are: those
/// are let go when compilers like.
final class PictureLease: @unchecked Sendable {  // the image is its holders' to read, and the last one's to let go
    private var image: Image?
    private let release: (@Sendable () -> Void)?
    /// The session, and the lanes that read it.
    private let holders = Atomic<Int>(1)
    /// 0: the session has it; 1: a thread is letting it go; 2: it has let it go.
    private let session = Atomic<Int>(0)
    private let isBack = Atomic<Bool>(false)

    /// - Parameter release: called once when the picture was let go.
    init(_ image: consuming Image, release: (@Sendable () -> Void)?) { (self.image, self.release) = (image, release) }

    /// Of a frame that a stream has let go without a word, as one that is let go does.
    deinit { if !isBack.load(ordering: .acquiring) { release?() } }

    /// For holders.
    var images: [Image] { image.map { [$0] } ?? [] }

    /// It stays its owner's: it was not taken. To be called before it is let go.
    func revoke() { isBack.store(true, ordering: .releasing) }

    func borrow() { holders.add(1, ordering: .relaxed) }

    func end() {
        guard holders.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        image = nil
        release?()
        isBack.store(true, ordering: .releasing)
    }

    /// See `LentFrame.giveBack`.
    func giveBack() {
        if session.compareExchange(expected: 0, desired: 1, ordering: .acquiringAndReleasing).exchanged {
            end()
            session.store(2, ordering: .releasing)
        }
        // Another thread may be at it; a lane's own hold isn't waited for.
        while session.load(ordering: .acquiring) < 2 { sched_yield() }
        while holders.load(ordering: .acquiring) == 0, !isBack.load(ordering: .acquiring) { sched_yield() }
    }
}
