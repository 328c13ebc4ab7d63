// A study's rows as a table for people: columns that no row has anything for are left out.

extension StudyResult {
    private struct Column {
        let title: String
        let cell: (Row) -> String?
    }

    /// The table alone, without its legend.
    var table: String {
        let columns = self.columns.filter { column in rows.isEmpty || rows.contains { column.cell($0) != nil } }
        var table = Table(columns.map(\.title))
        for row in rows { table.append(columns.map { $0.cell(row) ?? "" }) }
        return table.text
    }

    /// The energy of each row, beneath the table; nil where no power is known.
    var energyTable: String? { EnergyFigures.table(energyRows, names: names) }

    var energyRows: [(label: String?, figures: EnergyFigures)] { rows.map { ($0.network, $0.energy) } }

    private var columns: [Column] {
        [Column(title: "network") { $0.network }]
            + names.map { name in
                Column(title: "\(name) alone") { Self.cell($0.isolated[name], $0.ci95[name], digits: 1) }
            } + [
                Column(title: "together") { Self.cell($0.combined, $0.ci95["combined"], digits: 1) },
                Column(title: "paper") { Self.cell($0.paper?.combined, digits: 1) },
                Column(title: "off %") { Self.cell($0.paper?.errorPercent, digits: 1) },
                Column(title: "gain %") { Self.cell($0.gainPercent.value, $0.ci95["gain_percent"], digits: 1) },
                Column(title: "paper") { Self.cell($0.paper?.gainPercent, digits: 1) },
                Column(title: "efficiency") { Self.cell($0.efficiency.value, $0.ci95["efficiency"], digits: 2) },
                Column(title: "after host") { Self.cell($0.efficiencyAfterHost, digits: 3) },
                Column(title: "bus %") { Self.cell($0.busLoadPercent, digits: 0) },
                Column(title: "composition %") { composition($0.composition) },
                Column(title: "paper") { composition($0.paper?.composition) },
                Column(title: "p50 ms") { $0.latencyMs["p50"]?.threeDigits },
                Column(title: "p99 ms") { $0.latencyMs["p99"]?.threeDigits },
            ]
    }

    private func composition(_ shares: [String: Double]?) -> String? {
        guard let shares else { return nil }
        return names.map { (shares[$0] ?? 0).formatted(digits: 0) }.joined(separator: " : ")
    }

    private static func cell(_ value: Double?, _ interval: Double? = nil, digits: Int) -> String? {
        value.map { $0.formatted(digits: digits) + (interval.map { " ±\($0.formatted(digits: digits))" } ?? "") }
    }
}
