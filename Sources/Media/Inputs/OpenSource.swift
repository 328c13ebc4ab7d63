// From what a user writes to where frames come from.

import Glibc
import System

/// Opens what the command line names: a video, a picture, a folder of pictures, a numbered sequence, a URL, a camera,
/// `-` for yuv4mpeg on stdin, or nil for the built-in clip.
/// - Throws: `VideoError` when it is missing, doesn't answer, or holds no pictures that can be read.
package func openSource(
    path: String?, _ options: SourceOptions = SourceOptions()
) throws(VideoError) -> any FrameSource {
    let source = try openOnce(path, options)
    guard options.loops, path != "-" else { return source }
    if source.isLive, let path {
        let name = try StreamURL(parsing: path)?.name ?? path
        options.report("\(name): is live, so it isn't begun again")
        return source
    }
    return LoopingSource(source) { () throws(VideoError) in try openOnce(path, options) }
}

private func openOnce(_ path: String?, _ options: SourceOptions) throws(VideoError) -> any FrameSource {
    guard let path else { return BuiltInClip() }
    if path == "-" { return try VideoFileSource(yuv4mpegFrom: 0, name: "standard input", options) }
    if let url = try StreamURL(parsing: path) { return try LiveSource.open(.url(url), name: url.name, options) }
    if isCamera(path) { return try LiveSource.open(.camera(path), name: path, options) }
    var status = stat()
    guard stat(path, &status) == 0 else {
        let reason = String(cString: strerror(errno))
        if let sequence = NumberedSequence(pattern: path) { return try PictureFolderSource(sequence, options) }
        if path.contains(where: { "*?".contains($0) }) {
            throw VideoError(
                .unreadable, path, "\(reason); name the folder of the pictures, or a sequence as \"img%03d.png\"")
        }
        throw VideoError(.unreadable, path, reason)
    }
    if isDirectory(path) { return try PictureFolderSource(path: path, options) }
    return try VideoFileSource(path: path, decoderThreads: decoderThreads, options)
}

/// As many as there are cores, but no more than a decoder keeps busy: lanes that wait for frames leave them theirs, and
/// where lanes are the brake, decoders wait for them.
var decoderThreads: Int {
    min((try? ThreadAffinity.cpus())?.count ?? 1, 4)
}

/// Whether a path is a camera's, there or not: `/dev/video0`, or a link to one, as those in `/dev/v4l`.
package func isCamera(_ path: String) -> Bool {
    let real = realpath(path, nil)
    defer { free(real) }
    return (real.map { String(cString: $0) } ?? path).wholeMatch(of: /\/dev\/video\d+/) != nil
}
