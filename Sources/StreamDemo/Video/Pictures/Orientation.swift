// How a stored picture is turned to stand upright. Plain values.

/// One of the eight ways to turn and mirror a picture: rows become columns first, if they do, then sides are swapped.
struct Orientation: Equatable {
    /// Whether a stored row is a column of the upright picture.
    let isTransposed: Bool
    /// Whether left and right of the result are swapped.
    let flipsColumns: Bool
    /// Whether top and bottom of the result are swapped.
    let flipsRows: Bool

    static let upright = Orientation(isTransposed: false, flipsColumns: false, flipsRows: false)

    init(isTransposed: Bool, flipsColumns: Bool, flipsRows: Bool) {
        (self.isTransposed, self.flipsColumns, self.flipsRows) = (isTransposed, flipsColumns, flipsRows)
    }

    /// By the value of Exif's and TIFF's tag 274, which says where the stored picture's first row and column belong.
    /// - Returns: nil for what isn't from 1 to 8.
    init?(exif value: Int) {
        guard (1...8).contains(value) else { return nil }
        self.init(
            isTransposed: value >= 5, flipsColumns: [2, 3, 6, 7].contains(value),
            flipsRows: [3, 4, 7, 8].contains(value))
    }

    /// By the matrix that a container or a codec's message gives; the nearest of the eight, where it turns by no whole
    /// quarter.
    /// - Parameter matrix: nine numbers as FFmpeg lays them: x' = m₀x + m₃y, y' = m₁x + m₄y, y downwards.
    init(displayMatrix matrix: UnsafePointer<Int32>) {
        let (xFromX, yFromX) = (Int(matrix[0]), Int(matrix[1]))
        let (xFromY, yFromY) = (Int(matrix[3]), Int(matrix[4]))
        isTransposed = abs(xFromY) + abs(yFromX) > abs(xFromX) + abs(yFromY)
        flipsColumns = (isTransposed ? xFromY : xFromX) < 0
        flipsRows = (isTransposed ? yFromX : yFromY) < 0
    }

    /// Copies an RGB picture of three bytes a pixel, turned.
    /// - Parameters:
    ///   - stride: bytes from row to row of the source.
    ///   - width, height: of the source; the result is `height` wide where rows become columns, and has no gaps.
    func copy(
        _ source: UnsafePointer<UInt8>, stride: Int, width: Int, height: Int, to target: UnsafeMutablePointer<UInt8>
    ) {
        let turnedWidth = isTransposed ? height : width
        let turnedHeight = isTransposed ? width : height
        // Where a step along a stored row or column leads, in bytes of the result.
        let column = flipsColumns ? -3 : 3
        let row = (flipsRows ? -3 : 3) * turnedWidth
        let (alongRow, alongColumn) = isTransposed ? (row, column) : (column, row)
        let start = ((flipsRows ? turnedHeight - 1 : 0) * turnedWidth + (flipsColumns ? turnedWidth - 1 : 0)) * 3
        // In squares whose rows and columns both stay in the first-level cache.
        let side = 32
        for top in Swift.stride(from: 0, to: height, by: side) {
            for left in Swift.stride(from: 0, to: width, by: side) {
                for y in top..<min(top + side, height) {
                    var from = source + y * stride + left * 3
                    var to = target + start + y * alongColumn + left * alongRow
                    for _ in left..<min(left + side, width) {
                        (to[0], to[1], to[2]) = (from[0], from[1], from[2])
                        from += 3
                        to += alongRow
                    }
                }
            }
        }
    }
}
