// Turns a stream's packets into raw frames. Owned by a `VideoFileSource`, on that source's thread.

import CFFmpeg
import Kernels

/// One opened decoder. Where it can, it fails on damage instead of inventing pixels for it.
final class Decoder {
    private var context: UnsafeMutablePointer<AVCodecContext>?
    private let messages = FFmpegMessages()

    /// - Parameters:
    ///   - threads: the decoder's own; with 1 it runs on the thread that calls it.
    ///   - name: what errors call the input.
    init(_ parameters: UnsafePointer<AVCodecParameters>, timeBase: AVRational, threads: Int, name: String)
        throws(VideoError)
    {
        let codecName = String(cString: avcodec_get_name(parameters.pointee.codec_id))
        guard let codec = avcodec_find_decoder(parameters.pointee.codec_id) else {
            throw VideoError(.unsupportedCodec, name, "no decoder for the codec '\(codecName)'")
        }
        var context = avcodec_alloc_context3(codec)
        context!.pointee.opaque = UnsafeMutableRawPointer(messages.buffer)
        var code = avcodec_parameters_to_context(context, parameters)
        context!.pointee.pkt_timebase = timeBase
        let failsOnDamage = Self.failsOnDamage(codec.pointee.id)
        context!.pointee.thread_count = Int32(threads)
        // With several frames in hand, a failure comes some packets later than what it is about; marks stay with frames.
        context!.pointee.thread_type = failsOnDamage ? FF_THREAD_SLICE : FF_THREAD_FRAME | FF_THREAD_SLICE
        context!.pointee.err_recognition = failsOnDamage ? AV_EF_EXPLODE | AV_EF_CRCCHECK : 0
        context!.pointee.max_pixels = Demuxer.pixelLimit
        if !failsOnDamage { cffmpeg_mark_frames(context) }
        if code >= 0 { code = avcodec_open2(context, codec, nil) }
        guard code >= 0 else {
            avcodec_free_context(&context)
            throw VideoError(.unsupportedCodec, name, "cannot decode '\(codecName)': \(messages.reason(for: code))")
        }
        self.context = context
    }

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

    /// The corresponding C function is `avcodec_receive_frame`.
    func receive(into frame: UnsafeMutablePointer<AVFrame>) -> Int32 { avcodec_receive_frame(context, frame) }

    func reason(for code: Int32) -> String { messages.reason(for: code) }
}
