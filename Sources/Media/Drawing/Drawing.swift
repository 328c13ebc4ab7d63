// What is drawn on a picture, in pixels of the upright picture. Values.

/// Boxes, outlines, masks, points, a map of classes and texts on one picture.
package struct Drawing: Sendable {
    package struct Box: Sendable {
        package let x: Float
        package let y: Float
        package let width: Float
        package let height: Float
        /// Stands above the box.
        package let caption: String
        /// Boxes of one class have one colour.
        package let colour: Int

        package init(x: Float, y: Float, width: Float, height: Float, caption: String, colour: Int) {
            (self.x, self.y, self.width, self.height) = (x, y, width, height)
            (self.caption, self.colour) = (caption, colour)
        }
    }

    package struct Point: Sendable {
        package let x: Float
        package let y: Float
        package let colour: Int

        package init(x: Float, y: Float, colour: Int) { (self.x, self.y, self.colour) = (x, y, colour) }
    }

    /// A closed line, as of a box that is turned.
    package struct Outline: Sendable {
        package let corners: [(x: Float, y: Float)]
        /// Stands at the first corner.
        package let caption: String
        package let colour: Int

        package init(corners: [(x: Float, y: Float)], caption: String, colour: Int) {
            (self.corners, self.caption, self.colour) = (corners, caption, colour)
        }
    }

    /// What of a part of the picture is one thing.
    package struct Mask: Sendable {
        package let x: Float
        package let y: Float
        package let width: Float
        package let height: Float
        /// How many cells there are in a row.
        package let columns: Int
        /// Row by row: whether a cell is the thing.
        package let isInside: [Bool]
        package let colour: Int

        /// - Precondition: there are whole rows of at least one column.
        package init(
            x: Float, y: Float, width: Float, height: Float, columns: Int, isInside: [Bool], colour: Int
        ) {
            precondition(columns > 0 && isInside.count.isMultiple(of: columns))
            (self.x, self.y, self.width, self.height) = (x, y, width, height)
            (self.columns, self.isInside, self.colour) = (columns, isInside, colour)
        }
    }

    /// A class for each of so many parts of a part of the picture.
    package struct Tint: Sendable {
        package let width: Int
        package let height: Int
        /// Row by row.
        package let classes: [UInt8]
        package let x: Int
        package let y: Int
        package let areaWidth: Int
        package let areaHeight: Int
        /// What isn't tinted.
        package let background: UInt8?

        /// - Precondition: `classes.count == width × height`, and no side is 0.
        package init(
            width: Int, height: Int, classes: [UInt8], x: Int, y: Int, areaWidth: Int, areaHeight: Int,
            background: UInt8?
        ) {
            precondition(width > 0 && height > 0 && areaWidth > 0 && areaHeight > 0 && classes.count == width * height)
            (self.width, self.height, self.classes, self.background) = (width, height, classes, background)
            (self.x, self.y, self.areaWidth, self.areaHeight) = (x, y, areaWidth, areaHeight)
        }
    }

    package var boxes: [Box] = []
    package var outlines: [Outline] = []
    package var masks: [Mask] = []
    package var points: [Point] = []
    package var tint: Tint?
    /// At the top left.
    package var lines: [(text: String, colour: Int)] = []
    /// At the bottom left.
    package var footer = ""

    package init() {}
}

/// A colour on the screen.
struct Colour: Equatable {
    let red: UInt8
    let green: UInt8
    let blue: UInt8

    static let black = Colour(red: 0, green: 0, blue: 0)
    static let white = Colour(red: 255, green: 255, blue: 255)

    /// Neighbouring numbers have hues far apart: each is the golden angle from the last.
    init(number: Int) {
        let hue = (Double(number & 0xFFFF) * 0.618_033_988_75 + 0.36).truncatingRemainder(dividingBy: 1) * 6
        func level(_ offset: Double) -> UInt8 {
            let distance = abs((hue + offset).truncatingRemainder(dividingBy: 6) - 3) - 1
            return UInt8(40 + 215 * min(max(distance, 0), 1))
        }
        (red, green, blue) = (level(0), level(4), level(2))
    }

    init(red: UInt8, green: UInt8, blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }

    /// Black or white, whichever can be read on it.
    var legible: Colour {
        299 * Int(red) + 587 * Int(green) + 114 * Int(blue) > 140_000 ? .black : .white
    }
}
