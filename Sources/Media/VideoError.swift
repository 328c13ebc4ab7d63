// What can be wrong with a video input, in words for the person who named it.

import CFFmpeg
import Glibc

/// An input that can't be read, or broke off.
package struct VideoError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Equatable {
        /// It isn't there, or can't be opened or read.
        case unreadable
        case empty
        /// Not a video or picture that FFmpeg knows.
        case notVideo
        /// A playlist, stream description or the like, which would open other files.
        case refused
        /// Audio or subtitles only.
        case noVideoStream
        case unsupportedCodec
        /// A folder without pictures.
        case noPictures
        /// This frame, counted from 0, is damaged; the stream goes on.
        case damagedFrame(Int)
        /// Damaged or cut short after this many frames, damaged ones among them.
        case brokenOff(afterFrames: Int)
    }

    package let kind: Kind
    /// The file as the user named it.
    package let file: String
    /// The cause, as FFmpeg or the system put it.
    package let detail: String
    /// When a damaged frame would have been shown; nil where nobody knows.
    package let presentationNanoseconds: Int?

    package init(_ kind: Kind, _ file: String, _ detail: String, at presentationNanoseconds: Int? = nil) {
        (self.kind, self.file, self.detail) = (kind, file, detail)
        self.presentationNanoseconds = presentationNanoseconds
    }

    /// One line: control characters from hostile names and streams are shown as `?`.
    package var description: String {
        let text =
            switch kind {
            case .unreadable: "\(file): cannot be read: \(detail)"
            case .empty: "\(file): is empty"
            case .notVideo: "\(file): is no video or picture: \(detail)"
            case .refused: "\(file): is not opened, since it would open other files or hosts: \(detail)"
            case .noVideoStream: "\(file): has no video stream: \(detail)"
            case .unsupportedCodec: "\(file): \(detail)"
            case .noPictures: "\(file): has no pictures in it: \(detail)"
            case .damagedFrame(let number): "\(file): frame \(number) is damaged: \(detail)"
            case .brokenOff(afterFrames: 0): "\(file): broke off before the first frame: \(detail)"
            case .brokenOff(let count): "\(file): broke off after \(count) frames: \(detail)"
            }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "?" : $0 }))
    }

    private func isControl(_ scalar: Unicode.Scalar) -> Bool {
        [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }
}

/// FFmpeg's words for one of its error codes. The corresponding C function is `av_strerror`.
func ffmpegReason(_ code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        av_strerror(code, buffer.baseAddress, buffer.count)
        return String(cString: buffer.baseAddress!)
    }
}

/// Whether a name leads to a file, or nowhere; not to a folder, a pipe or the like, which would be waited for. The
/// corresponding C function is `stat`.
func canBePicture(_ path: String) -> Bool { [S_IFREG, nil].contains(fileType(path)) }

private func fileType(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
}
