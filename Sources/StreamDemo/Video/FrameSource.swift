// Where frames come from, whatever the input is. A source belongs to the one thread that pulls from it.

import Glibc
import Kernels
import System

/// One picture of a stream.
struct VideoFrame: Sendable {
    let image: Image
    /// When it is shown, counted from the stream's first frame; nil where the input doesn't say (pictures).
    let presentationNanoseconds: Int?
    /// The picture's name, for a folder of pictures.
    let fileName: String?
}

/// A stream of pictures, pulled one at a time. Sizes may change from frame to frame.
protocol FrameSource: AnyObject {
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
    var notes: [String] { [] }

    /// Whether what was thrown is one frame's alone, rather than the end of all: always for a picture of a folder.
    func goesOn(after error: VideoError) -> Bool {
        if case .damagedFrame = error.kind { return true }
        return self is PictureFolderSource
    }
}

/// Opens what the command line names: a video, a picture, a folder of pictures, `-` for yuv4mpeg on stdin, or nil for
/// the built-in clip.
/// - Throws: `VideoError` when it is missing or holds no pictures that can be read.
func openSource(path: String?) throws(VideoError) -> any FrameSource {
    guard let path else { return BuiltInClip() }
    if path == "-" { return try VideoFileSource(yuv4mpegFrom: 0, name: "standard input") }
    try checkIsThere(path)
    if isDirectory(path) { return try PictureFolderSource(path: path) }
    return try VideoFileSource(path: path, decoderThreads: decoderThreads)
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
