// Drawn pictures as files of their own, by FFmpeg's encoders. On one thread.

import CFFmpeg
import Foundation
import System

/// A folder with a picture for each frame, by six digits of its number.
final class PictureFolder: DrawnOutput {
    private let folder: URL
    private let encoder = PictureEncoder(isJPEG: false)
    private var count = 0
    var summary: String { "\(count) pictures in \(folder.path), by \(encoder.name)" }

    /// - Throws: `DrawingError` where there can't be such a folder.
    init(_ path: String) throws(DrawingError) {
        if let number = makeFolder(path) { throw DrawingError(file: path, reason: String(cString: strerror(number))) }
        folder = URL(fileURLWithPath: path, isDirectory: true)
    }

    func write(_ picture: DrawnPicture, number: Int, nanoseconds: Int?) throws {
        try encoder.write(picture.canvas, to: folder.appendingPathComponent(String(format: "%06d.png", number)))
        count += 1
    }

    func finish(isAtEnd: Bool) {}
}

/// One picture, of an input that has no more.
final class SinglePicture: DrawnOutput {
    private let file: URL
    private let encoder: PictureEncoder
    private var isWritten = false
    var summary: String { "\(file.path), by \(encoder.name)" }

    /// - Throws: `DrawingError` where it can't be written.
    init(_ path: String) throws(DrawingError) {
        if let number = obstacle(toWriting: path) {
            throw DrawingError(file: path, reason: String(cString: strerror(number)))
        }
        file = URL(fileURLWithPath: path)
        encoder = PictureEncoder(isJPEG: file.pathExtension.lowercased() != "png")
    }

    func write(_ picture: DrawnPicture, number: Int, nanoseconds: Int?) throws {
        guard !isWritten else {
            throw DrawingError(
                file: file.path, reason: "the input has more than one picture: name a folder, or a video as out.mp4")
        }
        isWritten = true
        try encoder.write(picture.canvas, to: file)
    }

    func finish(isAtEnd: Bool) {}
}

/// PNG, or JPEG of high quality.
private struct PictureEncoder {
    let isJPEG: Bool
    var name: String { isJPEG ? "mjpeg" : "png" }

    func write(_ canvas: Canvas, to file: URL) throws {
        let format = isJPEG ? AV_PIX_FMT_YUVJ444P : AV_PIX_FMT_RGB24
        let encoder = try Encoder(
            isJPEG ? ["mjpeg"] : ["png"], width: canvas.width, height: canvas.height, format: format, file: file.path)
        var bytes = Data()
        func take(_ packet: UnsafeMutablePointer<AVPacket>) {
            bytes.append(packet.pointee.data, count: Int(packet.pointee.size))
        }
        try encoder.encode(canvas, time: 0, take)
        try encoder.flush(take)
        do {
            try bytes.write(to: file)
        } catch {
            throw DrawingError(file: file.path, reason: "it can't be written")
        }
    }
}
