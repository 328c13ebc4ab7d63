// What is drawn is where it should be, whatever the numbers are; what is written can be read again.

import Foundation
import Kernels
import MediaFixtures
import Testing

@testable import Media

@Suite struct CanvasTests {
    private func pixel(_ canvas: Canvas, _ x: Int, _ y: Int) -> [UInt8] {
        Array(canvas.pixels[(y * canvas.rowLength + x) * 3..<(y * canvas.rowLength + x) * 3 + 3])
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
                drawing.outlines.append(
                    Drawing.Outline(corners: [(x, width), (width, x), (5, 5)], caption: "x", colour: 1))
                for height in odd {
                    drawing.masks.append(
                        Drawing.Mask(
                            x: x, y: width, width: width, height: height, columns: 2,
                            isInside: [true, false, true, true], colour: 1))
                }
            }
        }
        drawing.lines = [(text: String(repeating: "long ", count: 1000), colour: -1)]
        drawing.footer = "ünïcode 漢字"
        drawing.tint = Drawing.Tint(
            width: 2, height: 1, classes: [0, 7], x: -3, y: 5, areaWidth: 100, areaHeight: 100, background: 0)
        canvas.draw(drawing)
        let tiny = Canvas(width: 1, height: 1)
        tiny.draw(drawing)
    }

    @Test func outlinesGoFromCornerToCorner() {
        let canvas = Canvas(width: 60, height: 40)
        var drawing = Drawing()
        drawing.outlines = [
            Drawing.Outline(corners: [(10, 20), (30, 5), (50, 20), (30, 35)], caption: "", colour: 2)
        ]
        canvas.draw(drawing)
        let colour = Colour(number: 2)
        let bytes = [colour.red, colour.green, colour.blue]
        for (x, y) in [(10, 20), (30, 5), (50, 20), (30, 35), (20, 12), (40, 27)] {
            #expect(pixel(canvas, x, y) == bytes, "\(x), \(y)")
        }
        for (x, y) in [(30, 20), (10, 5), (50, 35), (5, 20)] { #expect(pixel(canvas, x, y) == [0, 0, 0], "\(x), \(y)") }
    }

    @Test func masksTintWhatIsInside() {
        let canvas = Canvas(width: 40, height: 20)
        var drawing = Drawing()
        drawing.masks = [
            Drawing.Mask(
                x: 10, y: 4, width: 20, height: 8, columns: 2, isInside: [false, true, true, false], colour: 5)
        ]
        canvas.draw(drawing)
        let colour = Colour(number: 5)
        let half = [colour.red / 2, colour.green / 2, colour.blue / 2]
        for (x, y) in [(20, 4), (29, 7), (10, 8), (19, 11)] { #expect(pixel(canvas, x, y) == half, "\(x), \(y)") }
        for (x, y) in [(19, 7), (20, 8), (30, 4), (9, 8), (10, 12)] {
            #expect(pixel(canvas, x, y) == [0, 0, 0], "\(x), \(y)")
        }
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
            let drawer = Drawer()
            let canvas = try drawer.draw(Drawing(), on: image).canvas
            #expect(canvas.width == 4 && canvas.height == 6)
            // The stored lower left is the upright top left.
            #expect(pixel(canvas, 0, 0)[0] == 180 && pixel(canvas, 3, 0)[0] == 0 && pixel(canvas, 0, 5)[0] == 230)
            let area = ImageArea(x: 1, y: 2, width: 2, height: 3)
            let part = try drawer.draw(Drawing(), on: image.cropped(to: area)).canvas
            #expect(part.width == 2 && part.height == 3 && pixel(part, 0, 0)[0] == 140)
        }
    }
}
