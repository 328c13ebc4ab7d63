// Drawn pictures as a video, with the source's sound. On one thread.

import CFFmpeg
import Foundation
import System

/// The size is the first picture's. Nothing is written before that: what fails earlier leaves an older file whole.
final class VideoWriter: DrawnOutput {
    /// FFmpeg's container, and its encoders in the order of choice.
    private struct Container {
        let muxer: String
        let encoders: [String]
    }

    private let path: String
    private let ending: String
    private let container: Container
    private var format: UnsafeMutablePointer<AVFormatContext>?
    private var encoder: Encoder?
    private var stream: UnsafeMutablePointer<AVStream>?
    private var sound: CopiedSound?
    private let soundPath: String?
    private var soundNote: String?
    private var lastTime: Int64 = -1
    /// How long the last picture is shown, which nothing follows: as long as the one before it.
    private var lastDuration = Int64(Encoder.ticks) / 25
    private var isHeaderWritten = false
    private var count = 0

    var summary: String {
        guard count > 0 else { return "no frame, and so no \(path)" }
        let parts = ["\(count) frames in \(path)", "by \(encoder?.name ?? "no encoder")", soundNote].compactMap(\.self)
        return parts.joined(separator: ", ")
    }

    /// By a file's ending, those that take pictures at any time. FFmpeg knows many more, and says of some too late that
    /// they take no such video.
    private static let containers: [String: Container] = {
        let common = ["libx264", "mpeg4"]
        return [
            "mp4": Container(muxer: "mp4", encoders: common), "m4v": Container(muxer: "mp4", encoders: common),
            "mov": Container(muxer: "mov", encoders: common), "mkv": Container(muxer: "matroska", encoders: common),
            "ts": Container(muxer: "mpegts", encoders: common),
            "webm": Container(muxer: "webm", encoders: ["libvpx"]),
        ]
    }()

    /// - Throws: `DrawingError` where videos aren't drawn into files of such an ending, FFmpeg can't make one, or the
    ///   file can't be written.
    init(_ path: String, soundOf soundPath: String?) throws(DrawingError) {
        (self.path, self.soundPath) = (path, soundPath)
        cffmpeg_collect_messages()
        ending = (path as NSString).pathExtension.lowercased()
        guard let container = Self.containers[ending] else {
            let endings = "mp4, m4v, mov, mkv, webm and ts"
            throw DrawingError(
                file: path, reason: "videos are \(endings), pictures png and jpg: name one as out.mp4, or a folder")
        }
        self.container = container
        guard av_guess_format(container.muxer, nil, nil) != nil else {
            throw DrawingError(file: path, reason: "this FFmpeg writes no \(container.muxer)")
        }
        try Encoder.find(container.encoders, file: path)
        if let number = obstacle(toWriting: path) {
            throw DrawingError(file: path, reason: String(cString: strerror(number)))
        }
    }

    deinit {
        if let format { avio_closep(&format.pointee.pb) }
        avformat_free_context(format)
    }

    func write(_ picture: DrawnPicture, number: Int, nanoseconds: Int?) throws {
        let encoder = try encoder ?? begin(picture.canvas)
        let perFrame = Int64(Encoder.ticks) / 25
        let wanted = nanoseconds.map { Int64(Double($0) * Double(Encoder.ticks) / 1e9 + 0.5) }
        // Pictures without times follow each other as FFmpeg's do, 25 a second.
        let time = max(wanted ?? (lastTime < 0 ? 0 : lastTime + perFrame), lastTime + 1)
        if lastTime >= 0 { lastDuration = time - lastTime }
        lastTime = time
        count += 1
        try encoder.encode(picture.canvas, time: time, mux)
        try sound?.copy(until: Double(time) / Double(Encoder.ticks), into: format!)
    }

    func finish(isAtEnd: Bool) throws {
        guard let format, let encoder, isHeaderWritten else { return }
        try encoder.flush(mux)
        // Sound may go on behind the last picture.
        let end = isAtEnd ? .infinity : Double(lastTime + lastDuration) / Double(Encoder.ticks)
        try sound?.copy(until: end, into: format)
        try check(av_write_trailer(format))
        isHeaderWritten = false
        try check(avio_closep(&format.pointee.pb))
    }

    private func check(_ code: Int32) throws {
        if code < 0 { throw DrawingError(file: path, reason: ffmpegReason(code)) }
    }

    /// The header can be written when the size is known.
    private func begin(_ canvas: Canvas) throws -> Encoder {
        try check(avformat_alloc_output_context2(&format, nil, container.muxer, path))
        guard let format else { throw DrawingError(file: path, reason: "no memory for a container") }
        let encoder = try Encoder(
            container.encoders, width: (canvas.width + 1) & ~1, height: (canvas.height + 1) & ~1,
            format: AV_PIX_FMT_YUV420P,
            hasGlobalHeader: format.pointee.oformat.pointee.flags & AVFMT_GLOBALHEADER != 0, file: path)
        guard let stream = avformat_new_stream(format, nil) else {
            throw DrawingError(file: path, reason: "no memory for a stream")
        }
        try check(avcodec_parameters_from_context(stream.pointee.codecpar, encoder.context))
        stream.pointee.time_base = encoder.context!.pointee.time_base
        (self.encoder, self.stream) = (encoder, stream)
        if let soundPath { (sound, soundNote) = CopiedSound.open(soundPath, in: format, ending: ending) }
        try check(avio_open2(&format.pointee.pb, "file:" + path, AVIO_FLAG_WRITE, nil, nil))
        try check(avformat_write_header(format, nil))
        isHeaderWritten = true
        return encoder
    }

    private func mux(_ packet: UnsafeMutablePointer<AVPacket>) throws {
        if packet.pointee.duration <= 0 { packet.pointee.duration = lastDuration }
        av_packet_rescale_ts(packet, encoder!.context!.pointee.time_base, stream!.pointee.time_base)
        packet.pointee.stream_index = stream!.pointee.index
        try check(av_interleaved_write_frame(format, packet))
    }
}
