// Converts decoded frames of any pixel format to upright RGB of the same size. Owned by a `VideoFileSource`, on its
// thread. Transparency is left out: a pixel has the colour that the file stores, whatever its alpha, as most networks
// were trained (Pillow's `convert("RGB")`, OpenCV's `imread`).

import CFFmpeg
import Kernels

/// A cached `SwsContext`, made anew when the frames' size, format or colours change.
final class PictureConverter {
    private struct Layout: Equatable {
        let width: Int32
        let height: Int32
        let format: Int32
        let coefficients: Int32
        let isFullRange: Bool
    }

    private var context: OpaquePointer?
    private var layout: Layout?
    /// Rows padded to whole vectors, for widths where swscale's fast paths would write past a packed row, or stop
    /// short of its end; and rows that are still to be turned.
    private var paddedRows: [UInt8] = []
    /// Whole vectors of RGB: swscale works on up to this many pixels at once.
    private static let pixelsPerVector = 64

    deinit { sws_freeContext(context) }

    /// - Parameter orientation: how the stored picture is turned to stand upright.
    /// - Returns: nil when swscale can't convert the frame.
    func convert(_ frame: UnsafePointer<AVFrame>, turned orientation: Orientation) -> Image? {
        guard prepare(for: frame.pointee) else { return nil }
        let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
        let byteCount = width * height * 3
        let isDirect = width % Self.pixelsPerVector == 0 && orientation == .upright
        guard isDirect || fillPaddedRows(from: frame) else { return nil }
        let pixels = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            let target = buffer.baseAddress!
            if !isDirect {
                copyPaddedRows(width: width, height: height, turned: orientation, to: target)
                count = byteCount
            } else if scale(frame, into: target, stride: width * 3) {
                count = byteCount
            }
        }
        guard pixels.count == byteCount else { return nil }
        return orientation.isTransposed
            ? Image(width: height, height: width, pixels: pixels) : Image(width: width, height: height, pixels: pixels)
    }

    private func paddedStride(_ width: Int) -> Int {
        (width + Self.pixelsPerVector - 1) / Self.pixelsPerVector * Self.pixelsPerVector * 3
    }

    private func fillPaddedRows(from frame: UnsafePointer<AVFrame>) -> Bool {
        let stride = paddedStride(Int(frame.pointee.width))
        let byteCount = stride * Int(frame.pointee.height)
        if paddedRows.count != byteCount { paddedRows = [UInt8](repeating: 0, count: byteCount) }
        return paddedRows.withUnsafeMutableBufferPointer { scale(frame, into: $0.baseAddress!, stride: stride) }
    }

    private func copyPaddedRows(
        width: Int, height: Int, turned orientation: Orientation, to target: UnsafeMutablePointer<UInt8>
    ) {
        let stride = paddedStride(width)
        paddedRows.withUnsafeBufferPointer { rows in
            guard orientation == .upright else {
                return orientation.copy(rows.baseAddress!, stride: stride, width: width, height: height, to: target)
            }
            for row in 0..<height {
                (target + row * width * 3).initialize(from: rows.baseAddress! + row * stride, count: width * 3)
            }
        }
    }

    /// The corresponding C function is `sws_scale`.
    /// - Returns: whether all rows were converted.
    private func scale(_ frame: UnsafePointer<AVFrame>, into pixels: UnsafeMutablePointer<UInt8>, stride: Int) -> Bool {
        let data = frame.pointee.data
        let strides = frame.pointee.linesize
        let planes: [UnsafePointer<UInt8>?] = [data.0, data.1, data.2, data.3].map { plane in
            plane.map { UnsafePointer($0) }
        }
        // swscale reads four planes of the destination too.
        let target: [UnsafeMutablePointer<UInt8>?] = [pixels, nil, nil, nil]
        let rows = sws_scale(
            context, planes, [strides.0, strides.1, strides.2, strides.3], 0, frame.pointee.height, target,
            [Int32(stride), 0, 0, 0])
        return rows == frame.pointee.height
    }

    private func prepare(for frame: AVFrame) -> Bool {
        let wanted = Layout(
            width: frame.width, height: frame.height, format: frame.format, coefficients: Self.coefficients(of: frame),
            isFullRange: Self.isFullRange(frame))
        if wanted == layout { return true }
        sws_freeContext(context)
        layout = nil
        let format = AVPixelFormat(frame.format)
        // Chroma at each pixel: without it, wherever swscale has no fast path (4:2:0 of 10 bits, NV12, odd heights),
        // it looks colours up in tables that are 2 of 255 too dark.
        context =
            sws_isSupportedInput(format) > 0
            ? sws_getContext(
                frame.width, frame.height, format, frame.width, frame.height, AV_PIX_FMT_RGB24,
                SWS_BILINEAR | SWS_FULL_CHR_H_INT, nil, nil, nil)
            : nil
        guard context != nil else { return false }
        let table = sws_getCoefficients(wanted.coefficients)
        let neutral: Int32 = 1 << 16
        // Fails for formats that aren't YUV, which have no such details.
        _ = sws_setColorspaceDetails(
            context, table, wanted.isFullRange ? 1 : 0, table, 1, 0, neutral, neutral)
        layout = wanted
        return true
    }

    /// The YCbCr matrix that the stream names. Where it names none: BT.709 for HD and larger, BT.601 below, which is
    /// what encoders mean and what players assume.
    private static func coefficients(of frame: AVFrame) -> Int32 {
        switch frame.colorspace {
        case AVCOL_SPC_BT709: SWS_CS_ITU709
        case AVCOL_SPC_FCC: SWS_CS_FCC
        case AVCOL_SPC_BT470BG, AVCOL_SPC_SMPTE170M: SWS_CS_ITU601
        case AVCOL_SPC_SMPTE240M: SWS_CS_SMPTE240M
        case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: SWS_CS_BT2020
        default: frame.width >= 1280 || frame.height > 576 ? SWS_CS_ITU709 : SWS_CS_ITU601
        }
    }

    /// As the stream says. Where it says nothing, grey is full range, as pictures have it, and YCbCr is limited.
    private static func isFullRange(_ frame: AVFrame) -> Bool {
        let jpegFormats = [
            AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUVJ411P,
        ]
        let format = AVPixelFormat(frame.format)
        if frame.color_range == AVCOL_RANGE_UNSPECIFIED, isGrey(format) { return true }
        return frame.color_range == AVCOL_RANGE_JPEG || jpegFormats.contains(format)
    }

    /// Luma alone, of any depth, with alpha or without.
    private static func isGrey(_ format: AVPixelFormat) -> Bool {
        guard let description = av_pix_fmt_desc_get(format)?.pointee else { return false }
        return description.nb_components <= 2
            && description.flags & UInt64(AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) == 0
    }
}
