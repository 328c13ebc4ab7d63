// The sound of the file that frames come from, copied as it is beside the drawn video. On the writer's thread.

import CFFmpeg

/// Packets of a file's sound, in step with the pictures.
final class CopiedSound {
    private var source: UnsafeMutablePointer<AVFormatContext>?
    /// What the source reads, as long as it does.
    private let bytes: ByteStream?
    private let input: UnsafeMutablePointer<AVStream>
    private let output: UnsafeMutablePointer<AVStream>
    private var packet = av_packet_alloc()
    /// When the first picture is shown, by the sound's clock.
    private let start: Int64
    private var isHolding = false
    private var isAtEnd = false

    /// Adds a stream to a container whose header isn't written, if the file has sound that the container takes.
    /// - Parameter ending: what the container is called.
    /// - Returns: with what is said of it: nil where there is no sound.
    static func open(
        _ path: String, in container: UnsafeMutablePointer<AVFormatContext>, ending: String
    ) -> (sound: CopiedSound?, note: String?) {
        let bytes: ByteStream?
        var opened: UnsafeMutablePointer<AVFormatContext>?
        do throws(VideoError) {
            (opened, bytes) = try open(path)
        } catch {
            return (nil, "its sound left out: it can't be read a second time: \(error.detail)")
        }
        defer { avformat_close_input(&opened) }
        guard let context = opened, let sound = best(AVMEDIA_TYPE_AUDIO, of: context) else { return (nil, nil) }
        let codec = sound.pointee.codecpar.pointee.codec_id
        let name = "its sound (\(String(cString: avcodec_get_name(codec))))"
        guard takes(codec, container), let stream = avformat_new_stream(container, nil) else {
            return (nil, "\(name) left out: \(ending) doesn't take it")
        }
        guard let made = CopiedSound(context, bytes, sound, into: stream) else {
            return (nil, "\(name) left out: no memory for it")
        }
        // It closes it.
        opened = nil
        return (made, "\(name) copied")
    }

    /// As a `Demuxer` does: the file is untrusted, and nothing else is opened for it.
    private static func open(
        _ path: String
    ) throws(VideoError) -> (UnsafeMutablePointer<AVFormatContext>?, ByteStream?) {
        // Not the user's: what is drawn already has its sound, also when reading was stopped.
        let options = SourceOptions()
        let plan = try InputPlan(.file(path: path), name: path, options, Patience(options.cancellation))
        guard plan.picture == nil else { return (nil, nil) }
        var opened = avformat_alloc_context()
        opened?.pointee.pb = plan.bytes?.context
        let choices = ByteStream.Dictionary(plan.options)
        // Frees what it can't open.
        var code = avformat_open_input(&opened, "", plan.format, &choices.entries)
        if let opened { code = Demuxer.findStreams(opened) }
        guard code >= 0 else {
            avformat_close_input(&opened)
            throw VideoError(.unreadable, path, ffmpegReason(code))
        }
        return (opened, plan.bytes)
    }

    private static func best(
        _ type: AVMediaType, of context: UnsafeMutablePointer<AVFormatContext>
    ) -> UnsafeMutablePointer<AVStream>? {
        let index = av_find_best_stream(context, type, -1, -1, nil, 0)
        return index >= 0 ? context.pointee.streams[Int(index)] : nil
    }

    /// MPEG-TS says of no codec whether it takes it, and writes any as bytes that nobody plays.
    private static func takes(_ codec: AVCodecID, _ container: UnsafeMutablePointer<AVFormatContext>) -> Bool {
        let format = container.pointee.oformat!
        guard String(cString: format.pointee.name) != "mpegts" else {
            return [AV_CODEC_ID_AAC, AV_CODEC_ID_MP2, AV_CODEC_ID_MP3, AV_CODEC_ID_AC3].contains(codec)
        }
        return avformat_query_codec(format, codec, FF_COMPLIANCE_NORMAL) == 1
    }

    private init?(
        _ source: UnsafeMutablePointer<AVFormatContext>, _ bytes: ByteStream?, _ sound: UnsafeMutablePointer<AVStream>,
        into stream: UnsafeMutablePointer<AVStream>
    ) {
        guard avcodec_parameters_copy(stream.pointee.codecpar, sound.pointee.codecpar) >= 0 else { return nil }
        stream.pointee.codecpar.pointee.codec_tag = 0
        stream.pointee.time_base = sound.pointee.time_base
        let pictures = Self.best(AVMEDIA_TYPE_VIDEO, of: source)?.pointee
        let first = pictures.flatMap { $0.start_time == cffmpeg_no_pts ? nil : $0.start_time } ?? 0
        start = av_rescale_q(first, pictures?.time_base ?? sound.pointee.time_base, sound.pointee.time_base)
        for index in 0..<Int(source.pointee.nb_streams) where source.pointee.streams[index] != sound {
            source.pointee.streams[index]!.pointee.discard = AVDISCARD_ALL
        }
        (self.source, self.bytes, input, output) = (source, bytes, sound, stream)
    }

    deinit {
        av_packet_free(&packet)
        avformat_close_input(&source)
    }

    /// - Parameter seconds: from the first picture.
    /// - Throws: `DrawingError`. A source that can't be read on has no more sound.
    func copy(until seconds: Double, into container: UnsafeMutablePointer<AVFormatContext>) throws {
        guard let source, let packet else { return }
        let timeBase = input.pointee.time_base
        while !isAtEnd {
            if !isHolding {
                guard av_read_frame(source, packet) >= 0 else {
                    isAtEnd = true
                    return
                }
                isHolding = true
            }
            let time = packet.pointee.pts == cffmpeg_no_pts ? packet.pointee.dts : packet.pointee.pts
            let isUsable = packet.pointee.stream_index == input.pointee.index && time != cffmpeg_no_pts
            if isUsable, Double(time &- start) * av_q2d(timeBase) > seconds { return }
            isHolding = false
            // What sounds before the first picture is left out.
            guard isUsable, time >= start else {
                av_packet_unref(packet)
                continue
            }
            if packet.pointee.pts != cffmpeg_no_pts { packet.pointee.pts &-= start }
            if packet.pointee.dts != cffmpeg_no_pts { packet.pointee.dts &-= start }
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
