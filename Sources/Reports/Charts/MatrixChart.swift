// A matrix of shares, darker where less is left. Values.

extension Chart {
    /// - Parameters:
    ///   - rows, columns: names.
    ///   - cell: a share of 1; nil where there is none.
    init(
        matrix rows: [String], columns: [String], label: String, cell: (_ row: Int, _ column: Int) -> Double?,
        tip: (_ row: Int, _ column: Int) -> String
    ) {
        let left = min(16 + (rows.map(Chart.width).max() ?? 0), 190)
        let width = (Chart.width - left) / Double(max(columns.count, 1))
        let height = 30.0
        self.init(label, height: 26 + Double(rows.count) * (height + 3))
        for (index, column) in columns.enumerated() {
            text(column, x: left + (Double(index) + 0.5) * width, y: 15, .middle, class: "tick")
        }
        for (row, name) in rows.enumerated() {
            let y = 24 + Double(row) * (height + 3)
            text(name, x: left - 6, y: y + 20, .end)
            for column in columns.indices {
                guard let share = cell(row, column) else { continue }
                let x = left + Double(column) * width
                // Ten steps: 0 is all that it had, 9 a tenth or less.
                let step = min(Int(((1 - min(max(share, 0), 1)) * 10).rounded()), 9)
                bar(x: x + 1, y: y, width: width - 3, height: height, class: "heat\(step)", tip: tip(row, column))
                text(
                    share.formatted(digits: 2), x: x + width / 2, y: y + 20, .middle,
                    class: step > 4 ? "on-dark" : "on-light", tip: tip(row, column))
            }
        }
    }
}
