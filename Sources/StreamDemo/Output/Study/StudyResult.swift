// What `study` and `simulate` say: isolated and combined throughput of each network, as in the study's Tables I to III.

import CoExec
import Devices

/// The contract's JSON of `study`, and its table.
struct StudyResult: Encodable {
    /// Throughputs in frames/s, medians over the rounds; dictionaries by device name.
    struct Row: Encodable {
        let network: String
        /// nil for a simulation.
        let weights: Weights?
        /// nil for a simulation.
        let layout: [String: DeviceLayout]?
        /// The numbers that each device computed with; nil for a simulation.
        let precision: [String: String]?
        let isolated: [String: Double]
        let combined: Double
        let bestSingle: Double
        /// nil for one device, which has nobody to gain from, as is `efficiency`.
        let gainPercent: OrNull<Double>
        let efficiency: OrNull<Double>
        /// Combined ÷ what host threads and the memory bus leave of the isolated throughputs' sum; simulations know it.
        let efficiencyAfterHost: Double?
        /// Share of the memory bus that the combined runs used, in percent; simulations of boards with one know it.
        let busLoadPercent: Double?
        /// Share of the frames in the combined runs, in percent.
        let composition: [String: Double]
        /// Latency of the combined runs, medians over the rounds.
        let latencyMs: [String: Double]
        /// What devices took of the host in the combined runs, medians over the rounds; nil where there is none.
        let hostUse: [String: HostUse]?
        let energy: EnergyFigures
        /// Half-widths of 95 % confidence intervals of the means over the rounds; left out where there was one round.
        let ci95: [String: Double]
        let paper: Paper?
        /// What the medians are of, in the order in which it was measured.
        let rounds: [Round]
        /// What there is to know before the figures are trusted.
        let notes: [String]
        /// In the document's own lists.
        var interference: Interference?
        var subsets: Subsets?

        private enum CodingKeys: CodingKey {
            case network, weights, layout, precision, isolated, combined, bestSingle, gainPercent, efficiency
            case efficiencyAfterHost, busLoadPercent, composition, latencyMs, hostUse, energy, ci95, paper, rounds, notes
        }

        /// A measured row.
        /// - Parameters:
        ///   - layouts, formats: of the rounds' devices, in their order.
        ///   - notes: of the meters.
        /// - Precondition: at least one round.
        init(
            network: String, weights: Weights, layouts: [DeviceLayout], formats: [NumberFormat], rounds: [StudyRound],
            notes: [String]
        ) {
            self.init(
                network: network, weights: weights,
                layout: Dictionary(uniqueKeysWithValues: zip(rounds[0].deviceNames, layouts)),
                precision: Dictionary(
                    uniqueKeysWithValues: zip(rounds[0].deviceNames, formats.map(\.rawValue))),
                rounds: rounds, energy: EnergyFigures(rounds: rounds, notes: notes),
                throughputAfterHost: nil, paper: nil)
        }

        /// The row of a simulation.
        /// - Parameter devices: the configuration's, as they were simulated.
        /// - Precondition: at least one round.
        init(
            network: String, rounds: [StudyRound], configuration: BoardConfiguration, devices: [SimulatedDevice]
        ) {
            let isolated = configuration.devices.indices.map { device in
                Samples(rounds.map { $0.isolated[device] }).median
            }
            self.init(
                network: network, weights: nil, layout: nil, precision: nil, rounds: rounds,
                energy: EnergyFigures(rounds: rounds, notes: []),
                throughputAfterHost: configuration.framesPerSecondTogether(devices, isolated: isolated),
                paper: configuration.published(network: network).map { published in
                    Paper(published, simulated: Samples(rounds.map(\.combined.framesPerSecond)).median)
                })
        }

        private init(
            network: String, weights: Weights?, layout: [String: DeviceLayout]?, precision: [String: String]?,
            rounds: [StudyRound], energy: EnergyFigures, throughputAfterHost: Double?, paper: Paper?
        ) {
            (self.network, self.weights, self.layout, self.precision) = (network, weights, layout, precision)
            (self.energy, self.paper) = (energy, paper)
            let names = rounds[0].deviceNames
            func samples(_ value: (StudyRound) -> Double) -> Samples { Samples(rounds.map(value)) }
            func byDevice(_ value: (StudyRound, Int) -> Double) -> [String: Samples] {
                Dictionary(
                    uniqueKeysWithValues: names.enumerated().map { index, name in
                        (name, samples { value($0, index) })
                    })
            }
            let gains = rounds.map { round in
                CoExecutionGain(
                    isolatedFramesPerSecond: round.isolated,
                    combinedFramesPerSecond: round.combined.framesPerSecond)
            }
            let isolated = byDevice { $0.isolated[$1] }
            let combined = samples(\.combined.framesPerSecond)
            self.isolated = isolated.mapValues(\.median)
            self.combined = combined.median
            let overall = CoExecutionGain(
                isolatedFramesPerSecond: names.map { isolated[$0]!.median }, combinedFramesPerSecond: combined.median)
            bestSingle = overall.bestSingleFramesPerSecond
            let isShared = names.count > 1
            gainPercent = OrNull(isShared ? overall.gainPercent : nil)
            efficiency = OrNull(isShared ? overall.efficiency : nil)
            efficiencyAfterHost = isShared ? throughputAfterHost.map { combined.median / $0 } : nil
            let busLoads = rounds.compactMap(\.combined.busLoad)
            busLoadPercent = busLoads.isEmpty ? nil : 100 * Samples(busLoads).median
            composition = byDevice { $0.combined.composition[$1] }.mapValues(\.median)
            latencyMs = [
                "p50": samples { $0.combined.latency.p50.milliseconds }.median,
                "p90": samples { $0.combined.latency.p90.milliseconds }.median,
                "p99": samples { $0.combined.latency.p99.milliseconds }.median,
            ]
            let hostUse = Dictionary(
                uniqueKeysWithValues: names.enumerated().compactMap { index, name in
                    HostUse(medianOf: rounds.compactMap { $0.combined.hostUses[index] }).map { (name, $0) }
                })
            self.hostUse = hostUse.isEmpty ? nil : hostUse
            var intervals = isolated.compactMapValues(\.confidence95)
            intervals["combined"] = combined.confidence95
            if isShared {
                intervals["gain_percent"] = Samples(gains.map(\.gainPercent)).confidence95
                intervals["efficiency"] = Samples(gains.map(\.efficiency)).confidence95
            }
            ci95 = intervals
            self.rounds = rounds.map { round in
                Round(
                    isolated: Dictionary(uniqueKeysWithValues: zip(names, round.isolated)),
                    combined: round.combined.framesPerSecond)
            }
            notes = Self.notes(rounds: rounds, gainInterval: intervals["gain_percent"])
        }
    }

    /// One round's throughputs, in frames/s.
    struct Round: Encodable {
        let isolated: [String: Double]
        let combined: Double
    }

    /// What others published for the same devices and network.
    struct Paper: Encodable {
        /// Which table.
        let table: String
        let combined: Double
        /// How far the simulated throughput is off, in percent of the published one.
        let errorPercent: Double
        let gainPercent: Double
        let composition: [String: Double]?

        init(_ published: (title: String, row: PublishedTable.Row), simulated: Double) {
            errorPercent = (simulated / published.row.framesPerSecond - 1) * 100
            table = published.title
            combined = published.row.framesPerSecond
            gainPercent = published.row.gainPercent
            composition = published.row.composition
        }
    }

    /// Name → what the device is, and whether it is emulated.
    let devices: [String: String]
    var rows: [Row]
    /// nil for a simulation.
    var conditions: Conditions?
    var roofline: RooflineResult?
    /// What devices leave each other of the memory.
    var bandwidth: BandwidthSharing?
    let names: [String]
    /// nil for a simulation.
    private let selection: DeviceSelection?

    private enum CodingKeys: CodingKey {
        case devices, rows, sharedCores, interference, subsets, bandwidth, roofline, conditions, limits
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(devices, forKey: .devices)
        try container.encode(rows, forKey: .rows)
        try container.encodeIfPresent(selection.map { DeviceOverlap($0).sharedCores }, forKey: .sharedCores)
        try container.encodeIfPresent(conditions, forKey: .conditions)
        try container.encodeIfPresent(conditions?.limits, forKey: .limits)
        let interference = rows.compactMap(\.interference)
        if !interference.isEmpty { try container.encode(interference.flatMap(\.rows), forKey: .interference) }
        let subsets = rows.compactMap(\.subsets)
        if !subsets.isEmpty { try container.encode(subsets, forKey: .subsets) }
        try container.encodeIfPresent(bandwidth, forKey: .bandwidth)
        try container.encodeIfPresent(roofline, forKey: .roofline)
    }

    init(selection: DeviceSelection, rows: [Row]) {
        self.init(
            devices: selection.devices.map { ($0.name, selection.machine.describe($0)) }, rows: rows,
            selection: selection)
    }

    /// - Parameter devices: name and description, in the order of the table's columns.
    init(devices: [(name: String, description: String)], rows: [Row], selection: DeviceSelection? = nil) {
        self.devices = Dictionary(uniqueKeysWithValues: devices.map { ($0.name, $0.description) })
        names = devices.map(\.name)
        (self.rows, self.selection) = (rows, selection)
    }

    var text: String {
        let legend = names.map { name in
            let parts = [devices[name]!] + precisions(of: name) + layouts(of: name) + hostUses(of: name)
            return "\(name): \(parts.joined(separator: ", "))"
        }.joined(separator: "\n")
        let overlap = selection.map { DeviceOverlap($0).text } ?? ""
        var further = rows.flatMap { [$0.subsets?.text, $0.interference?.text] }
        further += [bandwidth?.text, roofline?.text]
        let sections = further.compactMap(\.self).map { "\n\n" + $0 }.joined()
        return """
            \(table)
            throughput in frames/s, medians over the rounds (±: 95 % confidence of their mean); gain over the best \
            device alone\(rowNotes)
            \(legend)\(overlap)\(sections)

            \(EnergyFigures.text(energyRows, names: names))\(conditions.map { "\n" + $0.text } ?? "")
            """
    }

    /// What the rows say of themselves, each with a line feed before it.
    var rowNotes: String {
        let doubts = rows.flatMap { row in row.notes.map { "\(row.network): \($0)" } }
        let random = rows.filter { $0.weights == .random }.map(\.network)
        return (doubts + [Weights.note(ofRandom: random)].compactMap(\.self)).map { "\n" + $0 }.joined()
    }

    /// "2 lanes of 1 thread".
    private func layouts(of name: String) -> [String] { byNetwork { $0.layout?[name]?.text } }

    /// "int8".
    private func precisions(of name: String) -> [String] { byNetwork { $0.precision?[name] } }

    /// What there is to say of each row; where rows differ in it, with the networks that each is of.
    private func byNetwork(_ text: (Row) -> String?) -> [String] {
        let networks = Dictionary(grouping: rows.filter { text($0) != nil }) { text($0)! }
            .mapValues { $0.map(\.network) }
        if networks.count == 1 { return Array(networks.keys) }
        return networks.map { "\($0) (\($1.joined(separator: ", ")))" }.sorted()
    }

    /// "host threads 8.0 % of a core, workers 91.0 %" of a device, network by network.
    private func hostUses(of name: String) -> [String] {
        rows.compactMap { row in
            row.hostUse?[name].map { $0.text + (rows.count > 1 ? " (\(row.network))" : "") }
        }
    }
}
