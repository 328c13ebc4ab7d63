// Two results of the same kind beside each other: what changed for sure, and what may have. Values.

import System

/// A result against an earlier one.
package struct Comparison: Encodable, Sendable {
    package enum Verdict: String, Encodable, Sendable {
        /// The interval of the ratio lies above 1, or below.
        case faster
        case slower
        /// It holds 1: nothing that these measurements could tell.
        case same = "no change seen"
        /// One round has no interval.
        case unknown
    }

    /// One throughput in both.
    package struct Row: Encodable, Sendable {
        package let network: String
        /// A device's name, or "together".
        package let what: String
        /// Frames/s.
        package let before: Double
        package let after: Double
        /// after ÷ before.
        package let ratio: Double
        /// Half of the ratio's 95 % interval; left out where either has none.
        package let interval: Double?
        package let verdict: Verdict
        /// Of all devices of its row, which may be one.
        let isOfAll: Bool

        private enum CodingKeys: CodingKey { case network, what, before, after, ratio, interval, verdict }
    }

    package let rows: [Row]
    /// What stands in one of them only.
    package let missing: [String]

    private enum CodingKeys: CodingKey { case rows, missing }

    package init(_ before: StudyFigures, _ after: StudyFigures) {
        // A board's tables have a network several times, with different devices; a study may have the same twice.
        func keyed(_ rows: [StudyFigures.Row]) -> [(key: [String], row: StudyFigures.Row)] {
            var counts: [[String]: Int] = [:]
            return rows.map { row in
                let key: [String] = [row.network] + row.isolated.keys.sorted()
                counts[key, default: 0] += 1
                return (key + ["\(counts[key]!)"], row)
            }
        }
        func text(_ row: StudyFigures.Row) -> String {
            "\(row.network) on \(row.isolated.keys.sorted().joined(separator: ", "))"
        }
        let (first, second) = (keyed(before.rows), keyed(after.rows))
        let later = Dictionary(uniqueKeysWithValues: second.map { ($0.key, $0.row) })
        let earlier = Set(first.map(\.key))
        rows = first.flatMap { key, row -> [Row] in
            later[key].map { Self.rows(row, $0, before.deviceNames(of: row)) } ?? []
        }
        let gone: [String] = first.filter { later[$0.key] == nil }.map { "\(text($0.row)): only before" }
        missing = gone + second.filter { !earlier.contains($0.key) }.map { "\(text($0.row)): only after" }
    }

    private static func rows(_ before: StudyFigures.Row, _ after: StudyFigures.Row, _ devices: [String]) -> [Row] {
        let alone = devices.map { name in
            Row(
                network: before.network, what: name, isOfAll: devices.count == 1, before.isolated[name]!,
                before.ci95[name], after.isolated[name]!, after.ci95[name])
        }
        let together = Row(
            network: before.network, what: "together", isOfAll: true, before.combined, before.ci95["combined"],
            after.combined, after.ci95["combined"])
        return alone + (devices.count > 1 ? [together] : [])
    }

    /// Why a gate at a ratio stays shut: what is together (or, of one device, alone) slower than that for sure, or gone.
    /// - Parameter bound: after ÷ before. Without intervals the ratio itself decides.
    package func failures(below bound: Double) -> [String] {
        let slow = rows.filter { $0.isOfAll && $0.ratio < bound && $0.verdict != .same }
        let losses: [String] = slow.map { row in
            let interval = row.interval.map { " ± \($0.formatted(digits: 3))" } ?? ""
            return "\(row.network), \(row.what): \(row.ratio.formatted(digits: 3)) of before\(interval)"
        }
        return losses + missing.filter { $0.hasSuffix("only before") }
    }

    package var table: ReportTable {
        var table = ReportTable(
            "after ÷ before",
            ["network", "device", "before, frames/s", "after, frames/s", "after ÷ before", "±", "verdict"])
        for row in rows {
            table.append([
                row.network, row.what, row.before.threeDigits, row.after.threeDigits, row.ratio.formatted(digits: 3),
                row.interval?.formatted(digits: 3) ?? "", row.verdict.rawValue,
            ])
        }
        return table.rows.isEmpty ? table : table.compact
    }
}

extension Comparison.Row {
    /// - Parameters: throughputs, each with half of its interval; intervals of both add up as independent errors do.
    fileprivate init(
        network: String, what: String, isOfAll: Bool, _ before: Double, _ beforeInterval: Double?, _ after: Double,
        _ afterInterval: Double?
    ) {
        (self.network, self.what, self.isOfAll) = (network, what, isOfAll)
        (self.before, self.after) = (before, after)
        let ratio = after / before  // files have no throughput of 0
        self.ratio = ratio
        guard let beforeInterval, let afterInterval else {
            (interval, verdict) = (nil, .unknown)
            return
        }
        let (first, second) = (beforeInterval / before, afterInterval / after)
        let half = ratio * (first * first + second * second).squareRoot()
        interval = half
        verdict = ratio - half > 1 ? .faster : ratio + half < 1 ? .slower : .same
    }
}
