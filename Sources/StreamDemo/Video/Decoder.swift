// Turns a stream's packets into raw frames. Owned by a `VideoFileSource`, on that source's thread.

import CFFmpeg

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
        context!.pointee.thread_count = Int32(threads)
        context!.pointee.err_recognition = Self.failsOnDamage(codec.pointee.id) ? AV_EF_EXPLODE | AV_EF_CRCCHECK : 0
        context!.pointee.max_pixels = Demuxer.pixelLimit
        if code >= 0 { code = avcodec_open2(context, codec, nil) }
        guard code >= 0 else {
            avcodec_free_context(&context)
            throw VideoError(.unsupportedCodec, name, "cannot decode '\(codecName)': \(messages.reason(for: code))")
        }
        self.context = context
    }

    deinit { avcodec_free_context(&context) }

    /// Whether the decoder can be told to fail where it would else guess, and tells damage from oddity. TIFF's takes
    /// unknown tags for damage; H.264's takes the missing references of a recording cut out of a longer one for it, but
    /// marks the frames that it mended.
    private static func failsOnDamage(_ codec: AVCodecID) -> Bool {
        codec != AV_CODEC_ID_TIFF && codec != AV_CODEC_ID_H264
    }

    /// Hands a packet in, or nil to get the frames still held back. The corresponding C function is
    /// `avcodec_send_packet`.
    func send(_ packet: UnsafePointer<AVPacket>?) -> Int32 { avcodec_send_packet(context, packet) }

    /// The corresponding C function is `avcodec_receive_frame`.
    func receive(into frame: UnsafeMutablePointer<AVFrame>) -> Int32 { avcodec_receive_frame(context, frame) }

    func reason(for code: Int32) -> String { messages.reason(for: code) }
}
