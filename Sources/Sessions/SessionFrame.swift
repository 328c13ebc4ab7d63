// A picture on its way through a session. Values.

import Devices
import Kernels

/// A picture, or what stays of it for its result once no lane needs its pixels.
struct SessionFrame: ImageFrame {
    /// The application's word for it. Small ones are stored in place.
    let tag: any Sendable
    /// Of the upright picture, in pixels.
    let width: Int
    let height: Int
    private(set) var image: Image?

    init(_ image: Image, tag: any Sendable) {
        (self.tag, self.image, width, height) = (tag, image, image.width, image.height)
    }

    var images: [Image] { image.map { [$0] } ?? [] }

    var withoutPixels: SessionFrame {
        var frame = self
        frame.image = nil
        return frame
    }
}
