// What a report shows of the hardware: combinations of devices, and rooflines. Values.

import System

extension StudyFigures {
    var subsetsSection: Section? {
        guard let subsets, !subsets.isEmpty else { return nil }
        let groups = subsets.map { network in
            (
                name: network.network, note: network.rows.first(where: \.isBest).map { "best: \(Self.name($0))" } ?? "",
                bars: network.rows.map { row in
                    Bar(
                        name: Self.name(row), value: row.fps, interval: row.ci95,
                        colour: row.devices.count == 1 ? colour(row.devices[0]) : Self.together,
                        tip: "\(network.network) on \(Self.name(row)): \(row.fps.threeDigits) frames/s")
                }
            )
        }
        let promises = subsets.compactMap { network in
            network.promise.map { element("li", [:], escaped("\(network.network): \(Self.sentence($0))")) }
        }
        return Section(
            title: "Combinations", caption: "Every combination of the devices.",
            content: Chart(bars: groups, label: "throughput of every combination", axis: "frames/s").svg
                + element("ul", [:], promises.joined()))
    }

    private static func name(_ row: SubsetFigures.Row) -> String { row.devices.joined(separator: " + ") }

    private static func sentence(_ promise: SubsetFigures.Promise) -> String {
        let others = promise.beside.joined(separator: " + ")
        let figure = "\(promise.ratio.formatted(digits: 2))\(promise.ci95.map { " ± \($0.formatted(digits: 2))" } ?? "")"
        return switch promise.verdict {
        case "faster": "all together are faster than the best of the others, \(others): \(figure) times."
        case "slower": "all together are slower than \(others): \(figure) times. Leave the others out."
        default: "all together and the best of the others, \(others), are alike: \(figure) times."
        }
    }

    /// All networks on all devices, then the layers of all networks for each device.
    var rooflineSections: [Section?] {
        guard let roofline, !roofline.points.isEmpty else { return [] }
        let devices = roofline.devices
        let whole = roofline.points.filter { $0.layer == nil }
        let networks = whole.map(\.network).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let overview = Section(
            title: "Roofline: networks",
            caption: "How fast a device computes, over how often it uses each byte of memory. A line is a device's roof: on "
                + "its slope memory is the limit, on its flat part arithmetic. What stays in caches may be above the slope.",
            content: Self.chart(
                whole, roofs: devices.map { $0.keeping(formats: Set(whole.map(\.format))) }, colour: { colour($0.device) }, label: \.network,
                legend: devices.map { ($0.device, colour($0.device)) }, title: "networks beneath the roofs of all devices"))
        let layers = devices.map { device -> Section? in
            let own = roofline.points.filter { $0.device == device.device && $0.layer != nil }
            guard !own.isEmpty else { return nil }
            let worst = own.sorted { $0.ms * (1 - $0.share) > $1.ms * (1 - $1.share) }.prefix(5)
            let advice = worst.map { point in
                element(
                    "li", [:],
                    escaped(
                        "\(point.network), \(point.layer ?? ""): \(point.ms.threeDigits) ms, "
                            + "\((100 * point.share).formatted(digits: 0)) % of its roof (\(point.bound)); \(point.lift)"))
            }
            return Section(
                title: "Roofline: layers on \(device.device)",
                caption: "Those that lose the most time beneath their roofs, and what would lift them, are listed below.",
                content: Self.chart(
                    own, roofs: [device], colour: { networks.firstIndex(of: $0.network) ?? 0 }, label: { _ in nil },
                    legend: networks.enumerated().map { ($1, $0) }, title: "layers beneath the roof of \(device.device)")
                    + element("ol", [:], advice.joined()))
        }
        return [overview] + layers
    }

    /// - Parameter colour: of a point's mark.
    private static func chart(
        _ points: [RooflineFigures.Point], roofs: [RooflineFigures.Device],
        colour: (RooflineFigures.Point) -> Int, label: (RooflineFigures.Point) -> String?,
        legend: [(text: String, index: Int)], title: String
    ) -> String {
        let marks = points.map { point in
            let intensity = point.empiricalFlopPerByte ?? point.flopPerByte
            let source = point.empiricalFlopPerByte == nil ? "by shapes: caches keep all" : point.empiricalBy
            return ChartPoint(
                name: point.device, x: intensity, y: point.gflops, colour: colour(point),
                tip: "\(point.network)\(point.layer.map { ", \($0)" } ?? "") on \(point.device), \(point.format): "
                    + "\(point.gflops.threeDigits) GFLOP/s at \(intensity.threeDigits) FLOP/byte (\(source)), "
                    + "\((100 * point.share).formatted(digits: 0)) % of its roof",
                label: label(point))
        }
        let intensities = marks.map(\.x)
        let lines = roofs.flatMap { device -> [ChartLine] in
            guard let memory = device.bandwidths.first(where: { $0.source == "memory" }) ?? device.bandwidths.last else {
                return []
            }
            return device.peaks.map { peak in
                let ridge = peak.gflops / max(memory.greatest, .leastNormalMagnitude)
                let low = min(intensities.min() ?? ridge, ridge) / 2
                let high = max(intensities.max() ?? ridge, ridge) * 2
                let tip = "\(device.device): \(peak.gflops.threeDigits) GFLOP/s in \(peak.format), "
                    + "\(memory.greatest.threeDigits) GB/s from memory"
                return ChartLine(
                    points: [(low, low * memory.greatest), (ridge, peak.gflops), (high, peak.gflops)], style: "roof",
                    tip: tip, label: "\(roofs.count > 1 ? "\(device.device), " : "")\(peak.format)")
            }
        }
        return Chart(
            points: marks, lines: lines, kind: .logarithmic, x: "FLOP/byte of memory", y: "GFLOP/s", legend: legend,
            label: title
        ).svg
    }
}

extension RooflineFigures.Device {
    /// With the roofs of numbers that something computes with.
    fileprivate func keeping(formats: Set<String>) -> Self {
        Self(device: device, peaks: peaks.filter { formats.contains($0.format) }, bandwidths: bandwidths)
    }
}
