// What measures power: one sensor a rail. Sensors are found by `PowerMeters`, and read by the thread of a recorder.

/// One place where power is measured.
public struct PowerRail: Sendable, Hashable {
    /// What a sensor tells.
    public enum Quantity: Sendable, Hashable {
        /// Power at a moment, or its mean over a short while, in watts.
        case watts
        /// A counter of joules that only grows, but starts again at 0 when it reaches `wrapsAt`; nil where nothing says
        /// when that is.
        case joules(wrapsAt: Double?)
    }

    /// What the rail feeds, as far as its meter or its label tells.
    public enum Load: Sendable, Hashable {
        /// All of the machine: an external meter, a battery, a board's input.
        case machine
        /// A processor's package with everything in it.
        case package
        /// The clusters with this core, as `CPUCluster.core` names it.
        case core(String)
        /// The cluster of this name: "big", "mid", "LITTLE".
        case cluster(String)
        /// All CPU clusters.
        case cpus
        case gpu
        case memory
        /// Something else, or unknown.
        case other
    }

    /// The kind of meter: "rapl", "ina231", "hwmon ina3221", "nvml".
    public let meter: String
    /// The rail among those of its meter: "A15", "package-0", "VDD_CPU".
    public let name: String
    public let quantity: Quantity
    public let load: Load
    /// Another rail of the same meter measures this one's power too: it must not be added to that one's.
    public let isPart: Bool
    /// How often the sensor has news, where it says so.
    public let refreshNanoseconds: Int?

    public init(
        meter: String, name: String, quantity: Quantity, load: Load, isPart: Bool = false,
        refreshNanoseconds: Int? = nil
    ) {
        (self.meter, self.name, self.quantity, self.load) = (meter, name, quantity, load)
        self.isPart = isPart
        // What a file says beyond ten minutes, or of no time at all, is nothing that was measured.
        self.refreshNanoseconds = refreshNanoseconds.flatMap { (1...600_000_000_000).contains($0) ? $0 : nil }
    }
}

/// What a sensor said at one moment.
public struct PowerSample: Sendable, Hashable {
    /// Of the clock of `monotonicNanoseconds`.
    public let nanoseconds: Int
    /// Watts or joules, as the rail's quantity says.
    public let value: Double

    public init(nanoseconds: Int, value: Double) { (self.nanoseconds, self.value) = (nanoseconds, value) }
}

/// A sensor of one rail. Used by one thread at a time.
public protocol PowerSensor: AnyObject, Sendable {
    var rail: PowerRail { get }

    /// Whether it gives each sample once, with the time at which it was taken, rather than its present value.
    var sendsSamples: Bool { get }

    /// Switches the sensor on, where it needs that, before the first poll.
    /// - Throws: what stands in the way: `SystemFileError`, `PowerSensorError`.
    func start() throws

    /// Gives what is new: the present value, or for a meter that sends samples by itself those that came since the last
    /// call, oldest first.
    /// - Throws: `SystemFileError`, `PowerSensorError`. The sensor may be asked again.
    func poll(_ take: (PowerSample) -> Void) throws

    /// Leaves the sensor as `start` found it.
    func stop()
}

extension PowerSensor {
    public var sendsSamples: Bool { false }
    public func start() throws {}
    public func stop() {}
}

/// A sensor that cannot be had or read.
public struct PowerSensorError: Error, Hashable, CustomStringConvertible {
    /// Which meter or rail.
    public let sensor: String
    public let reason: String

    public init(sensor: String, reason: String) { (self.sensor, self.reason) = (sensor, reason) }

    public var description: String { "\(sensor): \(reason)" }
}

extension PowerRail.Load: CustomStringConvertible {
    public var description: String {
        switch self {
        case .machine: "the machine"
        case .package: "a processor's package"
        case .core(let name): "\(name) cores"
        case .cluster(let name): "\(name) cluster"
        case .cpus: "CPU clusters"
        case .gpu: "GPU"
        case .memory: "memory"
        case .other: "something else"
        }
    }
}
