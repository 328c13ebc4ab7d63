// Colours: what was encoded comes back as the same RGB, for each matrix, range and width.

import Foundation
import Testing

@testable import StreamDemo

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
