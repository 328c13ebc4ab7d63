// What `study --interference` says: the share of its throughput that each device keeps beside others.

/// Figures of one network, medians over the rounds.
struct Interference {
    /// An element of the contract's "interference".
    struct Row: Encodable, Equatable {
        let network: String
        let device: String
        /// The devices beside it.
        let with: [String]
        /// Its own frames/s beside them.
        let fps: Double
        /// `fps` ÷ its frames/s alone in the same round.
        let relative: Double
    }

    let network: String
    let deviceNames: [String]
    let rows: [Row]

    /// - Precondition: at least one round, all of the same devices and groups.
    init(network: String, rounds: [InterferenceRound]) {
        (self.network, deviceNames) = (network, rounds[0].deviceNames)
        let names = rounds[0].deviceNames
        rows = rounds[0].groups.indices.flatMap { group in
            let members = rounds[0].groups[group].members
            return members.indices.map { position in
                let device = members[position]
                let figures = rounds.map { $0.groups[group].framesPerSecond[position] }
                return Row(
                    network: network, device: names[device], with: members.filter { $0 != device }.map { names[$0] },
                    fps: Samples(figures).median,
                    relative: Samples(zip(figures, rounds).map { $0 / max($1.alone[device], .leastNormalMagnitude) })
                        .median)
            }
        }
    }

    /// A matrix: a line for each device, a column for each that it ran beside, and one for all.
    var text: String {
        let hasAll = deviceNames.count > 2
        var table = Table([network] + deviceNames.map { "beside \($0)" } + (hasAll ? ["beside all"] : []))
        for device in deviceNames {
            func cell(_ others: [String]) -> String {
                rows.first { $0.device == device && $0.with == others }?.relative.formatted(digits: 2) ?? ""
            }
            let all = deviceNames.filter { $0 != device }
            table.append([device] + deviceNames.map { cell([$0]) } + (hasAll ? [cell(all)] : []))
        }
        return "\(table.text)\nthroughput of the device on the left, relative to its own alone; medians over the rounds"
    }
}
