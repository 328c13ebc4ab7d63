// A video frame: what a source gives and what a network's image input takes. Its samples stay where they are, in memory
// of whoever made it, until the last copy of the value is gone.
import Glibc

/// A plane of samples, from its top row.
public struct ImagePlane: @unchecked Sendable {  // read only, and kept by the image's owner
    public let base: UnsafeRawPointer
    /// Bytes from one row to the next; negative where rows are stored from the bottom up.
    public let stride: Int

    public init(_ base: UnsafeRawPointer, stride: Int) { (self.base, self.stride) = (base, stride) }
}

/// A picture in one of `PixelFormat`'s formats, seen upright. A value that is passed on costs a reference, not a copy
/// of its samples.
public struct Image: Sendable {
    public let format: PixelFormat
    public let colours: ColourEncoding
    public let orientation: ImageOrientation
    /// Of the upright picture, in pixels.
    public let width: Int
    public let height: Int
    /// What is shown of the planes, as they are stored.
    package let stored: ImageArea
    private let planes: (ImagePlane, ImagePlane, ImagePlane)
    private let owner: any AnyObject & Sendable

    /// A view of somebody's planes.
    /// - Parameters:
    ///   - width, height: of the picture as it is stored, in pixels.
    ///   - planes: as many as the format has. Chroma that stands for several pixels stands for fewer at the right and
    ///     lower edge of a picture of odd sides.
    ///   - orientation: how it is turned to stand upright.
    ///   - owner: keeps the planes as they are while it lives; let go on any thread.
    /// - Throws: `ImageError` for sizes and strides that can't be.
    public init(
        _ format: PixelFormat, width: Int, height: Int, planes: [ImagePlane], colours: ColourEncoding,
        orientation: ImageOrientation = .upright, owner: any AnyObject & Sendable
    ) throws(ImageError) {
        let layout = format.layout
        try Self.check(width: width, height: height)
        guard planes.count == layout.planeCount else {
            throw ImageError("\(planes.count) planes of \(format.rawValue), which has \(layout.planeCount)")
        }
        for (index, plane) in planes.enumerated() {
            let rowBytes = layout.rowSamples(of: index, width: width) * layout.bytesPerSample
            guard plane.stride.magnitude >= rowBytes.magnitude, plane.stride.magnitude <= Self.strideLimit else {
                throw ImageError("a stride of \(plane.stride) for rows of \(rowBytes) bytes")
            }
            guard (plane.stride < 0) == (planes[0].stride < 0) else {
                throw ImageError("rows stored upwards and downwards in one picture")
            }
            let alignment = layout.bytesPerSample
            guard plane.stride % alignment == 0, Int(bitPattern: plane.base) % alignment == 0 else {
                throw ImageError("samples of 16 bits at an odd address")
            }
        }
        let isFromBelow = planes[0].stride < 0
        let fromTop = planes.enumerated().map { (index: Int, plane: ImagePlane) -> ImagePlane in
            guard isFromBelow else { return plane }
            let last = (layout.rows(of: index, height: height) - 1) * plane.stride
            return ImagePlane(plane.base + last, stride: -plane.stride)
        }
        self.init(
            format, colours, isFromBelow ? orientation.ofRowsFromBelow : orientation,
            ImageArea(width: width, height: height),
            (fromTop[0], fromTop.dropFirst().first ?? fromTop[0], fromTop.last!),
            owner)
    }

    private init(
        _ format: PixelFormat, _ colours: ColourEncoding, _ orientation: ImageOrientation, _ stored: ImageArea,
        _ planes: (ImagePlane, ImagePlane, ImagePlane), _ owner: any AnyObject & Sendable
    ) {
        (self.format, self.colours, self.orientation, self.stored) = (format, colours, orientation, stored)
        (self.planes, self.owner) = (planes, owner)
        (width, height) =
            orientation.isTransposed ? (stored.height, stored.width) : (stored.width, stored.height)
    }

    /// Of bytes R, G, B, rows contiguous from the top, which a function writes.
    /// - Throws: `ImageError` for sizes that can't be, or that there is no memory for.
    public init(
        width: Int, height: Int, writing body: (UnsafeMutableBufferPointer<UInt8>) -> Void
    ) throws(ImageError) {
        try Self.check(width: width, height: height)
        guard let bytes = PixelBytes(count: width * height * 3) else {
            throw ImageError("no memory for a picture of \(width)×\(height) pixels")
        }
        body(bytes.buffer)
        self.init(bytes, width: width, height: height)
    }

    /// The same with bytes that are copied.
    /// - Throws: `ImageError` for sizes that can't be, and where there aren't three bytes a pixel.
    public init(width: Int, height: Int, pixels: [UInt8]) throws(ImageError) {
        try Self.check(width: width, height: height)
        guard pixels.count == width * height * 3 else {
            throw ImageError("\(pixels.count) bytes for a picture of \(width)×\(height) pixels, three bytes each")
        }
        try self.init(width: width, height: height) { bytes in _ = bytes.initialize(from: pixels) }
    }

    /// The same for sides that this package has chosen.
    package init(ownWidth width: Int, height: Int, writing body: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
        precondition(width > 0 && height > 0)
        guard let bytes = PixelBytes(count: width * height * 3) else { fatalError("no memory for a picture") }
        body(bytes.buffer)
        self.init(bytes, width: width, height: height)
    }

    private init(_ bytes: PixelBytes, width: Int, height: Int) {
        let plane = ImagePlane(UnsafeRawPointer(bytes.buffer.baseAddress!), stride: width * 3)
        self.init(.rgb, .full, .upright, ImageArea(width: width, height: height), (plane, plane, plane), bytes)
    }

    private static func check(width: Int, height: Int) throws(ImageError) {
        guard width > 0, height > 0, width <= sideLimit, height <= sideLimit else {
            throw ImageError("a picture of \(width)×\(height) pixels")
        }
    }

    /// A part of it.
    /// - Parameter area: of the upright picture.
    /// - Throws: `ImageError` where it isn't inside.
    public func cropped(to area: ImageArea) throws(ImageError) -> Image {
        guard area.x >= 0, area.y >= 0, area.width > 0, area.height > 0, area.width <= width - area.x,
            area.height <= height - area.y
        else { throw ImageError("a part that isn't inside a picture of \(width)×\(height) pixels") }
        let part = orientation.stored(area, width: width, height: height)
        let moved = ImageArea(x: stored.x + part.x, y: stored.y + part.y, width: part.width, height: part.height)
        return Image(format, colours, orientation, moved, planes, owner)
    }

    /// Calls a function with the planes, which it doesn't keep.
    package func withPlanes<T, E: Error>(
        _ body: ((ImagePlane, ImagePlane, ImagePlane)) throws(E) -> T
    ) throws(E) -> T {
        defer { withExtendedLifetime(owner) {} }
        return try body(planes)
    }

    /// So many pixels along a side are no picture.
    private static let sideLimit = 1 << 20
    private static let strideLimit = 1 << 30
}

/// What a picture can't be.
public struct ImageError: Error, CustomStringConvertible, Sendable {
    public let description: String
    init(_ description: String) { self.description = description }
}

/// Bytes of a picture of our own: written before anybody else sees them, then read only.
private final class PixelBytes: @unchecked Sendable {
    let buffer: UnsafeMutableBufferPointer<UInt8>

    /// nil where there is no memory for them.
    init?(count: Int) {
        guard let address = malloc(count) else { return nil }
        buffer = UnsafeMutableBufferPointer(start: address.assumingMemoryBound(to: UInt8.self), count: count)
    }

    deinit { free(buffer.baseAddress) }
}

/// What decides how a picture is sampled: of equal ones, all is equal but the samples.
package struct ImageGeometry: Equatable, Sendable {
    package let format: PixelFormat
    package let colours: ColourEncoding
    package let orientation: ImageOrientation
    package let stored: ImageArea
}

extension Image {
    package var geometry: ImageGeometry {
        ImageGeometry(format: format, colours: colours, orientation: orientation, stored: stored)
    }
}
