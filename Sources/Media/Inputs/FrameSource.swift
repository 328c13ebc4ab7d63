// Where frames come from, whatever the input is. A source belongs to the one thread that pulls from it.

import Glibc
import Kernels
import System

/// One picture of a stream.
package struct VideoFrame: Sendable {
    package let image: Image
    /// When it is shown, counted from the stream's first frame; nil where the input doesn't say (pictures).
    package let presentationNanoseconds: Int?
    /// The picture's name, for a folder of pictures.
    package let fileName: String?

    package init(image: Image, presentationNanoseconds: Int?, fileName: String?) {
        (self.image, self.presentationNanoseconds, self.fileName) = (image, presentationNanoseconds, fileName)
    }
}

/// A stream of pictures, pulled one at a time. Sizes may change from frame to frame.
package protocol FrameSource: AnyObject {
    /// How many frames there should be, for showing progress: exact or the container's estimate, nil if unknown.
    var expectedFrameCount: Int? { get }

    /// What a user should know of the pictures given so far and can't see in them, one line each.
    var notes: [String] { get }

    /// The next frame, upright, or nil at the end. May block, as a pipe does.
    ///
    /// Throws in the place of a frame that is damaged, once for each; the next call gives what follows, or nil where
    /// nothing does.
    func next() throws(VideoError) -> VideoFrame?
}

extension FrameSource {
    package var notes: [String] { [] }

    /// Whether what was thrown is one frame's alone, rather than the end of all: always for a picture of a folder.
    package func goesOn(after error: VideoError) -> Bool {
        if case .damagedFrame = error.kind { return true }
        return self is PictureFolderSource
    }
}

/// Whether somebody who waits is to stop: asked from any thread, again and again.
package struct Cancellation: Sendable {
    let isRequested: @Sendable () -> Bool

    package init(_ isRequested: @escaping @Sendable () -> Bool) { self.isRequested = isRequested }
}

/// How inputs are opened and read.
package struct SourceOptions: Sendable {
    /// Ends waiting for an input, a pipe for one.
    package var cancellation = Cancellation { false }

    package init() {}
}

/// Opens what the command line names: a video, a picture, a folder of pictures, `-` for yuv4mpeg on stdin, or nil for
/// the built-in clip.
/// - Throws: `VideoError` when it is missing or holds no pictures that can be read.
package func openSource(
    path: String?, _ options: SourceOptions = SourceOptions()
) throws(VideoError) -> any FrameSource {
    guard let path else { return BuiltInClip() }
    if path == "-" { return try VideoFileSource(yuv4mpegFrom: 0, name: "standard input", options) }
    try checkIsThere(path)
    if isDirectory(path) { return try PictureFolderSource(path: path, options) }
    return try VideoFileSource(path: path, decoderThreads: decoderThreads, options)
}

/// As many as there are cores, but no more than a decoder keeps busy: lanes that wait for frames leave them theirs, and
/// where lanes are the brake, decoders wait for them.
private var decoderThreads: Int {
    min((try? ThreadAffinity.cpus())?.count ?? 1, 4)
}

/// - Throws: `VideoError` for what isn't there, with a hint at what it may have been meant for.
private func checkIsThere(_ path: String) throws(VideoError) {
    var status = stat()
    guard stat(path, &status) != 0 else { return }
    let reason = String(cString: strerror(errno))
    if path.contains("://") {
        throw VideoError(.unreadable, path, "URLs aren't read, only files, folders of pictures, and - for a pipe")
    }
    if path.firstMatch(of: /%0?\d*d|[*?]/) != nil {
        throw VideoError(.unreadable, path, "\(reason); patterns aren't read: name the folder of the pictures")
    }
    throw VideoError(.unreadable, path, reason)
}
