// A picture on its way through a session. Values.

import CoExec
import Devices
import Kernels

/// A picture, or what stays of it for its result once no lane needs its pixels.
struct SessionFrame: ImageFrame, LentFrame {
    /// The application's word for it. Small ones are stored in place.
    let tag: any Sendable
    /// Of the upright picture, in pixels.
    let width: Int
    let height: Int
    private(set) var image: Image?
    /// nil where letting the image go is all that its owner wants.
    private let lease: PictureLease?

    init(_ image: Image, tag: any Sendable, lease: PictureLease?) {
        (self.tag, self.image, self.lease) = (tag, image, lease)
        (width, height) = (image.width, image.height)
    }

    var images: [Image] { image.map { [$0] } ?? [] }

    var remains: SessionFrame {
        var frame = self
        frame.image = nil
        return frame
    }

    func borrow() { lease?.borrow() }
    func endBorrow() { lease?.end() }
    func giveBack() { lease?.giveBack() }
}
