// Pictures in.

import CCoExec
import CoExec
import Glibc
import Kernels
import Sessions

/// What a caller gives with a picture, and gets back with its result.
struct PictureTag: @unchecked Sendable {  // never looked at
    let user: UnsafeMutableRawPointer?
    let pts: Int64
}

/// A caller's function, and what it is given.
private struct Release: @unchecked Sendable {  // the caller says that any thread may call it
    let user: UnsafeMutableRawPointer?
    let call: @convention(c) (UnsafeMutableRawPointer?) -> Void
}

/// Pixels that were copied.
private final class PixelCopy: @unchecked Sendable {  // written before anybody else sees it
    let bytes: UnsafeMutableRawPointer
    /// - Returns: nil where there is no memory.
    init?(count: Int) {
        guard let bytes = aligned_alloc(64, (count + 63) / 64 * 64) else { return nil }
        self.bytes = bytes
    }
    deinit { free(bytes) }
}

/// Of pixels that are the caller's, who has them back by its own function.
private final class Caller: Sendable {
    static let owner = Caller()
}

extension PixelFormat {
    fileprivate init(_ format: coexec_format) throws {
        let formats: [PixelFormat] = [
            .rgb, .bgr, .rgbx, .bgrx, .grey8, .nv12, .nv21, .i420, .yuy2, .uyvy, .i422, .i444, .p010, .i010, .grey16,
        ]
        guard formats.indices.contains(Int(format)) else { throw Refusal("there is no format \(format)") }
        self = formats[Int(format)]
    }
}

extension ColourEncoding {
    fileprivate init(_ picture: coexec_picture, _ format: PixelFormat) throws {
        let isHD = picture.width >= 1280 || picture.height >= 577
        let matrix: ColourMatrix
        switch Int(picture.matrix) {
        case Int(COEXEC_MATRIX_AUTO): matrix = isHD ? .bt709 : .bt601
        case Int(COEXEC_BT601): matrix = .bt601
        case Int(COEXEC_BT709): matrix = .bt709
        case Int(COEXEC_BT2020): matrix = .bt2020
        default: throw Refusal("there is no matrix \(picture.matrix)")
        }
        switch Int(picture.range) {
        case Int(COEXEC_RANGE_AUTO): self.init(matrix, isFullRange: !format.layout.isYCbCr)
        case Int(COEXEC_LIMITED): self.init(matrix, isFullRange: false)
        case Int(COEXEC_FULL): self.init(matrix, isFullRange: true)
        default: throw Refusal("there is no range \(picture.range)")
        }
    }
}

extension Image {
    /// Copies the pixels where the caller doesn't lend them.
    /// - Throws: `Refusal`; `ImageError`.
    fileprivate init(_ picture: coexec_picture) throws {
        let format = try PixelFormat(picture.format)
        let colours = try ColourEncoding(picture, format)
        let (width, height) = (Int(picture.width), Int(picture.height))
        guard (1...16384).contains(width), (1...16384).contains(height) else {
            throw Refusal("a picture of \(width)×\(height) pixels: sides are 1 to 16384")
        }
        let planeCount = format.layout.planeCount
        let bases = [picture.planes.0, picture.planes.1, picture.planes.2].prefix(planeCount)
        let strides = [picture.strides.0, picture.strides.1, picture.strides.2].prefix(planeCount)
        let planes = try zip(bases, strides).enumerated().map { index, plane in
            guard let base = plane.0 else {
                throw Refusal("planes[\(index)] is NULL: \(format.rawValue) has \(planeCount)")
            }
            return ImagePlane(UnsafeRawPointer(base), stride: Int(plane.1))
        }
        func image(_ planes: [ImagePlane], _ owner: any AnyObject & Sendable) throws(ImageError) -> Image {
            try Image(format, width: width, height: height, planes: planes, colours: colours, owner: owner)
        }
        var whole = try image(planes, Caller.owner)
        if picture.release == nil {
            // Checked by now, so rows can be read.
            let (copies, copy) = try Self.copied(planes, of: format.layout, width: width, height: height)
            whole = try image(copies, copy)
        }
        let crop = ImageArea(
            x: Int(picture.crop_x), y: Int(picture.crop_y), width: Int(picture.crop_width),
            height: Int(picture.crop_height))
        let isCropped = crop.x != 0 || crop.y != 0 || crop.width != 0 || crop.height != 0
        self = isCropped ? try whole.cropped(to: crop) : whole
    }

    private static func copied(
        _ planes: [ImagePlane], of layout: PixelLayout, width: Int, height: Int
    ) throws(Refusal) -> ([ImagePlane], PixelCopy) {
        let rowBytes = planes.indices.map { layout.rowSamples(of: $0, width: width) * layout.bytesPerSample }
        // Rows begin at even addresses, whatever their length.
        let strides = rowBytes.map { ($0 + 63) / 64 * 64 }
        let rows = planes.indices.map { layout.rows(of: $0, height: height) }
        let count = zip(strides, rows).reduce(0) { $0 + $1.0 * $1.1 }
        guard let copy = PixelCopy(count: count) else {
            throw Refusal("no memory for a copy of \(width)×\(height) pixels", Int(COEXEC_UNAVAILABLE))
        }
        var start = copy.bytes
        var copies: [ImagePlane] = []
        for (index, plane) in planes.enumerated() {
            for row in 0..<rows[index] {
                memcpy(start + row * strides[index], plane.base + row * plane.stride, rowBytes[index])
            }
            copies.append(ImagePlane(UnsafeRawPointer(start), stride: strides[index]))
            start += rows[index] * strides[index]
        }
        return (copies, copy)
    }
}

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_submit")
#endif
public func coexec_submit(
    _ stream: OpaquePointer?, _ picture: UnsafePointer<coexec_picture>?, _ timeout: Int64
) -> coexec_status {
    guard let box = StreamBox.at(stream) else { return refuse(Refusal.noStream) }
    guard let given = read(picture) else { return refuse(Refusal.noRoom("picture")) }
    let image: Image
    do { image = try Image(given) } catch { return refuse(error) }
    let tag = PictureTag(user: given.user, pts: given.pts)
    let release = given.release.map { call in
        let release = Release(user: given.user, call: call)
        return { @Sendable in release.call(release.user) }
    }
    return switch box.stream.submit(image, tag: tag, release: release, waiting: limit(timeout)) {
    case .accepted: coexec_status(COEXEC_OK)
    case .timedOut: coexec_status(COEXEC_TIMEOUT)
    case .interrupted: coexec_status(COEXEC_INTERRUPTED)
    case .ended: coexec_status(COEXEC_END)
    }
}
