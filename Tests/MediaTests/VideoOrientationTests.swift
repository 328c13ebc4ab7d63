// Pictures and videos come upright, whichever of the eight ways they were stored.

import Foundation
import Kernels
import MediaFixtures
import Testing

@testable import Media

/// A picture of four quarters, black, dark, grey and white, and where they are when it was turned.
enum Quarters {
    static let levels = [0, 80, 160, 250]

    /// For orientation 1 to 8, which stored quarter is seen at the top left, top right, bottom left and bottom right:
    /// from Exif's table of where row 0 and column 0 belong.
    static let seen = [
        [0, 1, 2, 3], [1, 0, 3, 2], [3, 2, 1, 0], [2, 3, 0, 1], [0, 2, 1, 3], [2, 0, 3, 1], [3, 1, 2, 0], [1, 3, 0, 2],
    ]

    /// A PGM file.
    static func write(_ name: String, in folder: TemporaryFolder, width: Int, height: Int) throws -> String {
        var bytes = Array("P5\n\(width) \(height)\n255\n".utf8)
        for y in 0..<height {
            for x in 0..<width { bytes.append(UInt8(levels[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)])) }
        }
        return try folder.write(bytes, to: name)
    }

    /// The quarters in a picture's corners, by their nearest levels.
    static func found(in frame: VideoFrame) -> [Int] {
        let (width, height) = (frame.image.width, frame.image.height)
        return [(1, 1), (3, 1), (1, 3), (3, 3)].map { x, y in
            let value = Int(frame.image.pixels[(y * height / 4 * width + x * width / 4) * 3])
            return levels.indices.min { abs(levels[$0] - value) < abs(levels[$1] - value) }!
        }
    }
}

@Suite(.needsFFmpeg) struct VideoOrientationTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func expect(_ path: String, turned orientation: Int, width: Int, height: Int) throws {
        let source = try openSource(path: path)
        let frame = try #require(try source.next())
        let isTurned = orientation >= 5
        #expect(frame.image.width == (isTurned ? height : width) && frame.image.height == (isTurned ? width : height))
        #expect(Quarters.found(in: frame) == Quarters.seen[orientation - 1])
    }

    /// In both orders of bytes, at widths with padded rows and without.
    @Test(arguments: ["jpg", "png", "webp", "tiff"], 1...8)
    func picturesFollowTheirTags(format: String, orientation: Int) throws {
        for (width, isLittleEndian) in [(128, true), (70, false)] {
            let quarters = try Quarters.write("quarters.pgm", in: folder, width: width, height: 48)
            let plain = try folder.make(
                "-i", quarters, "-update", "1", "-pix_fmt", format == "webp" ? "yuv420p" : "gray", "plain.\(format)")
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: plain)))
            let exif = Tagging.exif(orientation, isLittleEndian: isLittleEndian)
            switch format {
            case "jpg": Tagging.insertIntoJPEG(exif, &bytes)
            case "png": Tagging.insertIntoPNG(exif, &bytes)
            case "webp": Tagging.insertIntoWebP(exif, &bytes, width: width, height: 48)
            default: Tagging.insertIntoTIFF(orientation, &bytes)
            }
            let path = try folder.write(bytes, to: "tagged.\(format)")
            try expect(path, turned: orientation, width: width, height: 48)
        }
    }

    @Test(arguments: ["mp4", "mov"], 1...8)
    func videosFollowTheirMatrix(container: String, orientation: Int) throws {
        let quarters = try Quarters.write("quarters.pgm", in: folder, width: 128, height: 48)
        let plain = try folder.make(
            "-loop", "1", "-i", quarters, "-frames:v", "2", "-c:v", "libx264", "-pix_fmt", "yuv420p",
            "plain.\(container)")
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: plain)))
        Tagging.setMatrix(orientation, &bytes)
        try expect(try folder.write(bytes, to: "turned.\(container)"), turned: orientation, width: 128, height: 48)
    }

    /// A tag in a picture of a folder, and in every frame of a camera's stream.
    @Test func foldersAndCamerasToo() throws {
        let quarters = try Quarters.write("quarters.pgm", in: folder, width: 128, height: 48)
        var bytes = [UInt8](
            try Data(contentsOf: URL(fileURLWithPath: folder.make("-i", quarters, "-update", "1", "plain.jpg"))))
        Tagging.insertIntoJPEG(Tagging.exif(6, isLittleEndian: true), &bytes)
        try FileManager.default.createDirectory(atPath: folder.file("album"), withIntermediateDirectories: false)
        try expect(
            (try folder.write(bytes, to: "album/1.jpg") as NSString).deletingLastPathComponent, turned: 6, width: 128,
            height: 48)
        let camera = Outcome(path: try folder.write(bytes + bytes + bytes, to: "camera.mjpeg"))
        #expect(camera.sizes == Array(repeating: [48, 128], count: 3))
    }

    /// What isn't from 1 to 8, or lies past the end, is no orientation.
    @Test func nonsenseIsUpright() throws {
        #expect(ImageOrientation(exif: 0) == nil && ImageOrientation(exif: 9) == nil)
        for value in [0, 9, 65535] {
            let tags = Tagging.exif(value, isLittleEndian: true)
            #expect(tags.withUnsafeBytes { PictureTags($0).orientation } == nil)
        }
        // The nearest quarter of a turn by 80°.
        let (cosine, sine) = (Int32(11380), Int32(64540))
        #expect(ImageOrientation(displayMatrix: [cosine, sine, 0, -sine, cosine, 0, 0, 0, 1 << 30]) == ImageOrientation(exif: 6))
    }

    /// Cut anywhere and changed anywhere, tags are read or not, but nothing past the end is.
    @Test func hostileTagsAreHarmless() throws {
        let quarters = try Quarters.write("quarters.pgm", in: folder, width: 16, height: 16)
        for format in ["jpg", "png", "webp", "tiff"] {
            let plain = try folder.make(
                "-i", quarters, "-update", "1", "-pix_fmt", format == "webp" ? "yuv420p" : "gray", "p.\(format)")
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: plain)))
            let exif = Tagging.exif(6, isLittleEndian: true)
            switch format {
            case "jpg": Tagging.insertIntoJPEG(exif, &bytes)
            case "png": Tagging.insertIntoPNG(exif, &bytes)
            case "webp": Tagging.insertIntoWebP(exif, &bytes, width: 16, height: 16)
            default: Tagging.insertIntoTIFF(6, &bytes)
            }
            func orientation(_ bytes: [UInt8]) -> Int? { bytes.withUnsafeBytes { PictureTags($0).orientation } }
            #expect(orientation(bytes) == 6)
            for count in 0..<min(bytes.count, 600) { _ = orientation(Array(bytes.prefix(count))) }
            var random = SystemRandomNumberGenerator()
            for _ in 0..<2000 {
                var changed = bytes
                for _ in 0..<4 {
                    changed[Int.random(in: 0..<min(bytes.count, 400), using: &random)] = UInt8.random(in: 0...255)
                }
                let found = orientation(changed)
                #expect(found == nil || (1...8).contains(found!))
                _ = changed.withUnsafeBytes { PictureTags($0).isAnimatedWebP }
            }
        }
    }
}

/// Writes orientations into files that ffmpeg made.
enum Tagging {
    private static func number(_ value: Int, _ count: Int, isLittleEndian: Bool) -> [UInt8] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        return isLittleEndian ? bytes : bytes.reversed()
    }

    /// A TIFF structure of two tags, the second of them the orientation.
    static func exif(_ orientation: Int, isLittleEndian: Bool) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] { Self.number(value, count, isLittleEndian: isLittleEndian) }
        let head: [UInt8] =
            (isLittleEndian ? [0x49, 0x49] : [0x4D, 0x4D]) + number(42, 2) + number(8, 4) + number(2, 2)
        let width: [UInt8] = number(256, 2) + number(3, 2) + number(1, 4) + number(64, 2) + [0, 0]
        let tag: [UInt8] = number(274, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) + [0, 0]
        return head + width + tag + number(0, 4)
    }

    static func insertIntoJPEG(_ exif: [UInt8], _ bytes: inout [UInt8]) {
        let content: [UInt8] = Array("Exif\0\0".utf8) + exif
        let segment: [UInt8] = [0xFF, 0xE1] + number(content.count + 2, 2, isLittleEndian: false) + content
        bytes.insert(contentsOf: segment, at: 2)
    }

    /// Behind the first chunk.
    static func insertIntoPNG(_ exif: [UInt8], _ bytes: inout [UInt8]) {
        let content: [UInt8] = Array("eXIf".utf8) + exif
        var checksum: UInt32 = ~0
        for byte in content {
            checksum ^= UInt32(byte)
            for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xEDB8_8320 : checksum >> 1 }
        }
        let length = number(exif.count, 4, isLittleEndian: false)
        bytes.insert(contentsOf: length + content + number(Int(~checksum), 4, isLittleEndian: false), at: 33)
    }

    /// Makes an extended file of a simple one.
    static func insertIntoWebP(_ exif: [UInt8], _ bytes: inout [UInt8], width: Int, height: Int) {
        func number(_ value: Int, _ count: Int) -> [UInt8] { Self.number(value, count, isLittleEndian: true) }
        let head: [UInt8] =
            Array("VP8X".utf8) + number(10, 4) + [8, 0, 0, 0] + number(width - 1, 3) + number(height - 1, 3)
        if !bytes[12...].starts(with: "VP8X".utf8) { bytes.insert(contentsOf: head, at: 12) } else { bytes[20] |= 8 }
        bytes += Array("EXIF".utf8) + number(exif.count, 4) + exif + [UInt8](repeating: 0, count: exif.count % 2)
        bytes.replaceSubrange(4..<8, with: number(bytes.count - 8, 4))
    }

    /// Writes the directory anew, behind the file, with one tag more.
    static func insertIntoTIFF(_ orientation: Int, _ bytes: inout [UInt8]) {
        func read(_ offset: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        func number(_ value: Int, _ count: Int) -> [UInt8] { Self.number(value, count, isLittleEndian: true) }
        let directory = read(4, 4)
        var entries = (0..<read(directory, 2)).map { Array(bytes[directory + 2 + 12 * $0..<directory + 14 + 12 * $0]) }
        entries.append(number(274, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) + [0, 0])
        entries.sort { Int($0[0]) | Int($0[1]) << 8 < Int($1[0]) | Int($1[1]) << 8 }
        if bytes.count % 2 == 1 { bytes.append(0) }
        bytes.replaceSubrange(4..<8, with: number(bytes.count, 4))
        bytes += number(entries.count, 2) + entries.flatMap { $0 } + number(0, 4)
    }

    /// The matrix of the first track's header, in 16.16.
    static func setMatrix(_ orientation: Int, _ bytes: inout [UInt8]) {
        let turns = [
            [1, 0, 0, 1], [-1, 0, 0, 1], [-1, 0, 0, -1], [1, 0, 0, -1], [0, 1, 1, 0], [0, 1, -1, 0], [0, -1, -1, 0],
            [0, -1, 1, 0],
        ]
        let turn = turns[orientation - 1]
        let header = bytes.indices.first { bytes[$0...].starts(with: "tkhd".utf8) }!
        let matrix = [turn[0], turn[1], 0, turn[2], turn[3], 0, 0, 0, 1 << 14]
        for (index, value) in matrix.enumerated() {
            let offset = header + 44 + 4 * index
            bytes.replaceSubrange(offset..<offset + 4, with: number(value << 16, 4, isLittleEndian: false))
        }
    }
}
