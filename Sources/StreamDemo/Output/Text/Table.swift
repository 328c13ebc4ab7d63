// Plain-text tables for terminals and logs.

import Foundation

/// A table with one header row; columns of numbers are right-aligned, others left-aligned.
struct Table {
    private var rows: [[String]]
    private let columnCount: Int

    init(_ header: [String]) {
        rows = [header]
        columnCount = header.count
    }

    /// - Precondition: as many cells as the header has.
    mutating func append(_ row: [String]) {
        precondition(row.count == columnCount, "a row has \(columnCount) cells")
        rows.append(row)
    }

    /// Lines without trailing spaces, the header underlined.
    var text: String {
        let widths = (0..<columnCount).map { column in rows.map { $0[column].count }.max()! }
        let isNumeric = (0..<columnCount).map { column in
            rows.dropFirst().allSatisfy { $0[column].first.map { "-+–∞0123456789".contains($0) } ?? true }
        }
        var lines = rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return isNumeric[column] ? padding + cell : cell + padding
            }.joined(separator: "  ")
        }
        lines.insert(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "), at: 1)
        return lines.map { line in
            String(line[..<(line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex)])
        }.joined(separator: "\n")
    }
}

extension Int {
    /// Nanoseconds as milliseconds.
    var milliseconds: Double { Double(self) / 1e6 }
}
