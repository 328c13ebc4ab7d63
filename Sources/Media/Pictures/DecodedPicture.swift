// A decoded frame as a picture: FFmpeg's memory, seen where it is. Let go on any thread.

import CFFmpeg
import Kernels

/// Holds an `AVFrame`, which goes back to its decoder's pool with it.
private final class DecodedFrame: @unchecked Sendable {  // read only
    private var frame: UnsafeMutablePointer<AVFrame>?

    /// - Parameter source: is empty afterwards.
    init(moving source: UnsafeMutablePointer<AVFrame>) {
        frame = av_frame_alloc()
        av_frame_move_ref(frame, source)
    }

    deinit { av_frame_free(&frame) }
}

extension Image {
    /// A view of a frame in one of the formats that networks take; nil for other formats, and for a frame that isn't
    /// as its format has it.
    /// - Parameters:
    ///   - frame: is empty afterwards, unless the result is nil.
    ///   - orientation: how it is turned to stand upright.
    init?(moving frame: UnsafeMutablePointer<AVFrame>, turned orientation: ImageOrientation) {
        guard let format = PixelFormat(AVPixelFormat(frame.pointee.format)) else { return nil }
        let (data, strides) = (frame.pointee.data, frame.pointee.linesize)
        let count = format.layout.planeCount
        var planes: [ImagePlane] = []
        for (base, stride) in [(data.0, strides.0), (data.1, strides.1), (data.2, strides.2)].prefix(count) {
            guard let base else { return nil }
            planes.append(ImagePlane(UnsafeRawPointer(base), stride: Int(stride)))
        }
        let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
        let colours = ColourEncoding(frame.pointee)
        // The planes stay where they are when the frame is moved.
        let owner = DecodedFrame(moving: frame)
        guard
            let image = try? Image(
                format, width: width, height: height, planes: planes, colours: colours, orientation: orientation,
                owner: owner)
        else { return nil }
        self = image
    }
}

extension ColourEncoding {
    /// As the stream says. Where it names no matrix: BT.709 for HD and larger, BT.601 below, which is what encoders
    /// mean and what players assume. Where it names no range, RGB and grey are full, as pictures have it, and YCbCr is
    /// limited.
    init(_ frame: AVFrame) {
        let matrix: ColourMatrix =
            switch frame.colorspace {
            case AVCOL_SPC_BT709: .bt709
            case AVCOL_SPC_FCC: .fcc
            case AVCOL_SPC_BT470BG, AVCOL_SPC_SMPTE170M: .bt601
            case AVCOL_SPC_SMPTE240M: .smpte240m
            case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: .bt2020
            default: frame.width >= 1280 || frame.height > 576 ? .bt709 : .bt601
            }
        let jpegFormats = [
            AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUVJ411P,
        ]
        let format = AVPixelFormat(frame.format)
        let isFull =
            frame.color_range == AVCOL_RANGE_JPEG || jpegFormats.contains(format)
            || frame.color_range == AVCOL_RANGE_UNSPECIFIED && !Self.isYCbCr(format)
        self.init(matrix, isFullRange: isFull)
    }

    private static func isYCbCr(_ format: AVPixelFormat) -> Bool {
        guard let description = av_pix_fmt_desc_get(format)?.pointee else { return false }
        return description.nb_components > 2
            && description.flags & UInt64(AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) == 0
    }
}
