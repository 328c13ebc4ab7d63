// A frame's picture as R, G, B, whatever its format and however it lies. On one thread.

import CFFmpeg
import Kernels

extension Canvas {
    /// The picture, upright.
    /// - Throws: `DrawingError` where swscale can't convert it.
    convenience init(_ image: Image) throws(DrawingError) {
        self.init(width: image.width, height: image.height)
        let format = image.format
        // Chroma that stands for two columns and rows begins at even ones.
        let (left, top) = (image.stored.x & 1, image.stored.y & 1)
        let (width, height) = (image.stored.width + left, image.stored.height + top)
        let part = ImageArea(x: image.stored.x - left, y: image.stored.y - top, width: width, height: height)
        // swscale writes whole vectors.
        let rowLength = (width * 3 + 255) / 64 * 64
        var stored = [UInt8](repeating: 0, count: rowLength * height + 256)
        let isConverted = image.withPlanes { planes in
            stored.withUnsafeMutableBufferPointer { bytes in
                Self.convert(
                    format, image.colours, part, [planes.0, planes.1, planes.2], bytes.baseAddress!, rowLength)
            }
        }
        guard isConverted else {
            throw DrawingError(file: nil, reason: "a picture of \(format.rawValue) can't be converted")
        }
        let steps = image.orientation.steps(width: image.width, height: image.height, rowLength: image.width)
        withPixels { pixels in
            for y in 0..<image.stored.height {
                var source = (y + top) * rowLength + left * 3
                var target = (steps.start + y * steps.down) * 3
                for _ in 0..<image.stored.width {
                    pixels[target] = stored[source]
                    pixels[target + 1] = stored[source + 1]
                    pixels[target + 2] = stored[source + 2]
                    source += 3
                    target += steps.along * 3
                }
            }
        }
    }

    private static func convert(
        _ format: PixelFormat, _ colours: ColourEncoding, _ part: ImageArea, _ planes: [ImagePlane],
        _ target: UnsafeMutablePointer<UInt8>, _ rowLength: Int
    ) -> Bool {
        let (layout, avFormat) = (format.layout, format.avFormat)
        let context = sws_getContext(
            Int32(part.width), Int32(part.height), avFormat, Int32(part.width), Int32(part.height), AV_PIX_FMT_RGB24,
            SWS_BILINEAR | SWS_FULL_CHR_H_INT, nil, nil, nil)
        guard let context else { return false }
        defer { sws_freeContext(context) }
        let table = sws_getCoefficients(colours.matrix.coefficients)
        let neutral: Int32 = 1 << 16
        _ = sws_setColorspaceDetails(context, table, colours.isFullRange ? 1 : 0, table, 1, 0, neutral, neutral)
        var bases = [UnsafePointer<UInt8>?](repeating: nil, count: 4)
        var strides = [Int32](repeating: 0, count: 4)
        for plane in 0..<layout.planeCount {
            let column = layout.rowSamples(of: plane, width: part.x) * layout.bytesPerSample
            let row = layout.rows(of: plane, height: part.y)
            let start = planes[plane].base + row * planes[plane].stride + column
            bases[plane] = start.assumingMemoryBound(to: UInt8.self)
            strides[plane] = Int32(planes[plane].stride)
        }
        let rows = sws_scale(
            context, bases, strides, 0, Int32(part.height), [target, nil, nil, nil], [Int32(rowLength), 0, 0, 0])
        return rows == part.height
    }
}

extension PixelFormat {
    fileprivate var avFormat: AVPixelFormat {
        switch self {
        case .rgb: AV_PIX_FMT_RGB24
        case .bgr: AV_PIX_FMT_BGR24
        case .rgbx: AV_PIX_FMT_RGB0
        case .bgrx: AV_PIX_FMT_BGR0
        case .i420: AV_PIX_FMT_YUV420P
        case .i422: AV_PIX_FMT_YUV422P
        case .i444: AV_PIX_FMT_YUV444P
        case .i010: AV_PIX_FMT_YUV420P10LE
        case .nv12: AV_PIX_FMT_NV12
        case .nv21: AV_PIX_FMT_NV21
        case .p010: AV_PIX_FMT_P010LE
        case .yuy2: AV_PIX_FMT_YUYV422
        case .uyvy: AV_PIX_FMT_UYVY422
        case .grey8: AV_PIX_FMT_GRAY8
        case .grey16: AV_PIX_FMT_GRAY16LE
        }
    }
}
