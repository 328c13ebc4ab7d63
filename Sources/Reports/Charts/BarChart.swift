// Groups of horizontal bars, each group under its name. Values.

/// A bar of a group.
struct Bar {
    let name: String
    let value: Double
    /// Half of a confidence interval; nil where it isn't known.
    var interval: Double?
    /// A colour's number.
    let colour: Int
    /// What others published for the same.
    var published: Double?
    let tip: String
}

extension Chart {
    /// Bars on one scale, which starts at 0.
    /// - Parameters:
    ///   - label: what the chart shows.
    ///   - axis: what the scale measures, with its unit.
    ///   - note: of a group, beside its name.
    init(bars groups: [(name: String, note: String, bars: [Bar])], label: String, axis: String) {
        let (barHeight, gap) = (14.0, 10.0)
        let names = groups.flatMap(\.bars).map(\.name)
        let left = min(30 + (names.map(Chart.width).max() ?? 0), 190)
        let rows: Double = groups.reduce(0.0) { (sum: Double, group) -> Double in
            sum + 22 + Double(group.bars.count) * (barHeight + 3) + gap
        }
        self.init(label, height: rows + 42)
        let ends: [Double] = groups.flatMap(\.bars).flatMap { (bar: Bar) -> [Double] in
            let half = bar.interval ?? 0
            return [bar.value - half, bar.value + half, bar.published ?? 0]
        }
        // Intervals of two rounds would leave no room for the bars.
        let values = groups.flatMap(\.bars).map(\.value)
        let greatest: Double = max(values.max() ?? 1, 0) * 1.6
        let least: Double = min(min(values.min() ?? 0, 0) * 1.6, -greatest * 0.3)
        let shown: [Double] = ends.map { (end: Double) -> Double in min(max(end, least), greatest) }
        let scale = Scale(linear: shown, places: (left, Chart.width - 46))
        for tick in scale.ticks {
            let x = scale.place(tick)
            line((x, 0), (x, rows), class: tick == 0 ? "axis" : "grid")
            text(scale.text(tick), x: x, y: rows + 15, .middle, class: "tick")
        }
        text(axis, x: (left + Chart.width - 46) / 2, y: rows + 33, .middle, class: "axis-name")
        var y = 0.0
        for (name, note, bars) in groups {
            text(name, x: 0, y: y + 14, class: "group")
            text(note, x: Chart.width, y: y + 14, .end, class: "note")
            y += 22
            for bar in bars {
                draw(bar, y: y, height: barHeight, left: left, scale)
                y += barHeight + 3
            }
            y += gap
        }
    }

    private mutating func draw(_ bar: Bar, y: Double, height: Double, left: Double, _ scale: Scale) {
        let (zero, end) = (scale.place(0), scale.place(bar.value))
        text(bar.name, x: left - 6, y: y + height - 3, .end)
        self.bar(
            x: min(zero, end), y: y, width: abs(end - zero), height: height, class: Self.colour(bar.colour),
            tip: bar.tip)
        var right = max(zero, end)
        if let interval = bar.interval {
            let (low, high) = (scale.place(bar.value - interval), scale.place(bar.value + interval))
            line((low, y + height / 2), (high, y + height / 2), class: "interval", tip: bar.tip)
            for x in [low, high] { line((x, y + 3), (x, y + height - 3), class: "interval") }
            right = max(right, high)
        }
        if let published = bar.published {
            let x = scale.place(published)
            // Against the bar's colour as well as the page's.
            line((x, y - 1), (x, y + height + 1), class: "halo")
            line((x, y - 1), (x, y + height + 1), class: "published", tip: "published: \(published.threeDigits)")
            right = max(right, x)
        }
        text(bar.value.threeDigits, x: right + 5, y: y + height - 3, class: "value")
    }

    /// Shares of a whole, one line each.
    /// - Parameter lines: shares in percent, by a colour's number.
    init(shares lines: [(name: String, shares: [(name: String, percent: Double, colour: Int)])], label: String) {
        let height = 18.0
        let left = min(12 + (lines.map { Chart.width(of: $0.name) }.max() ?? 0), 190)
        var names: [(text: String, index: Int)] = []
        for share in lines.flatMap(\.shares) where !names.contains(where: { $0.index == share.colour }) {
            names.append((share.name, share.colour))
        }
        names.sort { $0.index < $1.index }
        let legendHeight = 20 * Double((names.count + 3) / 4)
        self.init(label, height: Double(lines.count) * (height + 7) + legendHeight + 8)
        let top = legend(names, y: 14)
        for (index, line) in lines.enumerated() {
            let y = top + 4 + Double(index) * (height + 7)
            text(line.name, x: left - 6, y: y + height - 5, .end)
            var x = left
            for share in line.shares {
                let width = (Chart.width - left) * share.percent / 100
                let tip = "\(line.name): \(share.name) \(share.percent.formatted(digits: 1)) %"
                bar(x: x, y: y, width: width, height: height, class: Self.colour(share.colour), tip: tip)
                if width > 34 {
                    text(
                        "\(share.percent.formatted(digits: 0)) %", x: x + width / 2, y: y + height - 5, .middle,
                        class: "on-bar")
                }
                x += width
            }
        }
    }
}
