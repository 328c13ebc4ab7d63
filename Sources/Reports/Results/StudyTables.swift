// A study's figures as tables. Values.

import System

extension StudyFigures {
    /// Throughput, energy and interference, as far as they are known.
    package var tables: [ReportTable] {
        [throughputTable, energyTable, interferenceTable].compactMap(\.self).filter { !$0.rows.isEmpty }.map(\.compact)
    }

    private var throughputTable: ReportTable {
        let names = deviceNames
        var table = ReportTable(
            "Throughput",
            ["network"] + names.flatMap { ["\($0) alone, frames/s", "± \($0)"] }
                + ["together, frames/s", "± together", "published, frames/s", "gain, %", "± gain", "published gain, %"]
                + ["efficiency"] + names.map { "share of \($0), %" } + ["p50, ms", "p99, ms"])
        for row in rows {
            func cell(_ value: Double?, _ digits: Int = 1) -> String { value?.formatted(digits: digits) ?? "" }
            let alone = names.flatMap { [cell(row.isolated[$0], 2), cell(row.ci95[$0], 2)] }
            let together = [
                cell(row.combined, 2), cell(row.ci95["combined"], 2), cell(row.paper?.combined), cell(row.gainPercent),
                cell(row.ci95["gain_percent"]), cell(row.paper?.gainPercent), cell(row.efficiency, 3),
            ]
            let latency = [row.latencyMs["p50"]?.threeDigits ?? "", row.latencyMs["p99"]?.threeDigits ?? ""]
            table.append([row.network] + alone + together + names.map { cell(row.composition[$0]) } + latency)
        }
        return table
    }

    private var energyTable: ReportTable? {
        let known = rows.filter { $0.energy?.watts?.isEmpty == false }
        guard !known.isEmpty else { return nil }
        var table = ReportTable(
            "Power and energy",
            ["network", "device", "power, W", "frames/J", "J/frame", "frames/J without idle power", "±, %", "from"])
        for row in known {
            guard let energy = row.energy else { continue }
            for name in deviceNames(of: row) + ["combined"] where energy.watts?[name] != nil {
                table.append([
                    row.network, name == "combined" ? "all together" : name,
                    energy.watts?[name]?.threeDigits ?? "", energy.framesPerJoule?[name]?.threeDigits ?? "",
                    energy.joulesPerFrame?[name]?.threeDigits ?? "",
                    energy.activeFramesPerJoule?[name]?.threeDigits ?? "",
                    energy.errorPercent?[name]?.formatted(digits: 1) ?? "", energy.meter ?? "",
                ])
            }
        }
        return table
    }

    private var interferenceTable: ReportTable? {
        guard let interference else { return nil }
        var table = ReportTable(
            "Interference", ["network", "device", "beside", "its frames/s", "of its frames/s alone"])
        for row in interference {
            table.append([
                row.network, row.device, row.with.joined(separator: ", "), row.fps.threeDigits,
                row.relative.formatted(digits: 3),
            ])
        }
        return table
    }
}
