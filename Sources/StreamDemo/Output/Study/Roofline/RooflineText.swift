// A roofline as tables for people: what devices can do, networks beneath their roofs, and the layers that lose most.

extension RooflineResult {
    /// Layers of a network and device that tables show: those that lose most time.
    private static var shownLayers: Int { 6 }

    var text: String {
        let above = points.filter(\.isAboveRoof)
        var parts = [
            "what each device can do at most, by kernels that do nothing else (the best of short windows, ± between rounds)",
            roofTable, "",
            "networks beneath their roofs, each device alone", table(points.filter { $0.layer.value == nil }), "",
        ]
        let layers = Dictionary(grouping: points.filter { $0.layer.value != nil }) { "\($0.network) on \($0.device)" }
        var shown: Set<String> = []
        for point in points {
            let title = "\(point.network) on \(point.device)"
            guard let all = layers[title], shown.insert(title).inserted else { continue }
            let worst = all.sorted { $0.lostMs > $1.lostMs }.prefix(Self.shownLayers)
            parts += [
                "\(title): \(worst.count) of \(all.count) layers, those that lose most time against their roof",
                layerTable(Array(worst)), "",
            ]
        }
        parts.append(legend)
        parts += notes
        if !above.isEmpty {
            let names = above.prefix(3).map { "\($0.network)\($0.layer.value.map { " " + $0 } ?? "") on \($0.device)" }
            parts.append(
                "\(above.count) points above their roof by more than the interval: other programs lowered that, or one "
                    + "of both is wrong: \(names.joined(separator: ", "))\(above.count > names.count ? " …" : "")")
        }
        return parts.joined(separator: "\n")
    }

    private var legend: String {
        let hasWinograd = points.contains { $0.algorithm == "winograd" }
        return """
            FLOP/byte: shapes – inputs, weights and results, once each; \(empiricalWords); ∞: caches keep all. roof: \
            the most that can be reached, by arithmetic or by bytes from where they lie; bound: by which
            """
                + (hasWinograd
                    ? "\n* faster than the direct algorithm can be, which FLOP are counted of: Winograd's takes up to 4 "
                        + "times fewer, and its roof is that much higher" : "")
    }

    private var empiricalWords: String {
        switch Set(points.map(\.empiricalBy)) {
        case ["shapes"]: "memory – as shapes, since no cache is known"
        case let sources where sources.contains("counted"):
            "memory – bytes that came from there, counted for networks, simulated for layers"
        default: "memory – bytes that come from there, simulated: layers' streams through caches of this size"
        }
    }

    private var roofTable: String {
        let formats = ["fp32", "bf16", "fp16", "int8"].filter { format in
            devices.contains { $0.peaks.contains { $0.format == format } }
        }
        var sources: [String] = []
        for source in devices.flatMap(\.bandwidths).map(\.source) where !sources.contains(source) {
            sources.append(source)
        }
        sources = sources.filter { $0 != "memory" } + ["memory"]
        var table = Table(
            ["device", "cores"] + formats.map { "\($0) GFLOPS" }
                + sources.flatMap { ["\($0) triad GB/s", "\($0) read"] })
        for device in devices {
            let peaks = formats.map { format in
                device.peaks.first { $0.format == format }.map { Self.cell($0.gflops, $0.ci95) } ?? ""
            }
            let bandwidths = sources.flatMap { source -> [String] in
                guard let row = device.bandwidths.first(where: { $0.source == source }) else { return ["", ""] }
                return [Self.cell(row.triadGbs, row.triadCi95), Self.cell(row.readGbs, row.readCi95)]
            }
            table.append([device.device, "\(device.cores)"] + peaks + bandwidths)
        }
        let instructions = devices.map { device in
            "\(device.device): " + device.peaks.map { "\($0.format) \($0.instructions)" }.joined(separator: ", ")
        }
        return ([table.text] + instructions).joined(separator: "\n")
    }

    private func table(_ rows: [RooflineRow]) -> String {
        var table = Table(
            ["network", "device", "numbers"] + Self.columns)
        for row in rows {
            table.append([row.network, row.device, row.format] + Self.cells(row))
        }
        return table.text
    }

    private func layerTable(_ rows: [RooflineRow]) -> String {
        var table = Table(
            ["layer", "op", "ms"] + Self.columns)
        for row in rows {
            table.append([row.layer.value ?? "", row.op.value ?? "", row.ms.threeDigits] + Self.cells(row))
        }
        return table.text
    }

    private static var columns: [String] {
        ["FLOP/byte", "memory", "GFLOPS", "roof", "of roof", "bound", "what would lift it"]
    }

    private static func cells(_ row: RooflineRow) -> [String] {
        [
            row.flopPerByte.formatted(digits: 1), row.empiricalFlopPerByte.value?.formatted(digits: 1) ?? "∞",
            cell(row.gflops, row.ci95), row.roofGflops.threeDigits + (row.algorithm == "winograd" ? "*" : ""),
            "\((row.share * 100).formatted(digits: 0)) %", row.bound, row.lift,
        ]
    }

    private static func cell(_ value: Double, _ interval: Double?) -> String {
        value.threeDigits + (interval.map { " ±\($0.threeDigits)" } ?? "")
    }
}
