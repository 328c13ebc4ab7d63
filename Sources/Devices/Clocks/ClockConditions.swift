// What a monitor saw of a machine's clocks and temperatures while something ran. Plain values.

/// Frequencies, temperatures and throttling over a run.
public struct ClockConditions: Sendable, Hashable {
    /// What one clock did.
    public struct Clock: Sendable, Hashable {
        public let domain: ClockDomain
        /// Whether it is the clock of a device that ran.
        public let isUsed: Bool
        /// In the order in which they were seen; empty where none could be read.
        public let governors: [String]
        /// Of the current frequency; nil where it could not be read.
        public let megahertz: Spread?
        /// The most that it may run at while nothing throttles it: what it was set to, or the hardware's; nil where
        /// that isn't known.
        public let fullMegahertz: Double?
        /// The lowest limit seen; nil where it could not be read.
        public let limitMegahertz: Double?
        /// Share of the samples in which it was throttled, in percent.
        public let throttledPercent: Double
        /// What throttled it, in words; empty if nothing did.
        public let causes: [String]
    }

    /// Values over time; the mean is weighted by time.
    public struct Spread: Sendable, Hashable {
        public let minimum: Double
        public let mean: Double
        public let maximum: Double
    }

    public struct Temperature: Sendable, Hashable {
        /// "cpu-thermal".
        public let name: String
        /// The first that could be read.
        public let startCelsius: Double
        public let maximumCelsius: Double
    }

    /// Those of the CPUs watched, of GPUs and of other devices.
    public let clocks: [Clock]
    public let temperatures: [Temperature]
    /// What throttled CPUs whose clocks cannot be seen.
    public let looseCauses: [String]
    /// What failed meanwhile, one line a file.
    public let notes: [String]
    public let sampleCount: Int

    /// What throttled the clocks that were used, each cause once.
    public var causes: [String] {
        var causes = looseCauses
        for clock in clocks where clock.isUsed {
            causes += clock.causes.filter { !causes.contains($0) }
        }
        return causes
    }

    /// Whether figures of this time are below what the machine does when it is cool.
    public var isThrottled: Bool { !causes.isEmpty }
}
