// Where in a network's outputs the numbers of a candidate are. Values.

import NetworkGraph

/// Some numbers of each candidate: number c of candidate r is `values[start + r × row + c × column]` of an output.
struct OutputColumns: Equatable, Sendable {
    var output: Int
    var start: Int
    var row: Int
    var column: Int
    var count: Int

    /// The same without the first, or with fewer.
    func from(_ first: Int, _ count: Int) -> OutputColumns {
        precondition(first >= 0 && count >= 0 && first + count <= self.count)
        return OutputColumns(output: output, start: start + first * column, row: row, column: column, count: count)
    }

    /// The same from a candidate on.
    func skipping(_ rows: Int) -> OutputColumns {
        OutputColumns(output: output, start: start + rows * row, row: row, column: column, count: count)
    }

    @inline(__always) func at(_ candidate: Int, _ number: Int) -> Int { start + candidate * row + number * column }

    /// Whether all of so many candidates lie in an output of so many values.
    func fits(candidates: Int, in valueCount: Int) -> Bool {
        candidates > 0 && count > 0 && start >= 0 && at(candidates - 1, count - 1) < valueCount
    }
}

extension OutputFacts {
    /// A table of so many candidates, whichever of its axes they are along; nil where it isn't one.
    func table(_ output: Int, candidates: Int) -> OutputColumns? {
        switch extents.count {
        case 1 where extents[0] == candidates:
            return OutputColumns(output: output, start: 0, row: 1, column: 1, count: 1)
        case 2 where extents[0] == candidates:
            return OutputColumns(output: output, start: 0, row: extents[1], column: 1, count: extents[1])
        case 2 where extents[1] == candidates:
            return OutputColumns(output: output, start: 0, row: 1, column: candidates, count: extents[0])
        default: return nil
        }
    }

    /// A map of so many columns and rows as a table of its cells, in rows from the top left: C×H×W or H×W×C; nil where
    /// it isn't one.
    func map(_ output: Int, width: Int, height: Int) -> OutputColumns? {
        let cells = width * height
        switch extents.count {
        case 2 where extents == [height, width]:
            return OutputColumns(output: output, start: 0, row: 1, column: cells, count: 1)
        case 3 where extents[1] == height && extents[2] == width:
            return OutputColumns(output: output, start: 0, row: 1, column: cells, count: extents[0])
        case 3 where extents[0] == height && extents[1] == width:
            return OutputColumns(output: output, start: 0, row: extents[2], column: 1, count: extents[2])
        default: return nil
        }
    }
}
