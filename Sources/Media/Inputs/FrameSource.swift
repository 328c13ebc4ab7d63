// Where frames come from, whatever the input is. A source belongs to the one thread that pulls from it.

import Kernels

/// One picture of a stream.
package struct VideoFrame: Sendable {
    package let image: Image
    /// When it is shown, counted from the stream's first frame; nil where the input doesn't say (pictures).
    package let presentationNanoseconds: Int?
    /// The picture's name, for a folder of pictures.
    package let fileName: String?
    /// When it was taken; nil but for live inputs.
    package let moment: FrameMoment?

    package init(image: Image, presentationNanoseconds: Int?, fileName: String?, moment: FrameMoment? = nil) {
        (self.image, self.presentationNanoseconds, self.fileName) = (image, presentationNanoseconds, fileName)
        self.moment = moment
    }
}

/// When a frame of a live input was taken, by its own time stamp if that is of a clock on the wall; else when it
/// arrived.
package struct FrameMoment: Sendable, Equatable {
    /// As `monotonicNanoseconds`.
    package let monotonicNanoseconds: Int
    /// Since 1970.
    package let wallNanoseconds: Int
    /// How old the frame was when it arrived; nil where that is when its time counts from.
    package let arrivalAgeNanoseconds: Int?

    package init(monotonicNanoseconds: Int, wallNanoseconds: Int, arrivalAgeNanoseconds: Int? = nil) {
        (self.monotonicNanoseconds, self.wallNanoseconds) = (monotonicNanoseconds, wallNanoseconds)
        self.arrivalAgeNanoseconds = arrivalAgeNanoseconds
    }
}

/// A stream of pictures, pulled one at a time. Sizes may change from frame to frame.
package protocol FrameSource: AnyObject {
    /// How many frames there should be, for showing progress: exact or the container's estimate, nil if unknown.
    var expectedFrameCount: Int? { get }

    /// What a user should know of the pictures given so far and can't see in them, one line each.
    var notes: [String] { get }

    /// Whether frames come when they come, and are lost to whom doesn't take them: a camera, a live URL.
    var isLive: Bool { get }

    /// Whether a live input keeps its frames for a while, for whoever comes later: a playlist, whose parts come at
    /// once.
    var isKept: Bool { get }

    /// Whether each frame is a file of its own: errors are single frames' then.
    var isFolder: Bool { get }

    /// How frames are decoded.
    var decoding: Decoding { get }

    /// How often a live input was lost.
    var losses: Losses { get }

    /// The next frame, upright, or nil at the end. May block, as a pipe does.
    ///
    /// Throws in the place of a frame that is damaged, once for each; the next call gives what follows, or nil where
    /// nothing does.
    func next() throws(VideoError) -> VideoFrame?
}

/// How a source's frames are decoded, and what that takes beside the thread that pulls.
package struct Decoding: Sendable {
    /// As "h264, in software, 4 threads"; nil where nothing is decoded.
    package var name: String?
    /// What threads of the decoder's own have taken of the cores.
    package var threadsNanoseconds = 0
}

/// How often a live input was lost and came back, and how long it was away.
package struct Losses: Sendable, Equatable {
    package var count = 0
    package var awayNanoseconds = 0
}

extension FrameSource {
    package var notes: [String] { [] }
    package var isLive: Bool { false }
    package var isKept: Bool { false }
    package var isFolder: Bool { false }
    package var decoding: Decoding { Decoding() }
    package var losses: Losses { Losses() }

    /// Whether what was thrown is one frame's alone, rather than the end of all: always for a picture of a folder.
    package func goesOn(after error: VideoError) -> Bool {
        if case .damagedFrame = error.kind { return true }
        return isFolder
    }
}
