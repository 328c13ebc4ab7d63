// Which pixels of a box are the thing that was found. A value.

/// A part of the source picture, divided evenly into cells that are the thing, or aren't.
package struct InstanceMask: Equatable, Sendable {
    /// What the cells cover.
    package let area: PixelArea
    /// How many cells there are in a row, and rows.
    package let width: Int
    package let height: Int
    /// Row by row from the top left.
    package let isInside: [Bool]

    /// - Precondition: `isInside.count == width × height`.
    package init(area: PixelArea, width: Int, height: Int, isInside: [Bool]) {
        precondition(isInside.count == width * height)
        (self.area, self.width, self.height, self.isInside) = (area, width, height, isInside)
    }

    /// How many cells in a row, row by row, are outside, then inside, then outside, and so on; the first may be 0.
    package var runs: [Int] {
        var runs: [Int] = []
        var (length, inside) = (0, false)
        for cell in isInside {
            if cell != inside {
                runs.append(length)
                (length, inside) = (0, cell)
            }
            length += 1
        }
        return runs + [length]
    }
}
