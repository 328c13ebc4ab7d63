// FFmpeg's names of the pixel formats that networks take. Plain values.

import CFFmpeg
import Kernels

extension PixelFormat {
    /// Transparency is left out: a pixel has the colour that the file stores, whatever its alpha, as most networks were
    /// trained (Pillow's `convert("RGB")`, OpenCV's `imread`).
    init?(_ format: AVPixelFormat) {
        guard let found = Self.formats[format.rawValue] else { return nil }
        self = found
    }

    /// The one that means just this.
    var avFormat: AVPixelFormat { avFormats[0] }

    /// All whose planes lie so.
    private var avFormats: [AVPixelFormat] {
        switch self {
        case .rgb: [AV_PIX_FMT_RGB24]
        case .bgr: [AV_PIX_FMT_BGR24]
        case .rgbx: [AV_PIX_FMT_RGB0, AV_PIX_FMT_RGBA]
        case .bgrx: [AV_PIX_FMT_BGR0, AV_PIX_FMT_BGRA]
        case .i420: [AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVA420P]
        case .i422: [AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVA422P]
        case .i444: [AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUVA444P]
        case .i010: [AV_PIX_FMT_YUV420P10LE]
        case .nv12: [AV_PIX_FMT_NV12]
        case .nv21: [AV_PIX_FMT_NV21]
        case .p010: [AV_PIX_FMT_P010LE]
        case .yuy2: [AV_PIX_FMT_YUYV422]
        case .uyvy: [AV_PIX_FMT_UYVY422]
        case .grey8: [AV_PIX_FMT_GRAY8]
        case .grey16: [AV_PIX_FMT_GRAY16LE]
        }
    }

    private static let formats: [Int32: PixelFormat] = {
        var formats: [Int32: PixelFormat] = [:]
        for format in allCases {
            for avFormat in format.avFormats { formats[avFormat.rawValue] = format }
        }
        return formats
    }()
}
