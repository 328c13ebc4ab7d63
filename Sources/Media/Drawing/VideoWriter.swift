// Drawn pictures as a video in any container that FFmpeg writes, with the source's sound. On one thread.

import CFFmpeg

/// H.264 by libx264 where there is one, else MPEG-4; the size is the first picture's.
final class VideoWriter: DrawnOutput {
    private let path: String
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
        let parts = ["\(count) frames in \(path)", "by \(encoder?.name ?? "no encoder")", soundNote].compactMap(\.self)
        return parts.joined(separator: ", ")
    }

    /// - Throws: `DrawingError` where no container has such an ending, or the file can't be written.
    init(_ path: String, soundOf soundPath: String?) throws(DrawingError) {
        (self.path, self.soundPath) = (path, soundPath)
        cffmpeg_collect_messages()
        guard avformat_alloc_output_context2(&format, nil, nil, path) >= 0, let format else {
            throw DrawingError(file: path, reason: "no container has this ending: name a video as out.mp4, or a folder")
        }
        guard format.pointee.oformat.pointee.video_codec != AV_CODEC_ID_NONE,
            format.pointee.oformat.pointee.flags & AVFMT_NOFILE == 0
        else {
            throw DrawingError(file: path, reason: "this container takes no video: name one as out.mp4, or a folder")
        }
        let code = avio_open2(&format.pointee.pb, "file:" + path, AVIO_FLAG_WRITE, nil, nil)
        guard code >= 0 else { throw DrawingError(file: path, reason: ffmpegReason(code)) }
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

    func finish() throws {
        guard let format, let encoder, isHeaderWritten else { return }
        try encoder.flush(mux)
        try sound?.copy(until: (Double(lastTime) + 0.04 * Double(Encoder.ticks)) / Double(Encoder.ticks), into: format)
        try check(av_write_trailer(format))
        isHeaderWritten = false
        try check(avio_closep(&format.pointee.pb))
    }

    private func check(_ code: Int32) throws {
        if code < 0 { throw DrawingError(file: path, reason: ffmpegReason(code)) }
    }

    /// The header can be written when the size is known.
    private func begin(_ canvas: Canvas) throws -> Encoder {
        guard let format else { throw DrawingError(file: path, reason: "it is closed") }
        let codec = format.pointee.oformat
        let isWebM =
            avformat_query_codec(codec, AV_CODEC_ID_H264, FF_COMPLIANCE_NORMAL) != 1
            && avformat_query_codec(codec, AV_CODEC_ID_MPEG4, FF_COMPLIANCE_NORMAL) != 1
        let encoder = try Encoder(
            isWebM ? ["libvpx"] : ["libx264", "mpeg4"], width: (canvas.width + 1) & ~1,
            height: (canvas.height + 1) & ~1,
            format: AV_PIX_FMT_YUV420P,
            hasGlobalHeader: codec!.pointee.flags & AVFMT_GLOBALHEADER != 0, file: path)
        guard let stream = avformat_new_stream(format, nil) else {
            throw DrawingError(file: path, reason: "no memory for a stream")
        }
        try check(avcodec_parameters_from_context(stream.pointee.codecpar, encoder.context))
        stream.pointee.time_base = encoder.context!.pointee.time_base
        (self.encoder, self.stream) = (encoder, stream)
        if let soundPath {
            sound = CopiedSound(of: soundPath, in: format)
            soundNote = sound?.note
        }
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
