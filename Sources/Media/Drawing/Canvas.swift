// A picture's pixels as R, G, B, and what is drawn on them. Belongs to one thread at a time.

import CFFmpeg

/// Bytes R, G, B of an upright picture.
final class Canvas {
    let width: Int
    let height: Int
    /// In pixels: swscale writes whole vectors.
    let rowLength: Int
    private(set) var pixels: [UInt8]

    /// Of a letter's dots, in pixels: so that text can be read on large pictures too.
    let dot: Int

    init(width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        rowLength = (width + Scaler.pixelsPerVector - 1) / Scaler.pixelsPerVector * Scaler.pixelsPerVector
        pixels = [UInt8](repeating: 0, count: rowLength * height * 3 + Scaler.pixelsPerVector * 3)
        dot = max(min(width, height * 2) / 500, 1)
    }

    /// As swscale is told of it.
    var layout: Scaler.Pixels {
        Scaler.Pixels(width: width, height: height, format: AV_PIX_FMT_RGB24, isFullRange: true)
    }

    func withPixels<Result>(_ body: (UnsafeMutableBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        try pixels.withUnsafeMutableBufferPointer { try body($0) }
    }

    func draw(_ drawing: Drawing) {
        if let tint = drawing.tint { draw(tint) }
        for mask in drawing.masks { draw(mask) }
        for box in drawing.boxes { draw(box) }
        for outline in drawing.outlines { draw(outline) }
        for point in drawing.points { draw(point) }
        var y = dot
        for line in drawing.lines {
            write(line.text, x: dot, y: y, Colour(number: line.colour))
            y += lineHeight
        }
        if !drawing.footer.isEmpty { write(drawing.footer, x: dot, y: height - lineHeight - dot, .black) }
    }

    // MARK: Shapes

    private func draw(_ box: Drawing.Box) {
        guard let left = pixel(box.x, width), let top = pixel(box.y, height),
            let right = pixel(box.x + box.width, width),
            let bottom = pixel(box.y + box.height, height)
        else { return }
        let (colour, line) = (Colour(number: box.colour), dot + 1)
        fill(left, top, right, min(top + line, bottom), colour)
        fill(left, max(bottom - line, top), right, bottom, colour)
        fill(left, top, min(left + line, right), bottom, colour)
        fill(max(right - line, left), top, right, bottom, colour)
        caption(box.caption, left, top, colour)
    }

    /// Above a place where there is room, else below.
    func caption(_ text: String, _ left: Int, _ top: Int, _ colour: Colour) {
        guard !text.isEmpty else { return }
        let y = top >= lineHeight ? top - lineHeight : top
        write(text, x: max(min(left, width - textWidth(text)), 0), y: y, colour)
    }

    private func draw(_ point: Drawing.Point) {
        guard let x = pixel(point.x, width), let y = pixel(point.y, height) else { return }
        let radius = dot + 1
        fill(x - radius, y - radius, x + radius, y + radius, Colour(number: point.colour))
    }

    /// The nearest pixel inside; nil for what is no number.
    func pixel(_ position: Float, _ limit: Int) -> Int? {
        position.isNaN ? nil : Int(min(max(position, 0), Float(limit)))
    }

    func fill(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, _ colour: Colour) {
        let (left, right) = (max(left, 0), min(right, width))
        guard left < right else { return }
        let rows = max(top, 0)..<max(min(bottom, height), max(top, 0))
        withPixels { pixels in
            for y in rows {
                var index = (y * rowLength + left) * 3
                for _ in left..<right {
                    (pixels[index], pixels[index + 1], pixels[index + 2]) = (colour.red, colour.green, colour.blue)
                    index += 3
                }
            }
        }
    }

    /// Half of the picture's colour, half of another.
    @inline(__always)
    static func mix(_ colour: Colour, into pixels: UnsafeMutableBufferPointer<UInt8>, at index: Int) {
        pixels[index] = UInt8((Int(pixels[index]) + Int(colour.red)) / 2)
        pixels[index + 1] = UInt8((Int(pixels[index + 1]) + Int(colour.green)) / 2)
        pixels[index + 2] = UInt8((Int(pixels[index + 2]) + Int(colour.blue)) / 2)
    }

    private func draw(_ tint: Drawing.Tint) {
        let colours = (0..<256).map { Colour(number: $0) }
        let (left, right) = (max(tint.x, 0), min(tint.x + tint.areaWidth, width))
        guard left < right else { return }
        let columns = (left..<right).map { ($0 - tint.x) * tint.width / tint.areaWidth }
        let rows = max(tint.y, 0)..<max(min(tint.y + tint.areaHeight, height), max(tint.y, 0))
        withPixels { pixels in
            for y in rows {
                let row = (y - tint.y) * tint.height / tint.areaHeight * tint.width
                var index = (y * rowLength + left) * 3
                for column in columns {
                    let label = tint.classes[row + column]
                    if label != tint.background { Self.mix(colours[Int(label)], into: pixels, at: index) }
                    index += 3
                }
            }
        }
    }

    // MARK: Text

    private var lineHeight: Int { (Font.height + 2) * dot }
    private func textWidth(_ text: String) -> Int { (Font.glyphs(of: text).count * (Font.width + 1) + 1) * dot }

    /// On a ground of its own.
    private func write(_ text: String, x: Int, y: Int, _ ground: Colour) {
        let glyphs = Font.glyphs(of: text)
        fill(x, y, x + textWidth(text), y + lineHeight, ground)
        for (index, glyph) in glyphs.enumerated() {
            let start = x + (index * (Font.width + 1) + 1) * dot
            for row in 0..<Font.height {
                for column in 0..<Font.width where Font.isSet(glyph, column, row) {
                    let (left, top) = (start + column * dot, y + (row + 1) * dot)
                    fill(left, top, left + dot, top + dot, ground.legible)
                }
            }
        }
    }
}
