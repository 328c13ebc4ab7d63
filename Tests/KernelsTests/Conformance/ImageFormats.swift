// Pictures in every format, made of random samples, with gaps between their rows.
import Kernels

/// A picture's bytes, and a view of them.
struct SampledPicture {
    let image: Image

    private final class Bytes: @unchecked Sendable {  // written before anybody else sees it
        let memory: UnsafeMutableRawBufferPointer
        init(count: Int) { memory = .allocate(byteCount: count, alignment: 16) }
        deinit { memory.deallocate() }
    }

    /// - Parameters:
    ///   - gap: bytes between rows, even.
    ///   - isFromBelow: whether rows are stored upwards.
    init(
        _ format: PixelFormat, width: Int, height: Int, colours: ColourEncoding, orientation: ImageOrientation,
        gap: Int = 0, isFromBelow: Bool = false, random: inout SeededValues
    ) throws {
        let shape = Self.planes(of: format, width: width, height: height)
        let strides = shape.map { $0.rowBytes + gap }
        let sizes = zip(strides, shape).map { $0 * $1.rows }
        // Nothing behind the last sample is anybody's: AddressSanitizer sees who reads there.
        let bytes = Bytes(count: sizes.reduce(0, +) - gap)
        for index in bytes.memory.indices { bytes.memory[index] = UInt8(truncatingIfNeeded: random.next() >> 40) }
        if format == .i010 {
            let wide = bytes.memory.bindMemory(to: UInt16.self)
            for index in wide.indices { wide[index] &= 1023 }
        }
        var start = 0
        let planes = zip(strides, zip(sizes, shape)).map { (stride: Int, rest) -> ImagePlane in
            defer { start += rest.0 }
            let base = UnsafeRawPointer(bytes.memory.baseAddress!) + start
            return isFromBelow
                ? ImagePlane(base + (rest.1.rows - 1) * stride, stride: -stride) : ImagePlane(base, stride: stride)
        }
        image = try Image(
            format, width: width, height: height, planes: planes, colours: colours, orientation: orientation,
            owner: bytes)
    }

    /// As formats are documented; not by the code under test.
    private static func planes(of format: PixelFormat, width: Int, height: Int) -> [(rowBytes: Int, rows: Int)] {
        let (halfWidth, halfHeight) = ((width + 1) / 2, (height + 1) / 2)
        return switch format {
        case .rgb, .bgr: [(3 * width, height)]
        case .rgbx, .bgrx: [(4 * width, height)]
        case .i420: [(width, height), (halfWidth, halfHeight), (halfWidth, halfHeight)]
        case .i422: [(width, height), (halfWidth, height), (halfWidth, height)]
        case .i444: [(width, height), (width, height), (width, height)]
        case .i010: [(2 * width, height), (2 * halfWidth, halfHeight), (2 * halfWidth, halfHeight)]
        case .nv12, .nv21: [(width, height), (2 * halfWidth, halfHeight)]
        case .p010: [(2 * width, height), (4 * halfWidth, halfHeight)]
        case .yuy2, .uyvy: [(4 * halfWidth, height)]
        case .grey8: [(width, height)]
        case .grey16: [(2 * width, height)]
        }
    }
}
