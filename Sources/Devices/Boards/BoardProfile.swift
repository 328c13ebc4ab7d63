// What a board is to a simulation: its devices, and how fast each runs which network. Plain values, read from JSON and
// written to it in the same format.

/// Throughput and power of a board's devices, measured or taken from a publication.
///
/// A value of this type is always valid: reading and making one check it. In JSON the keys are in snake case.
public struct BoardProfile: Sendable, Hashable, Codable {
    public let name: String
    public let description: String?
    /// Where the throughputs are from.
    public let source: String?
    /// In the order in which outputs list them; names differ, whatever their case.
    public let devices: [BoardDevice]
    /// What the devices' way to memory takes; nil where it is not to slow them.
    public let bus: BoardBus?
    /// Figures for co-execution on this board that others have published.
    public let published: [PublishedTable]?

    /// - Throws: `BoardProfileFault` naming the field that is wrong.
    public init(
        name: String, description: String? = nil, source: String? = nil, devices: [BoardDevice],
        bus: BoardBus? = nil, published: [PublishedTable]? = nil
    ) throws(BoardProfileFault) {
        (self.name, self.description, self.source) = (name, description, source)
        (self.devices, self.bus, self.published) = (devices, bus, published)
        try check()
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            name: container.decode(String.self, forKey: .name),
            description: container.decodeIfPresent(String.self, forKey: .description),
            source: container.decodeIfPresent(String.self, forKey: .source),
            devices: container.decode([BoardDevice].self, forKey: .devices),
            bus: container.decodeIfPresent(BoardBus.self, forKey: .bus),
            published: container.decodeIfPresent([PublishedTable].self, forKey: .published))
    }

    enum CodingKeys: String, CodingKey { case name, description, source, devices, bus, published }
}

/// A device of a board.
public struct BoardDevice: Sendable, Hashable, Codable {
    /// As the command line writes it: `big`, `LITTLE`, `gpu`, `npu`.
    public let name: String
    /// What it is: `4 × Cortex-A15`, `Mali-T628`.
    public let unit: String
    /// Throughput of the device running alone, by network; networks that it cannot run are left out.
    public let framesPerSecond: [String: Double]
    /// Frames that it runs at once; nil means 1.
    public let lanes: Int?
    /// Standard deviation of a frame's time, as a share of the mean; nil means 0.
    public let jitter: Double?
    public let power: BoardPower?
    /// Where the device's host threads run; nil where they take no other device's cores.
    public let hosts: [BoardHost]?
    /// How it uses the board's bus; nil where it doesn't.
    public let memory: BoardMemory?

    public init(
        name: String, unit: String, framesPerSecond: [String: Double], lanes: Int? = nil, jitter: Double? = nil,
        power: BoardPower? = nil, hosts: [BoardHost]? = nil, memory: BoardMemory? = nil
    ) {
        (self.name, self.unit, self.framesPerSecond) = (name, unit, framesPerSecond)
        (self.lanes, self.jitter, self.power) = (lanes, jitter, power)
        (self.hosts, self.memory) = (hosts, memory)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        // Read as any number: of one that isn't whole, the decoder would not say where it stands.
        let lanes = try container.decodeIfPresent(Double.self, forKey: .lanes)
        if let lanes, Int(exactly: lanes) == nil {
            throw DecodingError.dataCorruptedError(
                forKey: .lanes, in: container, debugDescription: "\(lanes) is not a whole number")
        }
        self.init(
            name: try container.decode(String.self, forKey: .name),
            unit: try container.decode(String.self, forKey: .unit),
            framesPerSecond: try container.decode([String: Double].self, forKey: .framesPerSecond),
            lanes: lanes.map { Int($0) },
            jitter: try container.decodeIfPresent(Double.self, forKey: .jitter),
            power: try container.decodeIfPresent(BoardPower.self, forKey: .power),
            hosts: try container.decodeIfPresent([BoardHost].self, forKey: .hosts),
            memory: try container.decodeIfPresent(BoardMemory.self, forKey: .memory))
    }

    enum CodingKeys: String, CodingKey {
        case name, unit, lanes, jitter, power, hosts, memory
        case framesPerSecond = "frames_per_second"
    }
}

/// A device's power: it draws `activeWatts` while all its lanes run frames, `idleWatts` while none does.
public struct BoardPower: Sendable, Hashable, Codable {
    public let activeWatts: Double
    /// Of networks that make it draw something else; nil means none.
    public let activeWattsByNetwork: [String: Double]?
    /// nil where it isn't known: what the source gives leaves idle power out, as `activeWatts` does then.
    public let idleWatts: Double?
    /// Where the figures are from.
    public let source: String?

    public init(
        activeWatts: Double, activeWattsByNetwork: [String: Double]? = nil, idleWatts: Double? = nil,
        source: String? = nil
    ) {
        (self.activeWatts, self.activeWattsByNetwork) = (activeWatts, activeWattsByNetwork)
        (self.idleWatts, self.source) = (idleWatts, source)
    }

    /// While all lanes run frames of this network, if that is known, or of any.
    public func activeWatts(of network: String?) -> Double {
        network.flatMap { activeWattsByNetwork?[$0] } ?? activeWatts
    }

    enum CodingKeys: String, CodingKey {
        case source
        case activeWatts = "active_watts"
        case activeWattsByNetwork = "active_watts_by_network"
        case idleWatts = "idle_watts"
    }
}

/// A device whose cores run another device's host threads.
public struct BoardHost: Sendable, Hashable, Codable {
    /// Name of the hosting device.
    public let device: String
    /// Share of the hosting device's cores that the host threads take while their own device runs a frame.
    public let share: Double
    /// Where the share is from.
    public let source: String?

    public init(device: String, share: Double, source: String? = nil) {
        (self.device, self.share, self.source) = (device, share, source)
    }
}

/// Published figures for some of a board's devices running together.
public struct PublishedTable: Sendable, Hashable, Codable {
    /// One network's row.
    public struct Row: Sendable, Hashable, Codable {
        /// Throughput of all the devices together.
        public let framesPerSecond: Double
        /// Over the best device alone, as it was published.
        public let gainPercent: Double
        /// Share of the frames that each device ran, in percent.
        public let composition: [String: Double]?

        public init(framesPerSecond: Double, gainPercent: Double, composition: [String: Double]? = nil) {
            (self.framesPerSecond, self.gainPercent) = (framesPerSecond, gainPercent)
            self.composition = composition
        }

        enum CodingKeys: String, CodingKey {
            case composition
            case framesPerSecond = "frames_per_second"
            case gainPercent = "gain_percent"
        }
    }

    /// What its source calls it: `Table II`.
    public let title: String
    /// Names of the devices that ran together.
    public let devices: [String]
    /// By network.
    public let networks: [String: Row]

    public init(title: String, devices: [String], networks: [String: Row]) {
        (self.title, self.devices, self.networks) = (title, devices, networks)
    }
}
