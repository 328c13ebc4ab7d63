// Turns a stream's packets into raw frames. Owned by a `VideoFileSource`, on that source's thread.

import CFFmpeg
import Kernels

/// One opened decoder. Where it can, it fails on damage instead of inventing pixels for it.
final class Decoder {
    private var context: UnsafeMutablePointer<AVCodecContext>?
    private let messages = FFmpegMessages()
    private let choice: DecoderChoice
    /// nil where it has none.
    private var threads: DecoderThreads?
    /// Whether it may tell of failures some packets later, or only log them: see `LateFailures`.
    let failsLate: Bool
    /// As "h264, in software, 4 threads".
    let title: String

    /// - Parameters:
    ///   - threads: the decoder's own; with 1, and where hardware decodes, it runs on the thread that calls it.
    ///   - isLive: whether a frame is to be there with its last packet, rather than some frames later.
    ///   - name: what errors call the input.
    init(
        _ parameters: UnsafePointer<AVCodecParameters>, timeBase: AVRational, choice: DecoderChoice, threads: Int,
        isLive: Bool, name: String
    ) throws(VideoError) {
        let codecName = String(cString: avcodec_get_name(parameters.pointee.codec_id))
        let codec = try choice.codec(for: parameters.pointee.codec_id, name: name)
        let threads = choice.isHardware ? 1 : threads
        (self.choice, failsLate) = (choice, Self.failsInTurn(codec.pointee.id))
        var context = avcodec_alloc_context3(codec)
        context!.pointee.opaque = UnsafeMutableRawPointer(messages.buffer)
        var code = avcodec_parameters_to_context(context, parameters)
        context!.pointee.pkt_timebase = timeBase
        let failsOnDamage = Self.failsOnDamage(codec.pointee.id)
        context!.pointee.thread_count = Int32(threads)
        // With several frames in hand, a failure comes some packets later than what it is about; marks stay with
        // frames. And a frame that waits for the next ones is late.
        let worksAhead = !isLive && (!failsOnDamage || failsLate)
        context!.pointee.thread_type = worksAhead ? FF_THREAD_FRAME | FF_THREAD_SLICE : FF_THREAD_SLICE
        // Where frames are shown in another order than they come, decoders of MPEG-2 and MPEG-4 would mix them up.
        if isLive, parameters.pointee.video_delay == 0 { context!.pointee.flags |= AV_CODEC_FLAG_LOW_DELAY }
        context!.pointee.err_recognition = failsOnDamage ? AV_EF_EXPLODE | AV_EF_CRCCHECK : 0
        context!.pointee.max_pixels = Demuxer.pixelLimit
        if !failsOnDamage { cffmpeg_mark_frames(context) }
        do throws(VideoError) {
            try choice.prepare(context!, name: name)
        } catch {
            avcodec_free_context(&context)
            throw error
        }
        if code >= 0, threads > 1 {
            self.threads = DecoderThreads { code = avcodec_open2(context, codec, nil) }
        } else if code >= 0 {
            code = avcodec_open2(context, codec, nil)
        }
        guard code >= 0 else {
            avcodec_free_context(&context)
            let means = choice.isHardware ? " by \(choice.rawValue)" : ""
            throw VideoError(
                .unsupportedCodec, name, "cannot decode '\(codecName)'\(means): \(messages.reason(for: code))")
        }
        let means = choice.isHardware ? "by \(choice.rawValue)" : "in software"
        // As many as it asked for, or works with at all.
        let count = context!.pointee.active_thread_type == 0 ? 1 : threads
        title = "\(codecName), \(means), \(count) \(count == 1 ? "thread" : "threads")"
        self.context = context
    }

    /// What its own threads have taken of the cores.
    var threadsNanoseconds: Int { threads?.nanoseconds ?? 0 }

    deinit { avcodec_free_context(&context) }

    /// Whether the decoder can be told to fail where it would else guess, and tells damage from oddity. TIFF's takes
    /// unknown tags for damage; H.264's takes the missing references of a recording cut out of a longer one for it;
    /// those of MPEG-1 to 4 lose the frame before, too. Both of the latter mark the frames that they mended.
    private static func failsOnDamage(_ codec: AVCodecID) -> Bool {
        let others = [
            AV_CODEC_ID_TIFF, AV_CODEC_ID_H264, AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4,
        ]
        return !others.contains(codec)
    }

    /// Those of these codecs whose packets give a frame each, so that a missing one tells which packet it was.
    private static func failsInTurn(_ codec: AVCodecID) -> Bool {
        [AV_CODEC_ID_HEVC, AV_CODEC_ID_VP9].contains(codec)
    }

    /// Errors that it logged so far.
    var errorCount: Int { messages.count }

    /// Hands a packet in, or nil to get the frames still held back. The corresponding C function is
    /// `avcodec_send_packet`.
    func send(_ packet: UnsafePointer<AVPacket>?) -> Int32 {
        // FFmpeg takes a packet without anything in it for the end of the stream.
        if let packet, packet.pointee.size == 0, packet.pointee.side_data_elems == 0 { return cffmpeg_error_invalid }
        let errors = messages.count
        messages.keepFirst()
        let code = avcodec_send_packet(context, packet)
        // GIF's decoder only logs what it can't read, and gives the rest.
        let isOnlyLogged = context!.pointee.codec_id == AV_CODEC_ID_GIF && messages.count > errors
        return code >= 0 && isOnlyLogged ? cffmpeg_error_invalid : code
    }

    /// Whether a packet is nothing but the marker at which a JPEG begins, FF D8: where a writer has doubled it,
    /// FFmpeg's parser takes the first for a picture. Anything else as short is damage.
    func holdsNoPicture(_ packet: UnsafePointer<AVPacket>) -> Bool {
        guard context!.pointee.codec_id == AV_CODEC_ID_MJPEG, packet.pointee.size == 2, let data = packet.pointee.data
        else { return false }
        return data[0] == 0xFF && data[1] == 0xD8
    }

    /// Why a packet can't be decoded, where FFmpeg's own words mislead.
    func hint(at packet: UnsafePointer<AVPacket>) -> String? {
        if packet.pointee.size == 0 { return "its packet is empty" }
        if choice == .vaapi, context!.pointee.hw_frames_ctx == nil { return "VAAPI can't decode it on this machine" }
        guard context!.pointee.codec_id == AV_CODEC_ID_WEBP, let data = packet.pointee.data else { return nil }
        let tags = PictureTags(UnsafeRawBufferPointer(start: data, count: Int(packet.pointee.size)))
        return tags.isAnimatedWebP ? "it is an animated WebP, which FFmpeg can't decode" : nil
    }

    /// How a packet that is a whole picture says that it is turned; nil for the packets of other codecs.
    func tagOrientation(of packet: UnsafePointer<AVPacket>) -> ImageOrientation? {
        let pictures = [AV_CODEC_ID_MJPEG, AV_CODEC_ID_PNG, AV_CODEC_ID_WEBP, AV_CODEC_ID_TIFF]
        guard pictures.contains(context!.pointee.codec_id), let data = packet.pointee.data else { return nil }
        let bytes = UnsafeRawBufferPointer(start: data, count: Int(packet.pointee.size))
        return PictureTags(bytes).orientation.flatMap(ImageOrientation.init(exif:))
    }

    /// The next frame, in memory that the CPU reads. The corresponding C function is `avcodec_receive_frame`.
    func receive(into frame: UnsafeMutablePointer<AVFrame>) -> Int32 {
        let code = avcodec_receive_frame(context, frame)
        guard code >= 0, frame.pointee.hw_frames_ctx != nil else { return code }
        return Self.transfer(frame)
    }

    /// Fetches a frame from the device that decoded it: as NV12, or P010, as these have it.
    private static func transfer(_ frame: UnsafeMutablePointer<AVFrame>) -> Int32 {
        var fetched = av_frame_alloc()
        defer { av_frame_free(&fetched) }
        var code = av_hwframe_transfer_data(fetched, frame, 0)
        if code >= 0 { code = av_frame_copy_props(fetched, frame) }
        av_frame_unref(frame)
        // What a decoder says while it has nothing would not end.
        guard code >= 0 else { return code == cffmpeg_error_again ? cffmpeg_error_invalid : code }
        av_frame_move_ref(frame, fetched)
        return code
    }

    func reason(for code: Int32) -> String { messages.reason(for: code) }
}
