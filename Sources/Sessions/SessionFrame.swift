// A picture on its way through a session, and with its result, when its pixels are their owner's again. Values.

import CoExec
import Devices
import Kernels

struct SessionFrame: ImageFrame, LentFrame {
    /// The application's word for it. Small ones are stored in place.
    let tag: any Sendable
    /// Of the upright picture, in pixels.
    let width: Int
    let height: Int
    private let lease: PictureLease

    /// - Parameter release: called when no lane reads the picture any more; nil where letting it go is all that its owner
    ///   wants.
    init(_ image: consuming Image, tag: any Sendable, release: (@Sendable () -> Void)?) {
        (self.tag, width, height) = (tag, image.width, image.height)
        lease = PictureLease(image, release: release)
    }

    var images: [Image] { lease.images }

    /// It wasn't taken: the picture stays its owner's.
    func revoke() { lease.revoke() }

    func borrow() { lease.borrow() }
    func endBorrow() { lease.end() }
    func giveBack() { lease.giveBack() }
}
