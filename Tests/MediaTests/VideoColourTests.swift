// Colours: what was encoded comes back as the same RGB, for each matrix, range and width.

import Foundation
import MediaFixtures
import Testing

@testable import Media

@Suite(.needsFFmpeg) struct VideoColourTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func firstFrame(_ path: String) throws -> VideoFrame {
        try #require(try openSource(path: path).next())
    }

    @Test(arguments: ["picture.png", "picture.bmp", "picture.ppm"], [640, 641, 322])
    func losslessPicturesAreExact(name: String, width: Int) throws {
        let bars = try folder.writeBars("bars.ppm", width: width, height: 99)
        let path = name == "picture.ppm" ? bars : try folder.make("-i", bars, name)
        let frame = try firstFrame(path)
        #expect(frame.image.width == width && frame.image.height == 99)
        let expected: [UInt8] = (0..<99).flatMap { _ in (0..<width).flatMap { Bars.colour($0, width: width) } }
        #expect(frame.image.pixels == expected)
    }

    @Test(arguments: [640, 641])
    func jpegIsClose(width: Int) throws {
        let bars = try folder.writeBars("bars.ppm", width: width, height: 99)
        #expect(Bars.error(of: try firstFrame(folder.make("-i", bars, "-q:v", "1", "bars.jpg"))) <= 5)
    }

    struct Coding: CustomTestStringConvertible, Sendable {
        let matrix: String
        let tag: String
        let range: String
        var testDescription: String { "\(matrix) \(range)" }
    }

    @Test(
        arguments: [
            Coding(matrix: "bt601", tag: "smpte170m", range: "tv"), Coding(matrix: "bt709", tag: "bt709", range: "tv"),
            Coding(matrix: "bt709", tag: "bt709", range: "pc"), Coding(matrix: "bt2020", tag: "bt2020nc", range: "tv"),
        ], [640, 650])
    func taggedVideoIsClose(coding: Coding, width: Int) throws {
        let bars = try folder.writeBars("bars.ppm", width: width, height: 98)
        let path = try folder.make(
            "-i", bars, "-vf", "scale=out_color_matrix=\(coding.matrix):out_range=\(coding.range),format=yuv420p",
            "-c:v", "libx264", "-qp", "2", "-colorspace", coding.tag, "-color_range", coding.range, "bars.mp4")
        #expect(Bars.error(of: try firstFrame(path)) <= 5)
    }

    /// yuv4mpeg names no matrix: HD is BT.709, smaller pictures are BT.601.
    @Test func untaggedVideoGoesBySize() throws {
        for (width, height, matrix) in [(640, 360, "bt601"), (1280, 720, "bt709")] {
            let bars = try folder.writeBars("bars.ppm", width: width, height: height)
            let path = try folder.make(
                "-i", bars, "-vf", "scale=out_color_matrix=\(matrix):out_range=tv,format=yuv420p", "\(matrix).y4m")
            #expect(Bars.error(of: try firstFrame(path)) <= 4)
        }
    }
}

/// Levels of greys and of deep video, and what becomes of transparency and of HDR.
@Suite(.needsFFmpeg) struct VideoLevelTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func firstFrame(_ path: String) throws -> VideoFrame {
        try #require(try openSource(path: path).next())
    }

    private func middle(_ path: String) throws -> [Int] {
        let image = try firstFrame(path).image
        let offset = (image.height / 2 * image.width + image.width / 2) * 3
        return image.pixels[offset..<offset + 3].map(Int.init)
    }

    /// A flat grey of so many bits, written without a word about its range.
    @Test(
        arguments: [("gray", 8), ("gray10le", 10), ("gray12le", 12), ("gray14le", 14), ("gray16le", 16)],
        [0, 16, 128, 235, 255])
    func untaggedGreyIsFullRange(format: (name: String, bits: Int), level: Int) throws {
        let value = level * ((1 << format.bits) - 1) / 255
        let pixel: [UInt8] = format.bits == 8 ? [UInt8(value)] : [UInt8(value & 255), UInt8(value >> 8)]
        let raw = try folder.write((0..<64 * 64).flatMap { _ in pixel }, to: "grey.raw")
        let names = format.bits == 16 ? ["grey.tiff", "grey.png", "grey.mkv"] : ["grey.mkv"]
        for name in names {
            let path = try folder.make(
                ["-f", "rawvideo", "-pix_fmt", format.name, "-s", "64x64", "-i", raw, "-frames:v", "1"]
                    + (name.hasSuffix("mkv") ? ["-c:v", "ffv1"] : ["-update", "1"]) + [name])
            let pixel = try middle(path)
            #expect(pixel.allSatisfy { abs($0 - level) <= 1 }, "\(name) \(pixel)")
        }
    }

    /// Deep video, and layouts for which swscale has no fast path: white is white, and every pixel is within 1 of what
    /// ffmpeg gives with exact chroma.
    @Test(
        arguments: [
            "yuv420p", "yuv420p10le", "yuv420p12le", "yuv422p10le", "yuv422p12le", "yuv444p10le", "yuv444p", "yuv440p",
        ], [48, 49])
    func limitedVideoIsAsFFmpegs(format: String, height: Int) throws {
        let bars = try folder.writeBars("bars.ppm", width: 130, height: height)
        let path = try folder.make(
            "-i", bars, "-vf",
            "scale=out_color_matrix=bt601:out_range=tv:flags=accurate_rnd+full_chroma_int,format=\(format)",
            "-c:v", "ffv1", "-colorspace", "smpte170m", "-color_range", "tv", "bars.mkv")
        let frame = try firstFrame(path)
        let white = (height / 2 * 130 + 24) * 3
        #expect(frame.image.pixels[white..<white + 3].allSatisfy { $0 >= 254 })
        #expect(Bars.middleError(of: frame) <= (format == "yuv420p" ? 3 : 2))
        let raw = try folder.make(
            "-i", path, "-vf", "scale=flags=bilinear+accurate_rnd+full_chroma_int:in_color_matrix=bt601:in_range=tv",
            "-pix_fmt", "rgb24", "-f", "rawvideo", "bars.rgb")
        let expected = [UInt8](try Data(contentsOf: URL(fileURLWithPath: raw)))
        // Where colours change, 8-bit 4:2:0 on swscale's fast path repeats chroma, which ffmpeg's default does too.
        let isFast = format == "yuv420p" && height.isMultiple(of: 2)
        let differences = zip(frame.image.pixels, expected).map { abs(Int($0) - Int($1)) }
        #expect(differences.count == expected.count && (isFast || differences.max()! <= 1), "\(differences.max()!)")
    }

    /// Red that nobody sees, in every way to have it: the stored colour, as Pillow's `convert("RGB")` gives it.
    @Test func transparencyIsLeftOut() throws {
        let hidden = "color=red:s=64x64,format=rgba,colorchannelmixer=aa=0"
        for (name, format) in [
            ("a.png", "rgba"), ("b.png", "rgba64be"), ("a.tiff", "rgba"), ("a.mkv", "yuva420p"), ("b.mkv", "bgra"),
        ] {
            let path = try folder.make(
                ["-f", "lavfi", "-i", hidden, "-frames:v", "1", "-pix_fmt", format]
                    + (name.hasSuffix("mkv") ? ["-c:v", "ffv1"] : ["-update", "1"]) + [name])
            let pixel = try middle(path)
            #expect(pixel[0] >= 252 && pixel[1] <= 3 && pixel[2] <= 3, "\(name): \(pixel)")
        }
        let grey = try folder.write((0..<64 * 64).flatMap { _ in [200, 0] as [UInt8] }, to: "grey.raw")
        let greyPNG = try folder.make(
            "-f", "rawvideo", "-pix_fmt", "ya8", "-s", "64x64", "-i", grey, "-update", "1", "g.png")
        #expect(try middle(greyPNG) == [200, 200, 200])
        // A palette of one colour, BGRA in memory.
        let palette: [UInt8] = [30, 200, 100, 0] + [UInt8](repeating: 0, count: 1020)
        let indices = try folder.write([UInt8](repeating: 0, count: 64 * 64) + palette, to: "indices.raw")
        let palettePNG = try folder.make(
            "-f", "rawvideo", "-pix_fmt", "pal8", "-s", "64x64", "-i", indices, "-update", "1", "p.png")
        #expect(try middle(palettePNG) == [100, 200, 30])
    }

    /// Half-transparent red, straight and multiplied with its alpha: what is stored is what is taken.
    @Test func alphaChangesNoColour() throws {
        for (red, alpha) in [(255, 128), (128, 128)] {
            let pixel: [UInt8] = [UInt8(red), 0, 0, UInt8(alpha)]
            let raw = try folder.write((0..<64 * 64).flatMap { _ in pixel }, to: "half.raw")
            for name in ["half.png", "half.tiff"] {
                let path = try folder.make(
                    "-f", "rawvideo", "-pix_fmt", "rgba", "-s", "64x64", "-i", raw, "-update", "1", name)
                #expect(try middle(path) == [red, 0, 0])
            }
        }
    }

    /// What a GIF's later pictures leave transparent shows the ones before.
    @Test func transparentPixelsOfAGIFKeepWhatWasThere() throws {
        let path = try folder.make("-f", "lavfi", "-i", "testsrc2=s=64x48:r=5", "-frames:v", "3", "moving.gif")
        let raw = try folder.make("-i", path, "-pix_fmt", "rgb24", "-f", "rawvideo", "moving.rgb")
        let source = try openSource(path: path)
        var pixels: [UInt8] = []
        while let frame = try source.next() { pixels += frame.image.pixels }
        let expected = [UInt8](try Data(contentsOf: URL(fileURLWithPath: raw)))
        #expect(pixels == expected)
    }

    @Test(arguments: [("arib-std-b67", "HLG"), ("smpte2084", "PQ"), ("bt709", "")])
    func highDynamicRangeIsSaid(transfer: String, name: String) throws {
        let path = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=s=64x48:r=5", "-frames:v", "2", "-pix_fmt", "yuv420p10le", "-c:v", "ffv1",
            // On the frames: FFmpeg 7 takes no encoder's option against what they say.
            "-vf", "setparams=color_trc=\(transfer):colorspace=bt2020nc:color_primaries=bt2020", "hdr.mkv")
        let source = try openSource(path: path)
        #expect(source.notes.isEmpty)
        _ = try source.next()
        #expect(
            source.notes.count == (name.isEmpty ? 0 : 1) && source.notes.allSatisfy { $0.contains("HDR (\(name))") })
    }
}
