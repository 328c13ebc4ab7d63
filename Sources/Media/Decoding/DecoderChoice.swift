// Which decoder decodes: FFmpeg's own in software, or the machine's hardware. Any thread.

import CFFmpeg

/// As the user asks for it.
package enum DecoderChoice: String, CaseIterable, Sendable {
    /// Software, so far: nobody has measured here when hardware is faster.
    case auto
    case software
    /// By a graphics driver of Intel or AMD.
    case vaapi
    /// Of a board's kernel driver.
    case v4l2m2m
    /// Rockchip's.
    case rkmpp

    var isHardware: Bool { self != .auto && self != .software }

    /// Of a codec.
    /// - Throws: `VideoError` where FFmpeg has none.
    func codec(for id: AVCodecID, name: String) throws(VideoError) -> UnsafePointer<AVCodec> {
        let codecName = String(cString: avcodec_get_name(id))
        let found: UnsafePointer<AVCodec>? =
            switch self {
            case .auto, .software: avcodec_find_decoder(id)
            case .vaapi: Self.first(of: id) { Self.hasConfiguration($0, AV_HWDEVICE_TYPE_VAAPI) }
            case .v4l2m2m, .rkmpp: Self.first(of: id) { String(cString: $0.pointee.name).hasSuffix("_" + rawValue) }
            }
        if let found { return found }
        let which = isHardware ? "this FFmpeg has no \(rawValue) decoder" : "no decoder"
        throw VideoError(.unsupportedCodec, name, "\(which) for the codec '\(codecName)'")
    }

    private static func first(of id: AVCodecID, _ fits: (UnsafePointer<AVCodec>) -> Bool) -> UnsafePointer<AVCodec>? {
        var position: UnsafeMutableRawPointer?
        while let codec = av_codec_iterate(&position) {
            if codec.pointee.id == id, av_codec_is_decoder(codec) != 0, fits(codec) { return codec }
        }
        return nil
    }

    private static func hasConfiguration(_ codec: UnsafePointer<AVCodec>, _ type: AVHWDeviceType) -> Bool {
        var index: Int32 = 0
        while let configuration = avcodec_get_hw_config(codec, index) {
            let methods = configuration.pointee.methods & Int32(AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX)
            if configuration.pointee.device_type == type, methods != 0 { return true }
            index += 1
        }
        return false
    }

    /// Gives a decoder that is about to be opened the device that it needs.
    /// - Throws: `VideoError` where this machine has none.
    func prepare(_ context: UnsafeMutablePointer<AVCodecContext>, name: String) throws(VideoError) {
        guard self == .vaapi else { return }
        let code = av_hwdevice_ctx_create(&context.pointee.hw_device_ctx, AV_HWDEVICE_TYPE_VAAPI, nil, nil, 0)
        guard code >= 0 else {
            throw VideoError(.unsupportedCodec, name, "no VAAPI device can be opened: \(ffmpegReason(code))")
        }
        // Pictures that the hardware can't decode are refused, rather than decoded in software unnoticed.
        context.pointee.get_format = { _, formats in
            var format = formats!
            while format.pointee != AV_PIX_FMT_NONE, format.pointee != AV_PIX_FMT_VAAPI { format += 1 }
            return format.pointee
        }
    }
}
