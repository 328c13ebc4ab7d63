// How a board's devices share the way to memory. Plain values of a profile; `Contention` in CoExec says what follows.

import CoExec
import Kernels

/// What all devices of a board share to reach its memory.
public struct BoardBus: Sendable, Hashable, Codable {
    /// What it takes of all devices together, in 10⁹ bytes a second.
    public let gigabytesPerSecond: Double
    /// Where the figure is from.
    public let source: String?

    public init(gigabytesPerSecond: Double, source: String? = nil) {
        (self.gigabytesPerSecond, self.source) = (gigabytesPerSecond, source)
    }

    enum CodingKeys: String, CodingKey {
        case source
        case gigabytesPerSecond = "gigabytes_per_second"
    }
}

/// What a device moves over the bus, and how.
public struct BoardMemory: Sendable, Hashable, Codable {
    /// The most that it moves when nothing else does; nil for as much as the bus takes.
    public let gigabytesPerSecond: Double?
    /// Whether its accesses go before those of others, and don't keep it waiting, as a GPU's; nil means no.
    public let goesFirst: Bool?
    /// A layer's values that fit in here don't cross the bus; nil means none do.
    public let cacheBytes: Int?
    /// `fp32`, `bf16` or `fp16`; nil means `fp32`.
    public let precision: String?
    /// Whether its convolutions copy windows to columns; nil means no.
    public let copiesColumns: Bool?
    /// Of networks that the program doesn't have, which it has to be told.
    public let megabytesPerFrame: [String: Double]?
    /// Where the figures are from.
    public let source: String?

    public init(
        gigabytesPerSecond: Double? = nil, goesFirst: Bool? = nil, cacheBytes: Int? = nil, precision: String? = nil,
        copiesColumns: Bool? = nil, megabytesPerFrame: [String: Double]? = nil, source: String? = nil
    ) {
        (self.gigabytesPerSecond, self.goesFirst, self.cacheBytes) = (gigabytesPerSecond, goesFirst, cacheBytes)
        (self.precision, self.copiesColumns) = (precision, copiesColumns)
        (self.megabytesPerFrame, self.source) = (megabytesPerFrame, source)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let cacheBytes = try container.decodeIfPresent(Double.self, forKey: .cacheBytes)
        if let cacheBytes, Int(exactly: cacheBytes) == nil {
            throw DecodingError.dataCorruptedError(
                forKey: .cacheBytes, in: container, debugDescription: "\(cacheBytes) is not a whole number")
        }
        self.init(
            gigabytesPerSecond: try container.decodeIfPresent(Double.self, forKey: .gigabytesPerSecond),
            goesFirst: try container.decodeIfPresent(Bool.self, forKey: .goesFirst),
            cacheBytes: cacheBytes.map { Int($0) },
            precision: try container.decodeIfPresent(String.self, forKey: .precision),
            copiesColumns: try container.decodeIfPresent(Bool.self, forKey: .copiesColumns),
            megabytesPerFrame: try container.decodeIfPresent([String: Double].self, forKey: .megabytesPerFrame),
            source: try container.decodeIfPresent(String.self, forKey: .source))
    }

    enum CodingKeys: String, CodingKey {
        case precision, source
        case gigabytesPerSecond = "gigabytes_per_second"
        case goesFirst = "goes_first"
        case cacheBytes = "cache_bytes"
        case copiesColumns = "copies_columns"
        case megabytesPerFrame = "megabytes_per_frame"
    }

    /// What a frame of a network moves.
    /// - Parameter structure: the network, where it is one of the program's.
    /// - Precondition: either is known, as a valid profile makes sure.
    func traffic(of network: String, structure: Network?) -> SimulatedTraffic {
        let bytes: Double
        if let megabytes = megabytesPerFrame?[network] {
            bytes = megabytes * 1e6
        } else {
            let rules = MemoryTraffic(
                precision: precision.flatMap(Precision.init(rawValue:)) ?? .fp32, cacheBytes: cacheBytes ?? 0,
                copiesColumns: copiesColumns ?? false)
            bytes = Double(rules.bytes(of: structure!))
        }
        return SimulatedTraffic(
            bytesPerFrame: bytes, bytesPerSecond: gigabytesPerSecond.map { $0 * 1e9 }, goesFirst: goesFirst ?? false)
    }
}
