// What a report shows of one study: in a sentence first, then as charts, then as tables. Values.

import System

/// A heading with what belongs under it, as HTML.
struct Section {
    let title: String
    /// What the charts show and how they are read.
    var caption = ""
    let content: String
}

extension StudyFigures {
    var sections: [Section] {
        let own = [summary, gain, throughput, composition, subsetsSection, latency, energy, interferenceSection]
        return (own + rooflineSections + [tablesSection]).compactMap(\.self)
    }

    func colour(_ device: String) -> Int { deviceNames.firstIndex(of: device) ?? 0 }

    /// The row of bars that stands for all devices together has a colour of its own.
    static let together = 7

    private func interval(_ row: Row, _ key: String, digits: Int) -> String {
        row.ci95[key].map { " ± \($0.formatted(digits: digits))" } ?? ""
    }

    // MARK: In words

    private var summary: Section {
        let items = rows.map { row in element("li", [:], escaped("\(title(of: row)): \(Self.sentence(row))")) }
        let doubts = rows.flatMap { row in row.notes.map { "\(title(of: row)): \($0)" } }
        let warnings = doubts.map { element("li", ["class": "warning"], escaped($0)) }
        let cut = interrupted == true ? [element("li", ["class": "warning"], "The user cut this measurement short.")] : []
        return Section(title: "In short", content: element("ul", [:], (items + cut + warnings).joined()))
    }

    static func sentence(_ row: Row) -> String {
        let best = row.isolated.max { ($0.value, $1.key) < ($1.value, $0.key) }
        var text = "\(row.combined.threeDigits) frames/s together"
        guard let gain = row.gainPercent, let best else { return text + "; one device, so there is nothing to gain." }
        text += ", \(gain >= 0 ? "+" : "")\(gain.formatted(digits: 1)) %"
        if let half = row.ci95["gain_percent"] { text += " (± \(half.formatted(digits: 1)))" }
        text += " over \(best.key) alone (\(best.value.threeDigits))"
        if let efficiency = row.efficiency {
            text += "; \((100 * efficiency).formatted(digits: 0)) % of what all would do side by side"
        }
        if let half = row.ci95["gain_percent"], abs(gain) <= half {
            text += ". The interval holds zero: this is no gain that can be relied on"
        }
        if let paper = row.paper {
            text += ". Published: \(paper.combined.threeDigits) frames/s, +\(paper.gainPercent.formatted(digits: 1)) %"
            text += " (\(paper.table))"
        }
        return text + "."
    }

    // MARK: Charts

    private var gain: Section? {
        let shown = rows.filter { $0.gainPercent != nil }
        guard !shown.isEmpty else { return nil }
        let bars = shown.map { row in
            (
                name: title(of: row), note: row.paper.map { "published in \($0.table)" } ?? "",
                bars: [
                    Bar(
                        name: "gain", value: row.gainPercent!, interval: row.ci95["gain_percent"],
                        colour: Self.together, published: row.paper?.gainPercent,
                        tip: "\(title(of: row)): \(row.gainPercent!.formatted(digits: 1))"
                            + "\(interval(row, "gain_percent", digits: 1)) %")
                ]
            )
        }
        return Section(
            title: "Gain",
            caption: "All devices together, compared with the best of them alone. "
                + "The thin line is the 95 % interval of the mean; an upright mark is what others published.",
            content: Chart(bars: bars, label: "gain of each network in percent", axis: "gain over the best device alone, %")
                .svg)
    }

    private var throughput: Section {
        let groups = rows.map { row in
            let names = deviceNames(of: row)
            let alone = names.map { name in
                Bar(
                    name: name, value: row.isolated[name]!, interval: row.ci95[name], colour: colour(name),
                    tip: "\(title(of: row)) on \(name) alone: \(row.isolated[name]!.threeDigits)"
                        + "\(interval(row, name, digits: 2)) frames/s")
            }
            let together = Bar(
                name: "together", value: row.combined, interval: row.ci95["combined"], colour: Self.together,
                published: row.paper?.combined,
                tip: "\(title(of: row)) on all together: \(row.combined.threeDigits)"
                    + "\(interval(row, "combined", digits: 2)) frames/s")
            let sum = row.isolated.values.reduce(0, +)
            return (
                name: title(of: row), note: names.count > 1 ? "sum of all alone: \(sum.threeDigits)" : "",
                bars: names.count > 1 ? alone + [together] : alone
            )
        }
        return Section(
            title: "Throughput", caption: "Each device alone, and all together.",
            content: Chart(bars: groups, label: "throughput of each device and of all", axis: "frames/s").svg)
    }

    private var composition: Section? {
        guard rows.contains(where: { $0.composition.count > 1 }) else { return nil }
        let lines = rows.flatMap { row in
            func line(_ name: String, _ shares: [String: Double]) -> (
                name: String, shares: [(name: String, percent: Double, colour: Int)]
            ) {
                (
                    name,
                    deviceNames.compactMap { device in shares[device].map { (device, $0, colour(device)) } }
                )
            }
            let published = row.paper?.composition.map { [line("… published", $0)] } ?? []
            return [line(title(of: row), row.composition)] + published
        }
        return Section(
            title: "Who ran the frames", caption: "Share of each device in the frames of the stream.",
            content: Chart(shares: lines, label: "share of each device in the frames").svg)
    }

    private var latency: Section? {
        let known = rows.filter { ($0.latencyMs["p99"] ?? 0) > 0 }
        guard !known.isEmpty else { return nil }
        let groups = known.map { row in
            (
                name: title(of: row), note: "",
                bars: ["p50", "p90", "p99"].enumerated().compactMap { index, key in
                    row.latencyMs[key].map {
                        Bar(
                            name: key, value: $0, colour: 4 + index,
                            tip: "\(title(of: row)): \(key) is \($0.threeDigits) ms")
                    }
                }
            )
        }
        return Section(
            title: "Latency",
            caption: "From a frame's admission to its delivery in order, all devices together, with as many frames "
                + "in flight as throughput needs.",
            content: Chart(bars: groups, label: "latency of frames", axis: "milliseconds").svg)
    }

    private var energy: Section? {
        var points: [ChartPoint] = []
        for row in rows {
            guard let efficiencies = row.energy?.framesPerJoule else { continue }
            for name in deviceNames(of: row) + ["combined"] {
                guard let efficiency = efficiencies[name] else { continue }
                let throughput = name == "combined" ? row.combined : row.isolated[name] ?? 0
                let shown = name == "combined" ? "together" : name
                points.append(
                    ChartPoint(
                        name: shown, x: throughput, y: efficiency,
                        colour: name == "combined" ? Self.together : colour(name),
                        tip: "\(title(of: row)), \(shown): \(throughput.threeDigits) frames/s, "
                            + "\(efficiency.threeDigits) frames/J",
                        label: rows.count > 1 ? title(of: row) : nil))
            }
        }
        guard !points.isEmpty else { return nil }
        let front = Self.front(points)
        let names = deviceNames.filter { name in points.contains { $0.name == name } }
        let legend = names.map { ($0, colour($0)) } + [("together", Self.together)]
        let meters = Set(rows.compactMap(\.energy?.meter)).sorted().joined(separator: ", ")
        return Section(
            title: "Throughput and energy",
            caption: "Further right is faster, further up takes less energy. Nothing lies above and to the right of "
                + "the line. Power from: \(meters).",
            content: Chart(
                points: points,
                lines: [ChartLine(points: front, style: "front", tip: "nothing is both faster and more efficient")],
                kind: .logarithmic, x: "frames/s", y: "frames/J", legend: legend,
                label: "throughput and energy efficiency of each device"
            ).svg)
    }

    /// The points that no other one beats in both, from left to right, as steps.
    static func front(_ points: [ChartPoint]) -> [(x: Double, y: Double)] {
        var front: [(x: Double, y: Double)] = []
        var greatest = -Double.infinity
        for point in points.sorted(by: { ($0.x, $0.y) > ($1.x, $1.y) }) where point.y > greatest {
            if let last = front.last { front.append((point.x, last.y)) }
            front.append((point.x, point.y))
            greatest = point.y
        }
        return front.reversed()
    }

    private var interferenceSection: Section? {
        guard let interference, !interference.isEmpty else { return nil }
        let networks = rows.map(\.network).filter { network in interference.contains { $0.network == network } }
        let charts = networks.map { network in
            let own = interference.filter { $0.network == network }
            let names = deviceNames.filter { name in own.contains { $0.device == name } }
            let columns: [(title: String, with: Set<String>?)] =
                names.map { ("beside \($0)", [$0]) } + (names.count > 2 ? [("beside all", nil)] : [])
            func row(_ device: Int, _ column: Int) -> Interference? {
                let with = columns[column].with ?? Set(names).subtracting([names[device]])
                return own.first { $0.device == names[device] && Set($0.with) == with }
            }
            let chart = Chart(
                matrix: names, columns: columns.map(\.title), label: "what devices keep beside others, \(network)",
                cell: { row($0, $1)?.relative },
                tip: { device, column in
                    row(device, column).map {
                        "\($0.device) keeps \((100 * $0.relative).formatted(digits: 0)) % (\($0.fps.threeDigits) frames/s) "
                            + "beside \($0.with.joined(separator: " and "))"
                    } ?? ""
                })
            return element("h3", [:], escaped(network)) + chart.svg
        }
        return Section(
            title: "Interference",
            caption: "The share of its own throughput that the device on the left keeps beside the others.",
            content: charts.joined())
    }

    private var tablesSection: Section {
        Section(title: "Tables", content: tables.map(\.html).joined())
    }
}
