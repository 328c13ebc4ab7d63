// Converts decoded frames of any pixel format to RGB of the same size. Owned by a `VideoFileSource`, on its thread.

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
    /// short of its end.
    private var paddedRows: [UInt8] = []
    /// Whole vectors of RGB: swscale works on up to this many pixels at once.
    private static let pixelsPerVector = 64

    deinit { sws_freeContext(context) }

    /// - Returns: nil when swscale can't convert the frame.
    func convert(_ frame: UnsafePointer<AVFrame>) -> Image? {
        guard prepare(for: frame.pointee) else { return nil }
        let width = Int(frame.pointee.width)
        let height = Int(frame.pointee.height)
        let rowBytes = width * 3
        var isConverted = false
        let pixels: [UInt8]
        if width % Self.pixelsPerVector == 0 {
            pixels = [UInt8](unsafeUninitializedCapacity: rowBytes * height) { buffer, count in
                isConverted = scale(frame, into: buffer.baseAddress!, stride: rowBytes)
                count = isConverted ? rowBytes * height : 0
            }
        } else {
            let stride = (width / Self.pixelsPerVector + 1) * Self.pixelsPerVector * 3
            if paddedRows.count != stride * height { paddedRows = [UInt8](repeating: 0, count: stride * height) }
            pixels = paddedRows.withUnsafeMutableBufferPointer { rows in
                isConverted = scale(frame, into: rows.baseAddress!, stride: stride)
                return [UInt8](unsafeUninitializedCapacity: rowBytes * height) { buffer, count in
                    for row in 0..<height {
                        (buffer.baseAddress! + row * rowBytes).initialize(
                            from: rows.baseAddress! + row * stride, count: rowBytes)
                    }
                    count = rowBytes * height
                }
            }
        }
        return isConverted ? Image(width: width, height: height, pixels: pixels) : nil
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
        context =
            sws_isSupportedInput(format) > 0
            ? sws_getContext(
                frame.width, frame.height, format, frame.width, frame.height, AV_PIX_FMT_RGB24,
                SWS_BILINEAR, nil, nil, nil)
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

    private static func isFullRange(_ frame: AVFrame) -> Bool {
        let jpegFormats = [
            AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUVJ411P,
        ]
        return frame.color_range == AVCOL_RANGE_JPEG || jpegFormats.contains(AVPixelFormat(frame.format))
    }
}
