// What devices leave each other of the memory: the triad of each alone and of several at once. The contract's JSON of
// "bandwidth", and its table.

import Devices

/// Medians over the rounds.
struct BandwidthSharing: Encodable {
    struct Row: Encodable, Equatable {
        let device: String
        /// The devices beside it; none alone.
        let with: [String]
        let triadGbs: Double
        let ci95: Double?
        /// `triadGbs` ÷ that alone in the same round.
        let relative: Double
    }

    struct Total: Encodable, Equatable {
        let devices: [String]
        let triadGbs: Double
        let ci95: Double?
    }

    let rows: [Row]
    let totals: [Total]

    private enum CodingKeys: CodingKey { case rows, totals }

    private let names: [String]

    /// - Precondition: at least one round.
    init(_ ceilings: [DeviceCeilings], _ shared: [SharedBandwidth]) {
        names = ceilings.map(\.device)
        let alone = ceilings.map { $0.triad[$0.triad.count - 1] }
        var rows = ceilings.indices.map { device in
            Row(device: ceilings[device].device, with: [], Samples(alone[device]), relative: 1)
        }
        for group in shared {
            for (place, device) in group.members.enumerated() {
                let rates = group.rounds.map { $0[place] }
                rows.append(
                    Row(
                        device: ceilings[device].device,
                        with: group.members.filter { $0 != device }.map { ceilings[$0].device }, Samples(rates),
                        relative: Samples(zip(rates, alone[device]).map { $0 / $1 }).median))
            }
        }
        self.rows = rows
        totals = shared.map { group in
            let sums = Samples(group.rounds.map { $0.reduce(0, +) })
            return Total(
                devices: group.members.map { ceilings[$0].device }, triadGbs: sums.median / 1e9,
                ci95: sums.confidence95.map { $0 / 1e9 })
        }
    }

    /// nil for one device, which shares with nobody.
    var text: String? {
        guard names.count > 1, let all = totals.last else { return nil }
        // Two devices' pair is all; pairs of more are measured where interference is.
        let hasPairs = names.count > 2 && totals.count > 1
        var table = Table(["memory"] + ["alone GB/s"] + (hasPairs ? names.map { "beside \($0)" } : []) + ["beside all"])
        for name in names {
            func kept(_ others: [String]) -> String {
                rows.first { $0.device == name && $0.with == others && !others.isEmpty }?.relative
                    .formatted(digits: 2) ?? ""
            }
            let alone = rows.first { $0.device == name && $0.with.isEmpty }!
            let pairs = hasPairs ? names.map { kept([$0]) } : []
            table.append(
                [name, alone.triadGbs.threeDigits + (alone.ci95.map { " ±\($0.threeDigits)" } ?? "")] + pairs
                    + [kept(names.filter { $0 != name })])
        }
        let sum = rows.filter(\.with.isEmpty).reduce(0) { $0 + $1.triadGbs }
        return """
            \(table.text)
            triad of STREAM through memory: alone, and the share that each keeps beside others; all at once get \
            \(all.triadGbs.threeDigits)\(all.ci95.map { " ±\($0.threeDigits)" } ?? "") GB/s, \
            \((all.triadGbs / sum * 100).formatted(digits: 0)) % of the sum
            """
    }
}

extension BandwidthSharing.Row {
    fileprivate init(device: String, with others: [String], _ rates: Samples, relative: Double) {
        self.init(
            device: device, with: others, triadGbs: rates.median / 1e9, ci95: rates.confidence95.map { $0 / 1e9 },
            relative: relative)
    }
}
