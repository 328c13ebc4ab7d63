// Energy figures for people: a table, what the columns are, and what stands in the way.

extension EnergyFigures {
    /// - Parameters:
    ///   - rows: the figures, and what tells them apart; nil where there are those of one thing only.
    ///   - names: of the devices, in the order of the rows.
    static func text(_ rows: [(label: String?, figures: EnergyFigures)], names: [String]) -> String {
        ([table(rows, names: names)].compactMap(\.self) + notes(rows.map(\.figures), names: names))
            .joined(separator: "\n")
    }

    /// The table alone; nil where nothing is known of power.
    static func table(_ rows: [(label: String?, figures: EnergyFigures)], names: [String]) -> String? {
        let header = ["network", "energy", "W", "idle W", "frames/J", "± %", "J/frame", "frames/J without idle"]
        var lines: [[String]] = []
        for (label, figures) in rows {
            for name in names + [together] {
                guard let watts = figures.watts?[name] else { continue }
                lines.append([label ?? "", name, significant(watts)] + figures.cells(of: name))
            }
        }
        guard !lines.isEmpty else { return nil }
        let columns = header.indices.filter { column in lines.contains { !$0[column].isEmpty } }
        var table = Table(columns.map { header[$0] })
        for line in lines { table.append(columns.map { line[$0] }) }
        return table.text
    }

    /// The cells after that of the watts.
    private func cells(of name: String) -> [String] {
        [idleWatts?[name]?.value, framesPerJoule?[name]].map { Self.significant($0) }
            + [errorPercent?[name]?.formatted(digits: 1) ?? ""]
            + [joulesPerFrame, activeFramesPerJoule].map { Self.significant($0?[name]) }
    }

    private static func notes(_ figures: [EnergyFigures], names: [String]) -> [String] {
        var notes: [String] = []
        if let known = figures.first(where: { $0.meter != nil }), let meter = known.meter {
            if known.errorPercent == nil {
                notes.append("energy is modelled: idle power, and what activity adds in proportion to it")
            } else {
                notes.append(
                    "measured by \(meter); ±: 95 %, of what sampling and the streams' scatter leave open, without the "
                        + "sensors' own errors")
            }
            let measured = (names + [together]).filter { known.rails?[$0] != nil }
            for name in measured where name == measured.first(where: { known.rails![$0] == known.rails![name] }) {
                let rails = known.rails![name]!
                let alike = measured.filter { known.rails![$0] == rails }
                let counts = rails.map { rail in
                    "\(rail) (\(figures.reduce(0) { $0 + ($1.samples?[rail] ?? 0) }) samples)"
                }
                notes.append("\(alike.joined(separator: ", ")): \(counts.joined(separator: " + "))")
            }
        }
        let others = figures.flatMap { $0.notes ?? [] }.reduce(into: [String]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        return notes + others.map { "energy: \($0)" }
    }

    /// Three digits that mean something, of figures between microwatts and kilowatts.
    private static func significant(_ value: Double?) -> String {
        guard let value else { return "" }
        let size = abs(value)
        return value.formatted(digits: size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : size >= 0.01 ? 4 : 6)
    }
}
