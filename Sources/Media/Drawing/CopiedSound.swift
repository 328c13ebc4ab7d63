// The sound of the file that frames come from, copied as it is beside the drawn video. On the writer's thread.

import CFFmpeg

/// Packets of a file's sound, in step with the pictures.
final class CopiedSound {
    private var source: UnsafeMutablePointer<AVFormatContext>?
    private let input: Int32
    private let output: UnsafeMutablePointer<AVStream>
    private var packet = av_packet_alloc()
    /// When the first picture is shown, in seconds of the file's clock.
    private let start: Double
    private var isHolding = false
    private var isAtEnd = false
    let note: String

    /// Adds a stream to a container whose header isn't written.
    /// - Returns: nil where there is no sound that it can take, and where the file can't be read a second time.
    init?(of path: String, in container: UnsafeMutablePointer<AVFormatContext>) {
        var opened: UnsafeMutablePointer<AVFormatContext>?
        var options: OpaquePointer?
        // A file can't have others opened.
        av_dict_set(&options, "protocol_whitelist", "file", 0)
        defer { av_dict_free(&options) }
        guard avformat_open_input(&opened, "file:" + path, nil, &options) >= 0 else { return nil }
        var isUsed = false
        defer { if !isUsed { avformat_close_input(&opened) } }
        guard avformat_find_stream_info(opened, nil) >= 0 else { return nil }
        let best = av_find_best_stream(opened, AVMEDIA_TYPE_AUDIO, -1, -1, nil, 0)
        let pictures = av_find_best_stream(opened, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
        guard best >= 0, pictures >= 0, let opened, let sound = opened.pointee.streams[Int(best)],
            avformat_query_codec(
                container.pointee.oformat, sound.pointee.codecpar.pointee.codec_id, FF_COMPLIANCE_NORMAL) == 1,
            let stream = avformat_new_stream(container, nil),
            avcodec_parameters_copy(stream.pointee.codecpar, sound.pointee.codecpar) >= 0
        else { return nil }
        stream.pointee.codecpar.pointee.codec_tag = 0
        stream.pointee.time_base = sound.pointee.time_base
        for index in 0..<Int(opened.pointee.nb_streams) where index != Int(best) {
            opened.pointee.streams[index]!.pointee.discard = AVDISCARD_ALL
        }
        let video = opened.pointee.streams[Int(pictures)]!.pointee
        let first = video.start_time == cffmpeg_no_pts ? 0 : video.start_time
        start = Double(first) * av_q2d(video.time_base)
        isUsed = true
        (source, input, output) = (opened, best, stream)
        note = "its sound (\(String(cString: avcodec_get_name(sound.pointee.codecpar.pointee.codec_id)))) copied"
    }

    deinit {
        av_packet_free(&packet)
        avformat_close_input(&source)
    }

    /// - Parameter seconds: from the first picture.
    /// - Throws: `DrawingError`. A source that can't be read on has no more sound.
    func copy(until seconds: Double, into container: UnsafeMutablePointer<AVFormatContext>) throws {
        guard let source, let packet else { return }
        let timeBase = source.pointee.streams[Int(input)]!.pointee.time_base
        let unit = av_q2d(timeBase)
        let offset = Int64(start / unit)
        while !isAtEnd {
            if !isHolding {
                guard av_read_frame(source, packet) >= 0 else {
                    isAtEnd = true
                    return
                }
                isHolding = true
            }
            let time = packet.pointee.pts == cffmpeg_no_pts ? packet.pointee.dts : packet.pointee.pts
            let isUsable = packet.pointee.stream_index == input && time != cffmpeg_no_pts
            if isUsable, Double(time - offset) * unit > seconds { return }
            isHolding = false
            // What sounds before the first picture is left out.
            guard isUsable, time >= offset else {
                av_packet_unref(packet)
                continue
            }
            if packet.pointee.pts != cffmpeg_no_pts { packet.pointee.pts -= offset }
            if packet.pointee.dts != cffmpeg_no_pts { packet.pointee.dts -= offset }
            av_packet_rescale_ts(packet, timeBase, output.pointee.time_base)
            packet.pointee.stream_index = output.pointee.index
            packet.pointee.pos = -1
            let code = av_interleaved_write_frame(container, packet)
            guard code >= 0 else {
                throw DrawingError(file: nil, reason: "its sound can't be written: \(ffmpegReason(code))")
            }
        }
    }
}
