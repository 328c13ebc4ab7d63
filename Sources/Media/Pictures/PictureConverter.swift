// Makes pictures of decoded frames: views of those in a format that networks take, and copies as RGB of all others.
// Owned by a `VideoFileSource`, on its thread.

import CFFmpeg
import Kernels

/// A cached `SwsContext`, made anew when the frames' size, format or colours change.
final class PictureConverter {
    private struct Layout: Equatable {
        let width: Int32
        let height: Int32
        let format: Int32
        let colours: ColourEncoding
    }

    private var context: OpaquePointer?
    private var layout: Layout?
    private var converted = av_frame_alloc()
    /// swscale works on up to this many pixels at once, and writes past the end of a row that isn't whole vectors.
    private static let pixelsPerVector: Int32 = 64

    deinit {
        sws_freeContext(context)
        av_frame_free(&converted)
    }

    /// - Parameters:
    ///   - frame: may be empty afterwards.
    ///   - orientation: how the stored picture is turned to stand upright.
    /// - Returns: nil when swscale can't convert the frame.
    func picture(of frame: UnsafeMutablePointer<AVFrame>, turned orientation: ImageOrientation) -> Image? {
        if let view = Image(moving: frame, turned: orientation) { return view }
        guard prepare(for: frame.pointee), let converted else { return nil }
        av_frame_unref(converted)
        let (width, height) = (frame.pointee.width, frame.pointee.height)
        converted.pointee.format = AV_PIX_FMT_RGB24.rawValue
        converted.pointee.width =
            (width + Self.pixelsPerVector - 1) / Self.pixelsPerVector * Self.pixelsPerVector
        converted.pointee.height = height
        guard av_frame_get_buffer(converted, 0) >= 0, scale(frame, into: converted) else { return nil }
        converted.pointee.width = width
        return Image(moving: converted, turned: orientation)
    }

    /// The corresponding C function is `sws_scale`.
    /// - Returns: whether all rows were converted.
    private func scale(_ frame: UnsafePointer<AVFrame>, into target: UnsafePointer<AVFrame>) -> Bool {
        let (data, strides) = (frame.pointee.data, frame.pointee.linesize)
        let planes: [UnsafePointer<UInt8>?] = [data.0, data.1, data.2, data.3].map { plane in
            plane.map { UnsafePointer($0) }
        }
        // swscale reads four planes of the destination too.
        let rows = sws_scale(
            context, planes, [strides.0, strides.1, strides.2, strides.3], 0, frame.pointee.height,
            [target.pointee.data.0, nil, nil, nil], [target.pointee.linesize.0, 0, 0, 0])
        return rows == frame.pointee.height
    }

    private func prepare(for frame: AVFrame) -> Bool {
        let wanted = Layout(
            width: frame.width, height: frame.height, format: frame.format, colours: ColourEncoding(frame))
        if wanted == layout { return true }
        sws_freeContext(context)
        layout = nil
        let format = AVPixelFormat(frame.format)
        // Chroma at each pixel: without it, wherever swscale has no fast path (10 bits, odd heights), it looks colours
        // up in tables that are 2 of 255 too dark.
        context =
            sws_isSupportedInput(format) > 0
            ? sws_getContext(
                frame.width, frame.height, format, frame.width, frame.height, AV_PIX_FMT_RGB24,
                SWS_BILINEAR | SWS_FULL_CHR_H_INT, nil, nil, nil)
            : nil
        guard context != nil else { return false }
        let table = sws_getCoefficients(wanted.colours.matrix.coefficients)
        let neutral: Int32 = 1 << 16
        // Fails for formats that aren't YUV, which have no such details.
        _ = sws_setColorspaceDetails(
            context, table, wanted.colours.isFullRange ? 1 : 0, table, 1, 0, neutral, neutral)
        layout = wanted
        return true
    }
}

extension ColourMatrix {
    var coefficients: Int32 {
        switch self {
        case .bt601: SWS_CS_ITU601
        case .bt709: SWS_CS_ITU709
        case .bt2020: SWS_CS_BT2020
        case .fcc: SWS_CS_FCC
        case .smpte240m: SWS_CS_SMPTE240M
        }
    }
}
