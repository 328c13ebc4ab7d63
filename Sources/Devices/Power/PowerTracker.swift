// From what a sensor says, poll by poll, to power as a function of time. Pure: no clock, no files, no threads.

/// Power that changes evenly from one moment to another.
struct PowerSegment: Hashable {
    let startNanoseconds: Int
    let endNanoseconds: Int
    let startWatts: Double
    let endWatts: Double
}

/// Follows one rail.
///
/// A sensor that is polled faster than it has news repeats itself, so only changes are samples. Between two samples
/// power is taken to change evenly; but a value that stood for longer than the sensor takes between two samples was
/// sampled again with the same result, and power is held until one such interval before the change. A counter tells the
/// energy between two of its steps, so power is constant there; where between two steps a run starts or ends doesn't
/// matter then.
struct PowerTracker {
    let quantity: PowerRail.Quantity
    /// Every sample is news: the meter sends it once, with a time of its own.
    let sendsSamples: Bool
    /// Time between two samples: what the sensor says, or the shortest that was seen.
    private(set) var refreshNanoseconds: Int?
    private let isRefreshTold: Bool
    /// When the present value was first seen.
    private(set) var latest: PowerSample?
    /// Time of the latest successful poll, whether it had news or not.
    private(set) var latestPollNanoseconds: Int?
    /// Of the latest segment's end.
    private(set) var watts: Double?
    /// Samples so far: changes of the value, the first value included.
    private(set) var sampleCount = 0
    /// How often a counter went back where nothing says that it wraps: what it counted before is lost.
    private(set) var resetCount = 0
    /// A counter's first value stood for an unknown time before it was first seen.
    private var isAtStep = false

    init(quantity: PowerRail.Quantity, sendsSamples: Bool = false, refreshNanoseconds: Int? = nil) {
        (self.quantity, self.sendsSamples) = (quantity, sendsSamples)
        (self.refreshNanoseconds, isRefreshTold) = (refreshNanoseconds, refreshNanoseconds != nil)
    }

    /// Takes a sample, and returns the power up to it if it is news. One that isn't later than the one before is
    /// ignored.
    mutating func add(_ sample: PowerSample) -> [PowerSegment] {
        guard sample.nanoseconds > latestPollNanoseconds ?? .min else { return [] }
        latestPollNanoseconds = sample.nanoseconds
        guard let former = latest else {
            (latest, sampleCount) = (sample, 1)
            if case .watts = quantity { watts = sample.value }
            return []
        }
        guard sendsSamples || sample.value != former.value else { return [] }
        latest = sample
        sampleCount += 1
        let gap = sample.nanoseconds - former.nanoseconds
        switch quantity {
        case .watts:
            learn(gap)
            watts = sample.value
            return Self.held(former, until: sample, sendsSamples ? gap : refreshNanoseconds ?? gap)
        case .joules(let wrapsAt):
            defer { isAtStep = true }
            guard let joules = step(from: former.value, to: sample.value, wrapsAt) else { return [] }
            guard isAtStep else { return [] }
            learn(gap)
            watts = joules / (Double(gap) / 1e9)
            return [
                PowerSegment(
                    startNanoseconds: former.nanoseconds, endNanoseconds: sample.nanoseconds, startWatts: watts!,
                    endWatts: watts!)
            ]
        }
    }

    /// Power from the latest news on, as far as nothing else is known: what it was.
    func tail(until end: Int) -> PowerSegment? {
        guard let latest, let watts, end > latest.nanoseconds else { return nil }
        return PowerSegment(
            startNanoseconds: latest.nanoseconds, endNanoseconds: end, startWatts: watts, endWatts: watts)
    }

    private mutating func learn(_ gap: Int) {
        if !isRefreshTold { refreshNanoseconds = min(refreshNanoseconds ?? gap, gap) }
    }

    /// What a counter counted; nil where it started anew.
    private mutating func step(from former: Double, to value: Double, _ wrapsAt: Double?) -> Double? {
        if value >= former { return value - former }
        if let wrapsAt, wrapsAt >= former { return value + wrapsAt - former }
        resetCount += 1
        return nil
    }

    /// Holds a value, then goes evenly to the next within one refresh.
    private static func held(_ former: PowerSample, until next: PowerSample, _ refresh: Int) -> [PowerSegment] {
        let turn = max(next.nanoseconds - refresh, former.nanoseconds)
        let ramp = PowerSegment(
            startNanoseconds: turn, endNanoseconds: next.nanoseconds, startWatts: former.value, endWatts: next.value)
        guard turn > former.nanoseconds else { return [ramp] }
        let flat = PowerSegment(
            startNanoseconds: former.nanoseconds, endNanoseconds: turn, startWatts: former.value,
            endWatts: former.value)
        return [flat, ramp]
    }
}
