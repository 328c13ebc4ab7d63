// A table of results, and the forms in which people take it along. Values.

/// A table under a title; units are in the header.
package struct ReportTable: Sendable {
    package let title: String
    package let header: [String]
    /// As many cells as the header has; empty where nothing is known.
    package private(set) var rows: [[String]] = []

    init(_ title: String, _ header: [String]) { (self.title, self.header) = (title, header) }

    mutating func append(_ row: [String]) {
        precondition(row.count == header.count, "a row has \(header.count) cells")
        rows.append(row)
    }

    /// Without the columns that no row has anything for.
    var compact: ReportTable {
        let kept = header.indices.filter { column in rows.contains { !$0[column].isEmpty } }
        var table = ReportTable(title, kept.map { header[$0] })
        for row in rows { table.append(kept.map { row[$0] }) }
        return table
    }

    /// RFC 4180, with line feeds: cells in quotation marks where they need them.
    package var csv: String {
        ([header] + rows).map { row in
            row.map { cell in
                let needsQuotes = cell.contains { ",\"\n\r".contains($0) }
                return needsQuotes ? "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : cell
            }.joined(separator: ",")
        }.joined(separator: "\n") + "\n"
    }

    /// As GitHub and most others show it.
    package var markdown: String {
        func line(_ cells: [String]) -> String {
            let safe = cells.map { cell in
                cell.map { $0 == "|" ? "\\|" : $0.isNewline ? " " : String($0) }.joined()
            }
            return "| " + safe.joined(separator: " | ") + " |"
        }
        let alignment = header.indices.map { isNumeric($0) ? "---:" : "---" }
        return ([line(header), line(alignment)] + rows.map(line)).joined(separator: "\n") + "\n"
    }

    var html: String {
        func cells(_ row: [String], _ name: String) -> String {
            row.enumerated().map { column, cell in
                element(name, ["class": isNumeric(column) ? "number" : "text"], escaped(cell))
            }.joined()
        }
        let body = rows.map { element("tr", [:], cells($0, "td")) }.joined(separator: "\n")
        return element(
            "div", ["class": "scroll"],
            element(
                "table", [:],
                element("caption", [:], escaped(title))
                    + element("thead", [:], element("tr", [:], cells(header, "th")))
                    + element("tbody", [:], body)))
    }

    private func isNumeric(_ column: Int) -> Bool {
        rows.allSatisfy { $0[column].first.map { "-+–0123456789".contains($0) } ?? true }
    }
}
