// The figures of a study or a simulation, as they stand in its JSON; docs/json.md says what each is. Values.

/// What `study` or `simulate` found. Throughputs are in frames/s; dictionaries are by device name.
package struct StudyFigures: Decodable, Sendable {
    package struct Row: Decodable, Sendable {
        package let network: String
        package let isolated: [String: Double]
        package let combined: Double
        package let bestSingle: Double
        package let gainPercent: Double?
        package let efficiency: Double?
        package let composition: [String: Double]
        package let latencyMs: [String: Double]
        package let precision: [String: String]?
        package let energy: Energy?
        /// Half-widths of 95 % confidence intervals: of each device, of "combined", "gain_percent", "efficiency".
        package let ci95: [String: Double]
        package let paper: Paper?
        package let notes: [String]
        package let rounds: [Round]?

        private enum CodingKeys: String, CodingKey {
            case network, isolated, combined, efficiency, composition, precision, energy, ci95, paper, notes, rounds
            case bestSingle = "best_single"
            case gainPercent = "gain_percent"
            case latencyMs = "latency_ms"
        }
    }

    /// One round's throughputs.
    package struct Round: Decodable, Sendable {
        package let isolated: [String: Double]
        package let combined: Double
    }

    /// By device name, and `combined` for all together.
    package struct Energy: Decodable, Sendable {
        package let meter: String?
        package let watts: [String: Double]?
        package let framesPerJoule: [String: Double]?
        package let joulesPerFrame: [String: Double]?
        package let activeFramesPerJoule: [String: Double]?
        package let errorPercent: [String: Double]?
        package let notes: [String]?

        private enum CodingKeys: String, CodingKey {
            case meter, watts, notes
            case framesPerJoule = "frames_per_joule"
            case joulesPerFrame = "joules_per_frame"
            case activeFramesPerJoule = "active_frames_per_joule"
            case errorPercent = "error_percent"
        }
    }

    /// What others published for the same devices and network.
    package struct Paper: Decodable, Sendable {
        package let table: String
        package let combined: Double
        package let gainPercent: Double
        package let composition: [String: Double]?

        private enum CodingKeys: String, CodingKey {
            case table, combined, composition
            case gainPercent = "gain_percent"
        }
    }

    /// What a device keeps of its throughput beside others.
    package struct Interference: Decodable, Sendable {
        package let network: String
        package let device: String
        package let with: [String]
        package let fps: Double
        package let relative: Double
    }

    /// What made the figures.
    package struct Origin: Decodable, Sendable {
        package let version: String
        package let command: [String]
        /// ISO 8601, UTC.
        package let date: String
        package let machine: String
        package let system: String
    }

    /// nil for what was measured.
    package let board: String?
    /// Of a simulation.
    package let policy: String?
    /// Name → what the device is.
    package let devices: [String: String]
    package let rows: [Row]
    package let interference: [Interference]?
    package let roofline: RooflineFigures?
    package let subsets: [SubsetFigures]?
    package let origin: Origin?
    /// Cut short by the user.
    package let interrupted: Bool?

    /// What a row is called: a board's tables have a network once for each set of devices.
    package func title(of row: Row) -> String {
        let isAlone = rows.count { $0.network == row.network } == 1
        return isAlone ? row.network : "\(row.network), \(row.isolated.count) devices"
    }

    /// The devices of a row in the order in which reports show them: the fastest first.
    package func deviceNames(of row: Row) -> [String] {
        row.isolated.keys.sorted { (row.isolated[$0]!, $1) > (row.isolated[$1]!, $0) }
    }

    /// All devices, those first that are the fastest on most networks.
    package var deviceNames: [String] {
        var places: [String: [Int]] = [:]
        for row in rows {
            for (place, name) in deviceNames(of: row).enumerated() { places[name, default: []].append(place) }
        }
        let means: [String: Double] = places.mapValues { Double($0.reduce(0, +)) / Double($0.count) }
        return means.keys.sorted { (means[$0]!, $0) < (means[$1]!, $1) }
    }
}
