// What a simulation has instead of hardware, and what it finds.

/// A device that a simulation has instead of hardware.
public struct SimulatedDevice: Sendable {
    public let name: String
    public let laneCount: Int
    /// Mean time of a frame, nanoseconds.
    public let serviceNanoseconds: Double
    /// Standard deviation of a frame's time, as a share of the mean.
    public let jitter: Double
    /// What the runtime would know from warm-up runs; nil to let the policy find out.
    public let priorNanoseconds: Int?
    /// Indices of the devices whose cores its host threads run on, and the share of each which they take while this
    /// device is running a frame.
    public let hosts: [(device: Int, share: Double)]
    /// What its frames move over the bus; nil for nothing.
    public let traffic: SimulatedTraffic?

    /// - Precondition: positive times, `0 ≤ jitter`, shares in 0 ..< 1.
    public init(
        name: String, laneCount: Int = 1, serviceNanoseconds: Double, jitter: Double = 0, priorNanoseconds: Int? = nil,
        hosts: [(device: Int, share: Double)] = [], traffic: SimulatedTraffic? = nil
    ) {
        precondition(laneCount > 0 && serviceNanoseconds > 0 && jitter >= 0)
        precondition(hosts.allSatisfy { $0.share >= 0 && $0.share < 1 })
        (self.name, self.laneCount, self.serviceNanoseconds) = (name, laneCount, serviceNanoseconds)
        (self.jitter, self.priorNanoseconds, self.hosts, self.traffic) = (jitter, priorNanoseconds, hosts, traffic)
    }
}

/// What happened in a simulated stream.
public struct SimulationResult: Sendable {
    /// From the start to the last delivery.
    public let durationNanoseconds: Int
    /// Frames whose result came from each device, in order.
    public let frames: [Int]
    /// Time that each device's lanes were running frames, those that were rerun included.
    public let busyNanoseconds: [Int]
    /// Frames that were run twice.
    public let rerunFrames: Int
    /// How often a lane left a frame to others.
    public let declines: Int
    /// Admission to delivery.
    public let latency: Distribution
    /// Share of the bus's bandwidth that was used; nil without a bus.
    public let busLoad: Double?

    public var framesPerSecond: Double { Double(frames.reduce(0, +)) * 1e9 / Double(max(durationNanoseconds, 1)) }

    /// Share of the frames that each device ran, in percent.
    public var composition: [Double] {
        let total = Double(max(frames.reduce(0, +), 1))
        return frames.map { 100 * Double($0) / total }
    }
}

/// What goes wrong with a run of a frame.
enum SimulatedFault {
    /// It throws at its end.
    case error
    /// It comes back after this many nanoseconds.
    case hang(nanoseconds: Int)
}

/// How a simulated stream differs from a file on devices that don't fail.
struct SimulatedConditions {
    var options: StreamOptions
    /// Nanoseconds between the frames of a live source; nil: all are there from the start.
    var frameInterval: Int?
    /// Whether the stream's length is known from the start.
    var isLengthKnown = true
    /// What goes wrong with a device's n-th run.
    var fault: (_ device: Int, _ run: Int) -> SimulatedFault? = { _, _ in nil }
}
