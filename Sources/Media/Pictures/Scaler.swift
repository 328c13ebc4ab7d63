// Conversion of pixels by FFmpeg's libswscale. On one thread.

import CFFmpeg
import Kernels

/// A cached `SwsContext`, made anew when what is converted changes: making one takes longer than a small picture.
final class Scaler {
    /// What is converted, or what comes of it.
    struct Pixels: Equatable {
        let width: Int
        let height: Int
        let format: AVPixelFormat
        /// Whether samples take all values, as those of RGB do.
        let isFullRange: Bool
    }
    private struct Conversion: Equatable {
        let source: Pixels
        let target: Pixels
        let matrix: ColourMatrix
        let method: Int32
    }

    /// swscale works on up to this many pixels at once, and writes past the end of a row that isn't whole vectors.
    static let pixelsPerVector = 64
    /// Chroma at each pixel: without it, wherever swscale has no fast path (10 bits, odd heights), it looks colours
    /// up in tables that are 2 of 255 too dark.
    static let toRGB = SWS_BILINEAR | SWS_FULL_CHR_H_INT

    private var context: OpaquePointer?
    private var conversion: Conversion?

    deinit { sws_freeContext(context) }

    /// The corresponding C function is `sws_scale`.
    /// - Parameters:
    ///   - sourcePlanes, targetPlanes: four; swscale reads those that a format doesn't have, too.
    ///   - matrix: of the side that is YCbCr.
    ///   - method: swscale's flags.
    /// - Returns: whether all rows were converted.
    func convert(
        _ source: Pixels, _ sourcePlanes: [UnsafePointer<UInt8>?], _ sourceStrides: [Int32],
        to target: Pixels, _ targetPlanes: [UnsafeMutablePointer<UInt8>?], _ targetStrides: [Int32],
        matrix: ColourMatrix, method: Int32 = toRGB
    ) -> Bool {
        guard prepare(Conversion(source: source, target: target, matrix: matrix, method: method)) else { return false }
        let rows = sws_scale(
            context, sourcePlanes, sourceStrides, 0, Int32(source.height), targetPlanes, targetStrides)
        return Int(rows) == target.height
    }

    private func prepare(_ wanted: Conversion) -> Bool {
        if wanted == conversion { return true }
        sws_freeContext(context)
        (context, conversion) = (nil, nil)
        let (source, target) = (wanted.source, wanted.target)
        guard sws_isSupportedInput(source.format) > 0 else { return false }
        context = sws_getContext(
            Int32(source.width), Int32(source.height), source.format, Int32(target.width), Int32(target.height),
            target.format, wanted.method, nil, nil, nil)
        guard context != nil else { return false }
        let table = sws_getCoefficients(wanted.matrix.coefficients)
        let neutral: Int32 = 1 << 16
        // Fails for formats that aren't YUV, which have no such details.
        _ = sws_setColorspaceDetails(
            context, table, source.isFullRange ? 1 : 0, table, target.isFullRange ? 1 : 0, 0, neutral, neutral)
        conversion = wanted
        return true
    }
}

extension ColourMatrix {
    fileprivate var coefficients: Int32 {
        switch self {
        case .bt601: SWS_CS_ITU601
        case .bt709: SWS_CS_ITU709
        case .bt2020: SWS_CS_BT2020
        case .fcc: SWS_CS_FCC
        case .smpte240m: SWS_CS_SMPTE240M
        }
    }
}
