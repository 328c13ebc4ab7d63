// What is drawn is where it should be, whatever the numbers are; what is written can be read again.

import Foundation
import Kernels
import MediaFixtures
import Testing

@testable import Media

@Suite struct CanvasTests {
    private func pixel(_ canvas: Canvas, _ x: Int, _ y: Int) -> [UInt8] {
        Array(canvas.pixels[(y * canvas.width + x) * 3..<(y * canvas.width + x) * 3 + 3])
    }

    @Test func boxesHaveEdges() {
        let canvas = Canvas(width: 100, height: 80)
        var drawing = Drawing()
        drawing.boxes = [Drawing.Box(x: 20, y: 30, width: 40, height: 20, caption: "", colour: 3)]
        canvas.draw(drawing)
        let colour = Colour(number: 3)
        let bytes = [colour.red, colour.green, colour.blue]
        for (x, y) in [(20, 30), (59, 30), (20, 49), (59, 49), (40, 31), (21, 40)] {
            #expect(pixel(canvas, x, y) == bytes, "\(x), \(y)")
        }
        for (x, y) in [(40, 40), (19, 30), (60, 40), (40, 29), (40, 50)] {
            #expect(pixel(canvas, x, y) == [0, 0, 0], "\(x), \(y)")
        }
    }

    @Test func anyNumbersAreDrawn() {
        let canvas = Canvas(width: 33, height: 17)
        var drawing = Drawing()
        let odd: [Float] = [.nan, .infinity, -.infinity, 3e38, -3e38, 0, -5, 16, 1000]
        for x in odd {
            for width in odd {
                drawing.boxes.append(
                    Drawing.Box(x: x, y: width, width: width, height: x, caption: "a\u{0}\u{1F600}é\n", colour: .min))
                drawing.points.append(Drawing.Point(x: x, y: width, colour: .max))
            }
        }
        drawing.lines = [(text: String(repeating: "long ", count: 1000), colour: -1)]
        drawing.footer = "ünïcode 漢字"
        drawing.tint = Drawing.Tint(
            width: 2, height: 1, classes: [0, 7], x: -3, y: 5, areaWidth: 100, areaHeight: 100, background: 0)
        canvas.draw(drawing)
        #expect(canvas.pixels.count == 33 * 17 * 3)
        let tiny = Canvas(width: 1, height: 1)
        tiny.draw(drawing)
    }

    @Test func mapsTintTheirPart() {
        let canvas = Canvas(width: 40, height: 20)
        var drawing = Drawing()
        drawing.tint = Drawing.Tint(
            width: 2, height: 1, classes: [0, 1], x: 10, y: 5, areaWidth: 20, areaHeight: 10, background: 0)
        canvas.draw(drawing)
        let colour = Colour(number: 1)
        #expect(pixel(canvas, 25, 10) == [colour.red / 2, colour.green / 2, colour.blue / 2])
        for (x, y) in [(15, 10), (9, 10), (30, 10), (25, 4), (25, 15)] { #expect(pixel(canvas, x, y) == [0, 0, 0]) }
    }

    @Test func textIsLegible() {
        #expect(Font.glyphs(of: "Aé漢~").count == 4 && Font.glyphs(of: "Aé")[1] == Font.glyphs(of: "e")[0])
        // Each letter differs from every other.
        let shapes = (0..<95).map { glyph in
            (0..<Font.height).flatMap { row in (0..<Font.width).map { Font.isSet(glyph, $0, row) } }
        }
        #expect(Set(shapes).count == 95)
        #expect(Colour.white.legible == .black && Colour.black.legible == .white)
        #expect(Set((0..<80).map { "\(Colour(number: $0))" }).count == 80)
    }

    /// Turned and cropped pictures come upright, as the networks see them.
    @Test func picturesAreUpright() throws {
        final class Owner: Sendable {}
        var bytes = [UInt8](repeating: 0, count: 6 * 4 * 3)
        for index in 0..<24 { bytes[index * 3] = UInt8(index * 10) }
        let turned = try #require(ImageOrientation(exif: 6))
        try bytes.withUnsafeBytes { bytes in
            let image = try Image(
                .rgb, width: 6, height: 4, planes: [ImagePlane(bytes.baseAddress!, stride: 18)], colours: .full,
                orientation: turned, owner: Owner())
            let canvas = try Canvas(image)
            #expect(canvas.width == 4 && canvas.height == 6)
            // The stored lower left is the upright top left.
            #expect(pixel(canvas, 0, 0)[0] == 180 && pixel(canvas, 3, 0)[0] == 0 && pixel(canvas, 0, 5)[0] == 230)
            let part = try Canvas(image.cropped(to: ImageArea(x: 1, y: 2, width: 2, height: 3)))
            #expect(part.width == 2 && part.height == 3 && pixel(part, 0, 0)[0] == 140)
        }
    }
}

@Suite(.needsFFmpeg) struct DrawnOutputTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Draws all frames of a file.
    private func draw(_ source: String, to output: String, soundOf: String? = nil) throws -> any DrawnOutput {
        let frames = try VideoFileSource(path: source)
        let writer = try DrawnOutputs.open(output, soundOf: soundOf)
        var number = 0
        while let frame = try frames.next() {
            var drawing = Drawing()
            drawing.footer = "frame \(number)"
            try writer.write(
                DrawnPicture(frame.image, drawing), number: number, nanoseconds: frame.presentationNanoseconds)
            number += 1
        }
        try writer.finish()
        return writer
    }

    private func count(_ path: String) throws -> (frames: Int, width: Int, last: Int?) {
        let source = try VideoFileSource(path: path)
        var (frames, width, last): (Int, Int, Int?) = (0, 0, nil)
        while let frame = try source.next() {
            (frames, width, last) = (frames + 1, frame.image.width, frame.presentationNanoseconds)
        }
        return (frames, width, last)
    }

    @Test func videosKeepTimesAndSound() throws {
        let clip = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=size=200x100:rate=25:duration=1,format=yuv444p,crop=161:91:0:0", "-f", "lavfi", "-i", "sine=duration=1",
            "-pix_fmt", "yuv444p", "-c:a", "aac", "clip.mp4")
        for name in ["out.mp4", "out.mkv"] {
            let output = folder.file(name)
            let writer = try draw(clip, to: output, soundOf: clip)
            #expect(writer.summary.contains("25 frames in") && writer.summary.contains("its sound (aac) copied"))
            let read = try count(output)
            // Encoders want even sides.
            #expect(read.frames == 25 && read.width == 162 && abs((read.last ?? 0) - 960_000_000) < 1_000_000)
        }
    }

    @Test func picturesGoIntoFolders() throws {
        let clip = try folder.make("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25", "-frames:v", "3", "clip.mp4")
        let pictures = folder.file("pictures")
        _ = try draw(clip, to: pictures)
        let names = try FileManager.default.contentsOfDirectory(atPath: pictures).sorted()
        #expect(names == ["000000.png", "000001.png", "000002.png"])
        #expect(throws: DrawingError.self) { try draw(clip, to: folder.file("one.png")) }
        let one = try count(folder.file("one.png"))
        #expect(one.frames == 1 && one.width == 64)
        _ = try draw(folder.file("one.png"), to: folder.file("one.jpg"))
        let jpeg = try count(folder.file("one.jpg"))
        #expect(jpeg.frames == 1 && jpeg.width == 64)
    }

    /// Sizes that change in the middle are fitted into the first.
    @Test func otherSizesAreFitted() throws {
        let output = folder.file("out.mp4")
        let writer = try DrawnOutputs.open(output, soundOf: nil)
        for (number, size) in [(64, 48), (200, 20), (10, 300), (64, 48), (1, 1)].enumerated() {
            let image = Image(
                width: size.0, height: size.1, pixels: [UInt8](repeating: 200, count: size.0 * size.1 * 3))
            try writer.write(DrawnPicture(image, Drawing()), number: number, nanoseconds: nil)
        }
        try writer.finish()
        let read = try count(output)
        #expect(read.frames == 5 && read.width == 64)
    }

    @Test func whatCantBeIsNamed() throws {
        for name in ["out.txt", "out.xyz", "no/such/out.mp4"] {
            do {
                _ = try DrawnOutputs.open(folder.file(name), soundOf: nil)
                Issue.record("\(name) was opened")
            } catch {
                #expect("\(error)".contains("--draw '"), "\(error)")
            }
        }
    }
}
