// A study's figures as tables. Values.

import System

extension StudyFigures {
    /// Throughput, energy and interference, as far as they are known.
    package var tables: [ReportTable] {
        [throughputTable, energyTable, interferenceTable].compactMap(\.self).filter { !$0.rows.isEmpty }.map(\.compact)
    }

    private var throughputTable: ReportTable {
        let names = deviceNames
        var header: [String] = ["network"]
        for name in names { header += ["\(name) alone, frames/s", "± \(name)"] }
        header += ["together, frames/s", "± together", "published, frames/s"]
        header += ["gain, %", "± gain", "published gain, %", "efficiency"]
        header += names.map { "share of \($0), %" }
        header += ["p50, ms", "p99, ms"]
        var table = ReportTable("Throughput", header)
        for row in rows {
            func cell(_ value: Double?, _ digits: Int = 1) -> String { value?.formatted(digits: digits) ?? "" }
            var cells: [String] = [row.network]
            for name in names { cells += [cell(row.isolated[name], 2), cell(row.ci95[name], 2)] }
            cells += [cell(row.combined, 2), cell(row.ci95["combined"], 2), cell(row.paper?.combined)]
            cells += [cell(row.gainPercent), cell(row.ci95["gain_percent"]), cell(row.paper?.gainPercent)]
            cells.append(cell(row.efficiency, 3))
            cells += names.map { cell(row.composition[$0]) }
            cells += ["p50", "p99"].map { row.latencyMs[$0]?.threeDigits ?? "" }
            table.append(cells)
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
                let values: [Double?] = [
                    energy.watts?[name], energy.framesPerJoule?[name], energy.joulesPerFrame?[name],
                    energy.activeFramesPerJoule?[name],
                ]
                var cells: [String] = [row.network, name == "combined" ? "all together" : name]
                cells += values.map { $0?.threeDigits ?? "" }
                cells += [energy.errorPercent?[name]?.formatted(digits: 1) ?? "", energy.meter ?? ""]
                table.append(cells)
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
