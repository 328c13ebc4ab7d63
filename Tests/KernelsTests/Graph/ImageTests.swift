// What samples mean and how pictures are turned, by numbers from the standards rather than by the code's own.
import Kernels
import Testing

@Suite("Images")
struct ImageTests {
    private final class Bytes: @unchecked Sendable {  // written once
        let memory: UnsafeMutableRawBufferPointer
        init(_ bytes: [UInt8]) {
            memory = .allocate(byteCount: bytes.count, alignment: 16)
            memory.copyBytes(from: bytes)
        }
        deinit { memory.deallocate() }
    }

    /// Planes one behind the other, each with its stride.
    private func image(
        _ format: PixelFormat, _ width: Int, _ height: Int, _ planes: [(bytes: [UInt8], stride: Int)],
        _ colours: ColourEncoding, _ orientation: ImageOrientation = .upright
    ) throws -> Image {
        let owner = Bytes(planes.flatMap(\.bytes))
        var start = 0
        let views = planes.map { plane -> ImagePlane in
            defer { start += plane.bytes.count }
            return ImagePlane(UnsafeRawPointer(owner.memory.baseAddress!) + start, stride: plane.stride)
        }
        return try Image(
            format, width: width, height: height, planes: views, colours: colours, orientation: orientation,
            owner: owner)
    }

    /// Y, Cb, Cr of red, white and black in 8 bits, as ITU-R BT.601 and BT.709 (tables of SMPTE colour bars of 100 %)
    /// and JFIF give them.
    @Test func coloursAreTheStandards() throws {
        typealias Row = (colours: ColourEncoding, samples: [UInt8], rgb: [Int])
        let rows: [Row] = [
            (.bt601, [81, 90, 240], [255, 0, 0]), (.bt601, [145, 54, 34], [0, 255, 0]),
            (.bt601, [41, 240, 110], [0, 0, 255]), (.bt709, [63, 102, 240], [255, 0, 0]),
            (.bt709, [173, 42, 26], [0, 255, 0]), (.bt709, [32, 240, 118], [0, 0, 255]),
            (.full, [76, 85, 255], [254, 0, 0]), (.full, [29, 255, 107], [0, 0, 254]),
            (.bt601, [235, 128, 128], [255, 255, 255]), (.bt709, [16, 128, 128], [0, 0, 0]),
            // Beyond white, and colours that don't exist, are clipped.
            (.bt601, [254, 128, 128], [255, 255, 255]), (.bt601, [235, 128, 240], [255, 166, 255]),
        ]
        for row in rows {
            let planes = row.samples.map { (bytes: [$0], stride: 1) }
            for format in [PixelFormat.i444, .i422, .i420] {
                let found = try image(format, 1, 1, planes, row.colours).pixels.map(Int.init)
                #expect(
                    zip(found, row.rgb).allSatisfy { abs($0 - $1) <= 2 }, "\(row.samples) \(row.colours): \(found)")
            }
        }
    }

    /// The same red in every YCbCr format; a byte of padding is in none of them.
    @Test func samplesAreWhereTheFormatSays() throws {
        let (y, blue, red): (UInt8, UInt8, UInt8) = (81, 90, 240)
        func wide(_ value: UInt8, shift: Int) -> [UInt8] {
            let bits = UInt16(value) << shift
            return [UInt8(bits & 255), UInt8(bits >> 8)]
        }
        let pictures: [(PixelFormat, [(bytes: [UInt8], stride: Int)])] = [
            (.nv12, [([y, y], 2), ([blue, red], 2)]), (.nv21, [([y, y], 2), ([red, blue], 2)]),
            (.yuy2, [([y, blue, y, red], 4)]), (.uyvy, [([blue, y, red, y], 4)]),
            (.i420, [([y, y], 2), ([blue], 1), ([red], 1)]),
            (
                .p010,
                [(wide(y, shift: 8) + wide(y, shift: 8), 4), (wide(blue, shift: 8) + wide(red, shift: 8), 4)]
            ),
            (
                .i010,
                [(wide(y, shift: 2) + wide(y, shift: 2), 4), (wide(blue, shift: 2), 2), (wide(red, shift: 2), 2)]
            ),
        ]
        for (format, planes) in pictures {
            let found = try image(format, 2, 1, planes, .bt601).pixels.map(Int.init)
            let isRed = zip(found, [255, 0, 0, 255, 0, 0]).allSatisfy { abs($0 - $1) <= 2 }
            #expect(found.count == 6 && isRed, "\(format): \(found)")
        }
        let packed: [(PixelFormat, [UInt8])] = [
            (.rgb, [1, 2, 3]), (.bgr, [3, 2, 1]), (.rgbx, [1, 2, 3, 9]), (.bgrx, [3, 2, 1, 9]),
        ]
        for (format, bytes) in packed {
            #expect(try image(format, 1, 1, [(bytes, bytes.count)], .full).pixels == [1, 2, 3], "\(format)")
        }
        #expect(try image(.grey8, 1, 1, [([77], 1)], .full).pixels == [77, 77, 77])
        #expect(try image(.grey16, 1, 1, [([0xFF, 0x4D], 2)], .full).pixels == [78, 78, 78])
        #expect(try image(.grey8, 1, 1, [([16], 1)], .bt601).pixels == [0, 0, 0])
    }

    /// Exif's eight ways on a picture of 3×2, whose pixels are 1 to 6: what a viewer shows.
    @Test func orientationsAreExifs() throws {
        let shown: [[UInt8]] = [
            [1, 2, 3, 4, 5, 6], [3, 2, 1, 6, 5, 4], [6, 5, 4, 3, 2, 1], [4, 5, 6, 1, 2, 3],
            [1, 4, 2, 5, 3, 6], [4, 1, 5, 2, 6, 3], [6, 3, 5, 2, 4, 1], [3, 6, 2, 5, 1, 4],
        ]
        for (index, expected) in shown.enumerated() {
            let orientation = try #require(ImageOrientation(exif: index + 1))
            let turned = try image(.grey8, 3, 2, [([1, 2, 3, 9, 4, 5, 6], 4)], .full, orientation)
            #expect(turned.width == (index < 4 ? 3 : 2) && turned.height == (index < 4 ? 2 : 3))
            let found = stride(from: 0, to: 18, by: 3).map { turned.pixels[$0] }
            #expect(found == expected, "\(index + 1): \(found)")
            let part = try turned.cropped(to: ImageArea(x: 1, y: 1, width: 1, height: 1))
            #expect(part.pixels[0] == expected[turned.width + 1])
        }
    }

    @Test func rowsFromBelow() throws {
        let owner = Bytes([1, 2, 3, 4, 5, 6])
        let last = UnsafeRawPointer(owner.memory.baseAddress!) + 3
        for (orientation, expected) in [(1, [4, 5, 6, 1, 2, 3]), (6, [1, 4, 2, 5, 3, 6])] as [(Int, [UInt8])] {
            let turned = try Image(
                .grey8, width: 3, height: 2, planes: [ImagePlane(last, stride: -3)], colours: .full,
                orientation: ImageOrientation(exif: orientation)!, owner: owner)
            #expect(stride(from: 0, to: 18, by: 3).map { turned.pixels[$0] } == expected)
        }
    }

    /// The owner lives as long as any view of it, and no longer.
    @Test func ownersAreLetGo() throws {
        weak var owner: Bytes?
        do {
            let bytes = Bytes([1, 2, 3, 4])
            owner = bytes
            let plane = ImagePlane(UnsafeRawPointer(bytes.memory.baseAddress!), stride: 2)
            let whole = try Image(.grey8, width: 2, height: 2, planes: [plane], colours: .full, owner: bytes)
            let part = try whole.cropped(to: ImageArea(x: 1, y: 1, width: 1, height: 1))
            #expect(part.pixels == [4, 4, 4] && owner != nil)
        }
        #expect(owner == nil)
    }

    @Test func whatCannotBeIsAnError() throws {
        func fails(_ width: Int, _ height: Int, _ strides: [Int], _ format: PixelFormat = .nv12, shift: Int = 0) {
            let owner = Bytes([UInt8](repeating: 0, count: 64))
            let base = UnsafeRawPointer(owner.memory.baseAddress!) + shift
            let planes = strides.map { ImagePlane(base, stride: $0) }
            #expect(throws: ImageError.self, "\(width)×\(height) \(strides)") {
                _ = try Image(format, width: width, height: height, planes: planes, colours: .bt601, owner: owner)
            }
        }
        fails(0, 4, [4, 4])
        fails(4, -1, [4, 4])
        fails(.max, .max, [4, 4])
        fails(4, 4, [4])
        fails(4, 4, [4, 4, 4])
        fails(4, 4, [3, 4])
        fails(5, 4, [5, 5])
        fails(4, 4, [4, -4])
        fails(4, 4, [.min, .min])
        fails(2, 2, [5, 4], .p010)
        fails(2, 2, [4], .grey16, shift: 1)
        for (width, height, count) in [
            (2, 2, 11), (2, 2, 13), (0, 0, 0), (-1, -4, 12), (.max, .max, 12), (1 << 20, 1, 3),
        ] {
            let bytes = [UInt8](repeating: 0, count: count)
            #expect(throws: ImageError.self) { _ = try Image(width: width, height: height, pixels: bytes) }
        }
        for (width, height) in [(0, 1), (1, -1), (1 << 21, 1)] {
            #expect(throws: ImageError.self) {
                _ = try Image(width: width, height: height) { _ in Issue.record("bytes of no picture are written") }
            }
        }
        let picture = try Image(width: 2, height: 2, pixels: [UInt8](repeating: 0, count: 12))
        for area in [(-1, 0, 1, 1), (0, 0, 0, 1), (1, 1, 2, 1), (0, 0, .max, 1), (.max, 0, 1, 1)] {
            #expect(throws: ImageError.self) {
                _ = try picture.cropped(to: ImageArea(x: area.0, y: area.1, width: area.2, height: area.3))
            }
        }
    }
}
