// What `study --subsets` says: every combination of the devices, the best of them, and whether all together keep the
// promise that a slow device never hurts.

/// Figures of one network, medians over the rounds.
struct Subsets: Encodable {
    struct Row: Encodable, Equatable {
        let devices: [String]
        let fps: Double
        let ci95: Double?
        let isBest: Bool
    }

    /// All together beside the best of the other combinations.
    struct Promise: Encodable, Equatable {
        enum Verdict: String, Encodable { case faster, equal, slower }

        /// That combination.
        let beside: [String]
        /// All together ÷ it, in the same round.
        let ratio: Double
        let ci95: Double?
        /// "equal" where the interval holds 1.
        let verdict: Verdict
    }

    let network: String
    let rows: [Row]
    /// nil for one device.
    let promise: Promise?

    /// - Precondition: at least one round, all of the same devices and groups, the last of which is all of them.
    init(network: String, rounds: [InterferenceRound]) {
        self.network = network
        let names = rounds[0].deviceNames
        var combinations = names.indices.map { device in
            (devices: [names[device]], rates: rounds.map { $0.alone[device] })
        }
        for group in rounds[0].groups.indices {
            let members = rounds[0].groups[group].members
            combinations.append(
                (members.map { names[$0] }, rounds.map { $0.groups[group].framesPerSecond.reduce(0, +) }))
        }
        let medians = combinations.map { Samples($0.rates).median }
        let best = medians.indices.max { medians[$0] < medians[$1] }!
        rows = combinations.indices.map { index in
            Row(
                devices: combinations[index].devices, fps: medians[index],
                ci95: Samples(combinations[index].rates).confidence95, isBest: index == best)
        }
        guard names.count > 1 else {
            promise = nil
            return
        }
        let all = combinations.count - 1
        let other = (0..<all).max { medians[$0] < medians[$1] }!
        let ratios = zip(combinations[all].rates, combinations[other].rates).map { $0 / max($1, .leastNormalMagnitude) }
        promise = Promise(beside: combinations[other].devices, ratios: Samples(ratios))
    }

    var text: String {
        var table = Table(["\(network) on", "frames/s", "of all", ""])
        let all = rows.last!.fps
        for row in rows {
            table.append([
                row.devices.joined(separator: " + "),
                row.fps.formatted(digits: 1) + (row.ci95.map { " ±\($0.formatted(digits: 1))" } ?? ""),
                (row.fps / max(all, .leastNormalMagnitude)).formatted(digits: 2), row.isBest ? "best" : "",
            ])
        }
        return ([table.text] + (promise.map { [$0.text] } ?? [])).joined(separator: "\n")
    }
}

extension Subsets.Promise {
    init(beside devices: [String], ratios: Samples) {
        let (ratio, interval) = (ratios.median, ratios.confidence95)
        let tolerance = interval ?? 0
        (beside, self.ratio, ci95) = (devices, ratio, interval)
        verdict = ratio - tolerance > 1 ? .faster : ratio + tolerance < 1 ? .slower : .equal
    }

    var text: String {
        let figures = "\(ratio.formatted(digits: 2))" + (ci95.map { " ±\($0.formatted(digits: 2))" } ?? "")
        let best = beside.joined(separator: " + ")
        return switch verdict {
        case .faster: "kept: all together are faster than the best other combination, \(best): \(figures) times"
        case .equal:
            "kept, as far as these rounds tell: all together and the best other combination, \(best), are alike: "
                + "\(figures) times"
        case .slower: "broken: all together are slower than \(best): \(figures) times. Leave the others out"
        }
    }
}
