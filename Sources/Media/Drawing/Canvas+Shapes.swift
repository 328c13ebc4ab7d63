// What isn't made of rectangles alone: outlines and masks. On the canvas's thread.

extension Canvas {
    /// A line from corner to corner, and back to the first; none where one is no number.
    func draw(_ outline: Drawing.Outline) {
        var places: [(x: Int, y: Int)] = []
        for corner in outline.corners {
            guard let x = reach(corner.x, width), let y = reach(corner.y, height) else { return }
            places.append((x, y))
        }
        guard let first = places.first else { return }
        let colour = Colour(number: outline.colour)
        for (start, end) in zip(places, places.dropFirst() + [first]) { line(start, end, colour) }
        caption(outline.caption, min(max(first.x, 0), width), min(max(first.y, 0), height), colour)
    }

    /// Half of the picture's colour, half of the mask's; the line of its box stays visible on it.
    func draw(_ mask: Drawing.Mask) {
        let rows = mask.isInside.count / mask.columns
        guard let left = pixel(mask.x, width), let right = pixel(mask.x + mask.width, width), left < right,
            let top = pixel(mask.y, height), let bottom = pixel(mask.y + mask.height, height), top < bottom,
            mask.width.isFinite, mask.height.isFinite
        else { return }
        let colour = Colour(number: mask.colour)
        func cell(_ pixel: Int, _ start: Float, _ length: Float, _ count: Int) -> Int {
            Int(min(max((Float(pixel) + 0.5 - start) * Float(count) / length, 0), Float(count - 1)))
        }
        let columns = (left..<right).map { cell($0, mask.x, mask.width, mask.columns) }
        withPixels { pixels in
            for y in top..<bottom {
                let row = cell(y, mask.y, mask.height, rows) * mask.columns
                var index = (y * rowLength + left) * 3
                for column in columns {
                    if mask.isInside[row + column] { Self.mix(colour, into: pixels, at: index) }
                    index += 3
                }
            }
        }
    }

    /// The nearest pixel, which may lie as far outside as the picture is large; nil for what is no number.
    private func reach(_ position: Float, _ size: Int) -> Int? {
        position.isNaN ? nil : Int(min(max(position, Float(-size)), Float(2 * size)))
    }

    /// Dots, one for each step along the longer side.
    private func line(_ start: (x: Int, y: Int), _ end: (x: Int, y: Int), _ colour: Colour) {
        let (x, y) = (end.x - start.x, end.y - start.y)
        let (steps, side) = (max(abs(x), abs(y), 1), dot + 1)
        for step in 0...steps {
            let (left, top) = (start.x + x * step / steps, start.y + y * step / steps)
            fill(left - side / 2, top - side / 2, left - side / 2 + side, top - side / 2 + side, colour)
        }
    }
}
