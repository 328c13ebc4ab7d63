// One of FFmpeg's encoders, fed with canvases. On one thread.

import CFFmpeg
import Kernels

/// Makes packets of pictures, all of one size: others are fitted into it, on black.
final class Encoder {
    /// FFmpeg's name of it.
    let name: String
    private(set) var context: UnsafeMutablePointer<AVCodecContext>?
    private var frame = av_frame_alloc()
    private var packet = av_packet_alloc()
    private let scaler = Scaler()
    private let file: String

    /// Ticks a second of its times: as many as MPEG-4 allows, and a multiple of most frame rates.
    static let ticks: Int32 = 60_000

    /// - Parameters:
    ///   - names: of encoders, the first of which there is one.
    ///   - hasGlobalHeader: whether what the decoder must know stands in the container.
    ///   - file: what errors call it.
    /// - Throws: `DrawingError` where there is none, or it refuses.
    init(
        _ names: [String], width: Int, height: Int, format: AVPixelFormat, hasGlobalHeader: Bool = false, file: String
    ) throws(DrawingError) {
        self.file = file
        let codec = try Self.find(names, file: file)
        name = String(cString: codec.pointee.name)
        context = avcodec_alloc_context3(codec)
        guard let context else { throw DrawingError(file: file, reason: "no memory for an encoder") }
        (context.pointee.width, context.pointee.height) = (Int32(width), Int32(height))
        context.pointee.pix_fmt = format
        context.pointee.time_base = AVRational(num: 1, den: Self.ticks)
        context.pointee.framerate = AVRational(num: 30, den: 1)
        context.pointee.gop_size = 60
        if hasGlobalHeader { context.pointee.flags |= Int32(AV_CODEC_FLAG_GLOBAL_HEADER) }
        if isYCbCr {
            // JPEG has one matrix, whatever its size.
            let (isVideo, isHD) = (format == AV_PIX_FMT_YUV420P, height > 576 || width >= 1280)
            context.pointee.colorspace = isVideo && isHD ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M
            context.pointee.color_range = isVideo ? AVCOL_RANGE_MPEG : AVCOL_RANGE_JPEG
        }
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        if name == "libx264" {
            av_dict_set(&options, "preset", "veryfast", 0)
            av_dict_set(&options, "crf", "20", 0)
        } else if name.hasPrefix("libvpx") {
            context.pointee.bit_rate = Int64(width * height) * 4
        } else if name != "png" {
            // A quantiser: 1 is the finest.
            context.pointee.flags |= Int32(AV_CODEC_FLAG_QSCALE)
            context.pointee.global_quality = FF_QP2LAMBDA * 3
        }
        let code = avcodec_open2(context, codec, &options)
        guard code >= 0 else {
            throw DrawingError(
                file: file, reason: "the encoder \(name) refuses \(width)×\(height): \(ffmpegReason(code))")
        }
    }

    /// - Returns: the first that there is.
    /// - Throws: `DrawingError` where there is none.
    @discardableResult
    static func find(_ names: [String], file: String) throws(DrawingError) -> UnsafePointer<AVCodec> {
        for name in names {
            if let codec = avcodec_find_encoder_by_name(name) { return codec }
        }
        throw DrawingError(file: file, reason: "this FFmpeg has no encoder \(names.joined(separator: " or "))")
    }

    deinit {
        avcodec_free_context(&context)
        av_frame_free(&frame)
        av_packet_free(&packet)
    }

    private var isYCbCr: Bool { context!.pointee.pix_fmt != AV_PIX_FMT_RGB24 }

    /// - Parameters:
    ///   - time: in ticks, later than the last one's.
    ///   - take: is given packets, which it doesn't keep.
    /// - Throws: `DrawingError`; what `take` throws.
    func encode(_ canvas: Canvas, time: Int64, _ take: (UnsafeMutablePointer<AVPacket>) throws -> Void) throws {
        guard let context, let frame else { return }
        av_frame_unref(frame)
        (frame.pointee.width, frame.pointee.height) = (context.pointee.width, context.pointee.height)
        frame.pointee.format = context.pointee.pix_fmt.rawValue
        (frame.pointee.colorspace, frame.pointee.color_range) = (
            context.pointee.colorspace, context.pointee.color_range
        )
        guard av_frame_get_buffer(frame, 0) >= 0, fill(frame, from: canvas) else {
            throw DrawingError(file: file, reason: "a picture of \(canvas.width)×\(canvas.height) can't be converted")
        }
        frame.pointee.pts = time
        frame.pointee.quality = context.pointee.global_quality
        try send(frame, take)
    }

    /// What it holds back.
    func flush(_ take: (UnsafeMutablePointer<AVPacket>) throws -> Void) throws { try send(nil, take) }

    private func send(
        _ frame: UnsafeMutablePointer<AVFrame>?, _ take: (UnsafeMutablePointer<AVPacket>) throws -> Void
    ) throws {
        var code = avcodec_send_frame(context, frame)
        while code >= 0 {
            code = avcodec_receive_packet(context, packet)
            guard code >= 0, let packet else { break }
            defer { av_packet_unref(packet) }
            try take(packet)
        }
        guard code == cffmpeg_error_again || code == cffmpeg_error_eof else {
            throw DrawingError(file: file, reason: "\(name) fails: \(ffmpegReason(code))")
        }
    }

    /// The canvas in the frame's middle, as large as it fits.
    private func fill(_ frame: UnsafeMutablePointer<AVFrame>, from canvas: Canvas) -> Bool {
        let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
        var (across, down) = (width, height)
        // A row or column that an encoder needs to be even is no other shape.
        let isSame = abs(canvas.width - width) <= 1 && abs(canvas.height - height) <= 1
        if !isSame {
            if canvas.width * height > canvas.height * width {
                down = max(canvas.height * width / canvas.width & ~1, 2)
            } else {
                across = max(canvas.width * height / canvas.height & ~1, 2)
            }
            blacken(frame)
        }
        let (x, y) = ((width - across) / 2 & ~1, (height - down) / 2 & ~1)
        let (data, strides) = (frame.pointee.data, frame.pointee.linesize)
        let format = AVPixelFormat(frame.pointee.format)
        let chroma = format == AV_PIX_FMT_YUV420P ? 2 : 1
        let bytes = isYCbCr ? 1 : 3
        let planes: [UnsafeMutablePointer<UInt8>?] = [
            data.0.map { $0 + y * Int(strides.0) + x * bytes },
            data.1.map { $0 + y / chroma * Int(strides.1) + x / chroma },
            data.2.map { $0 + y / chroma * Int(strides.2) + x / chroma }, nil,
        ]
        let target = Scaler.Pixels(
            width: across, height: down, format: format, isFullRange: frame.pointee.color_range != AVCOL_RANGE_MPEG)
        let matrix: ColourMatrix = frame.pointee.colorspace == AVCOL_SPC_BT709 ? .bt709 : .bt601
        return canvas.withPixels { pixels in
            scaler.convert(
                canvas.layout, [UnsafePointer(pixels.baseAddress!), nil, nil, nil],
                [Int32(canvas.rowLength * 3), 0, 0, 0], to: target, planes, [strides.0, strides.1, strides.2, 0],
                matrix: matrix, method: isSame ? SWS_POINT : SWS_BILINEAR)
        }
    }

    private func blacken(_ frame: UnsafeMutablePointer<AVFrame>) {
        let (data, strides) = (frame.pointee.data, frame.pointee.linesize)
        let height = Int(frame.pointee.height)
        let chromaRows = AVPixelFormat(frame.pointee.format) == AV_PIX_FMT_YUV420P ? (height + 1) / 2 : height
        let black: UInt8 = isYCbCr && frame.pointee.color_range == AVCOL_RANGE_MPEG ? 16 : 0
        data.0?.update(repeating: black, count: Int(strides.0) * height)
        data.1?.update(repeating: 128, count: Int(strides.1) * chromaRows)
        data.2?.update(repeating: 128, count: Int(strides.2) * chromaRows)
    }
}
