// How a stored picture is turned to stand upright. Plain values.

/// One of the eight ways to turn and mirror a picture: rows become columns first, if they do, then sides are swapped.
public struct ImageOrientation: Hashable, Sendable {
    /// Whether a stored row is a column of the upright picture.
    public let isTransposed: Bool
    /// Whether left and right of the result are swapped.
    public let flipsColumns: Bool
    /// Whether top and bottom of the result are swapped.
    public let flipsRows: Bool

    public static let upright = ImageOrientation(isTransposed: false, flipsColumns: false, flipsRows: false)

    public init(isTransposed: Bool, flipsColumns: Bool, flipsRows: Bool) {
        (self.isTransposed, self.flipsColumns, self.flipsRows) = (isTransposed, flipsColumns, flipsRows)
    }

    /// By the value of Exif's and TIFF's tag 274, which says where the stored picture's first row and column belong.
    /// - Returns: nil for what isn't from 1 to 8.
    public init?(exif value: Int) {
        guard (1...8).contains(value) else { return nil }
        self.init(
            isTransposed: value >= 5, flipsColumns: [2, 3, 6, 7].contains(value),
            flipsRows: [3, 4, 7, 8].contains(value))
    }

    /// The same for a picture whose rows are stored from the bottom up.
    var ofRowsFromBelow: ImageOrientation {
        ImageOrientation(
            isTransposed: isTransposed, flipsColumns: flipsColumns != isTransposed, flipsRows: flipsRows == isTransposed)
    }

    /// The part of the stored picture that a part of the upright one is.
    /// - Parameters:
    ///   - width, height: of the upright picture.
    package func stored(_ area: ImageArea, width: Int, height: Int) -> ImageArea {
        let x = flipsColumns ? width - area.x - area.width : area.x
        let y = flipsRows ? height - area.y - area.height : area.y
        return isTransposed
            ? ImageArea(x: y, y: x, width: area.height, height: area.width)
            : ImageArea(x: x, y: y, width: area.width, height: area.height)
    }

    /// Where the stored picture's first pixel is in the upright one, and where a step along its rows and its columns
    /// leads there, in pixels.
    /// - Parameters:
    ///   - width, height: of the upright picture.
    ///   - rowLength: pixels from one upright row to the next.
    package func steps(width: Int, height: Int, rowLength: Int) -> (start: Int, along: Int, down: Int) {
        let start = (flipsRows ? height - 1 : 0) * rowLength + (flipsColumns ? width - 1 : 0)
        let (column, row) = (flipsColumns ? -1 : 1, (flipsRows ? -1 : 1) * rowLength)
        return isTransposed ? (start, row, column) : (start, column, row)
    }
}
