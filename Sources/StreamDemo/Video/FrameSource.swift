// Where frames come from, whatever the input is. A source belongs to the one thread that pulls from it.

import Kernels

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

    /// The next frame, or nil at the end. May block, as a pipe does.
    ///
    /// A damaged stream gives every frame before the damage, then throws once, then is at its end.
    func next() throws(VideoError) -> VideoFrame?
}

/// Opens what the command line names: a video, a picture, a folder of pictures, `-` for yuv4mpeg on stdin, or nil for
/// the built-in clip.
/// - Throws: `VideoError` when it is missing or holds no pictures that can be read.
func openSource(path: String?) throws(VideoError) -> any FrameSource {
    guard let path else { return BuiltInClip() }
    if path == "-" { return try VideoFileSource(yuv4mpegFrom: 0, name: "standard input") }
    return isDirectory(path) ? try PictureFolderSource(path: path) : try VideoFileSource(path: path)
}
