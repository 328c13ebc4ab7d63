// What `study` says: isolated and combined throughput of each network, as in the study's Tables I to III.

import CoExec
import Devices

/// One round of one network: each device alone, in the order of the devices, then all together.
struct StudyRound {
    let isolated: [StreamReport]
    let combined: StreamReport
}

/// The contract's JSON of `study`, and its table.
struct StudyResult: Encodable {
    /// Throughputs in frames/s, medians over the rounds; dictionaries by device name.
    struct Row: Encodable {
        let network: String
        let isolated: [String: Double]
        let combined: Double
        let bestSingle: Double
        let gainPercent: Double
        let efficiency: Double
        /// Share of the frames in the combined runs, in percent.
        let composition: [String: Double]
        /// Latency of the combined runs, medians over the rounds.
        let latencyMs: [String: Double]
        /// Empty: no power meter is read.
        let energy: [String: Double] = [:]
        /// Half-widths of 95 % confidence intervals of the means over the rounds; left out where there was one round.
        let ci95: [String: Double]

        /// - Precondition: at least one round.
        init(network: String, rounds: [StudyRound]) {
            self.network = network
            let names = rounds[0].combined.devices.map(\.name)
            func samples(_ value: (StudyRound) -> Double) -> Samples { Samples(rounds.map(value)) }
            func byDevice(_ value: (StudyRound, Int) -> Double) -> [String: Samples] {
                Dictionary(
                    uniqueKeysWithValues: names.enumerated().map { index, name in
                        (name, samples { value($0, index) })
                    })
            }
            let gains = rounds.map { round in
                CoExecutionGain(
                    isolatedFramesPerSecond: round.isolated.map(\.framesPerSecond),
                    combinedFramesPerSecond: round.combined.framesPerSecond)
            }
            let isolated = byDevice { $0.isolated[$1].framesPerSecond }
            let combined = samples(\.combined.framesPerSecond)
            self.isolated = isolated.mapValues(\.median)
            self.combined = combined.median
            let overall = CoExecutionGain(
                isolatedFramesPerSecond: names.map { isolated[$0]!.median }, combinedFramesPerSecond: combined.median)
            bestSingle = overall.bestSingleFramesPerSecond
            gainPercent = overall.gainPercent
            efficiency = overall.efficiency
            composition = byDevice { $0.combined.composition[$1] }.mapValues(\.median)
            latencyMs = [
                "p50": samples { $0.combined.latency.p50.milliseconds }.median,
                "p90": samples { $0.combined.latency.p90.milliseconds }.median,
                "p99": samples { $0.combined.latency.p99.milliseconds }.median,
            ]
            var intervals = isolated.compactMapValues(\.confidence95)
            intervals["combined"] = combined.confidence95
            intervals["gain_percent"] = Samples(gains.map(\.gainPercent)).confidence95
            intervals["efficiency"] = Samples(gains.map(\.efficiency)).confidence95
            ci95 = intervals
        }
    }

    /// Name → what the device is, and whether it is emulated.
    let devices: [String: String]
    var rows: [Row]
    private let names: [String]

    private enum CodingKeys: CodingKey { case devices, rows }

    init(selection: DeviceSelection, rows: [Row]) {
        devices = Dictionary(
            uniqueKeysWithValues: selection.devices.map { ($0.name, selection.machine.describe($0)) })
        self.rows = rows
        names = selection.devices.map(\.name)
    }

    var text: String {
        var table = Table(
            ["network"] + names.map { "\($0) alone" } + [
                "together", "gain %", "efficiency", "composition %", "p50 ms", "p99 ms",
            ])
        for row in rows {
            func value(_ value: Double, _ key: String, digits: Int) -> String {
                value.formatted(digits: digits) + (row.ci95[key].map { " ±\($0.formatted(digits: digits))" } ?? "")
            }
            table.append(
                [row.network] + names.map { value(row.isolated[$0]!, $0, digits: 1) } + [
                    value(row.combined, "combined", digits: 1), value(row.gainPercent, "gain_percent", digits: 1),
                    value(row.efficiency, "efficiency", digits: 2),
                    names.map { row.composition[$0]!.formatted(digits: 0) }.joined(separator: " : "),
                    row.latencyMs["p50"]!.formatted(digits: 1), row.latencyMs["p99"]!.formatted(digits: 1),
                ])
        }
        let legend = names.map { "\($0): \(devices[$0]!)" }.joined(separator: "\n")
        return
            "\(table.text)\nthroughput in frames/s, medians over the rounds (±: 95 % confidence of their mean); gain over the best device alone\n\(legend)"
    }
}
