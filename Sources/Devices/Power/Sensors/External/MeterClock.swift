// How an external meter's clock and this machine's are brought together. Part of an `ExternalMeter`.

/// Learns unit and origin of a meter's times from its first lines.
///
/// A time that, in one of the units, is this machine's present time since 1970 is taken for that: the meter's host has
/// its clock set. Any other clock runs from an origin of its own. Its unit is the power of 1000 nearest to how much
/// faster its numbers grow than the lines arrive; its origin is where the line that took the shortest way puts it, give
/// or take how far the two clocks may have drifted apart since. A line whose time is far from its arrival is lost.
struct MeterClock {
    /// A line's time, and when it came, in nanoseconds of `monotonicNanoseconds`.
    struct Reading {
        let time: ExternalMeterLine.Time
        let watts: Double
        let arrivalNanoseconds: Int
    }

    private enum Origin {
        /// To add to a time since 1970.
        case epoch(offsetNanoseconds: Int)
        /// The least of arrival − time so far, and the arrival of the latest line: clocks drift apart.
        case own(offsetNanoseconds: Int, latest: Int)
    }

    /// To add to a time of `monotonicNanoseconds` to get one since 1970.
    private let realtimeOffsetNanoseconds: Int
    private var tickNanoseconds: Int?
    private var origin: Origin?
    /// What came before unit and origin were known.
    private var pending: [Reading] = []

    init(realtimeOffsetNanoseconds: Int) { self.realtimeOffsetNanoseconds = realtimeOffsetNanoseconds }

    /// Lines may wait this long for others, and come that much "too early" where two clocks differ.
    private static let epochLagNanoseconds = -1_000_000_000...60_000_000_000
    /// Over this time unit and origin are learnt, or else the lines have no times.
    private static let learningNanoseconds = 250_000_000
    private static let longestLearningNanoseconds = 10_000_000_000
    /// Quartz clocks are off by less than this share.
    private static let greatestDrift = 200e-6

    /// Takes a line in.
    /// - Parameter give: gets the samples whose times are known now; not in order if the meter's times aren't.
    /// - Returns: false if the time cannot be right, so that the line is lost.
    mutating func take(_ reading: Reading, give: (PowerSample) -> Void) -> Bool {
        if let origin {
            guard let time = nanoseconds(reading.time) else { return false }
            return place(time, reading, origin, give)
        }
        if pending.isEmpty, let epoch = epochTick(reading) {
            tickNanoseconds = epoch
            let origin = Origin.epoch(offsetNanoseconds: -realtimeOffsetNanoseconds)
            self.origin = origin
            guard let time = nanoseconds(reading.time) else { return false }
            return place(time, reading, origin, give)
        }
        pending.append(reading)
        let first = pending[0]
        let duration = reading.arrivalNanoseconds - first.arrivalNanoseconds
        guard duration >= Self.learningNanoseconds else { return true }
        guard let tick = tick(from: first, to: reading) else {
            guard duration >= Self.longestLearningNanoseconds else { return true }
            pending = []
            return false
        }
        tickNanoseconds = tick
        let lines = pending
        pending = []
        let offsets = lines.compactMap { line in nanoseconds(line.time).map { line.arrivalNanoseconds &- $0 } }
        guard let least = offsets.min() else { return false }
        let origin = Origin.own(offsetNanoseconds: least, latest: first.arrivalNanoseconds)
        self.origin = origin
        return lines.reduce(true) { areGood, line in
            guard let time = nanoseconds(line.time) else { return false }
            return place(time, line, origin, give) && areGood
        }
    }

    private mutating func place(
        _ time: Int, _ reading: Reading, _ origin: Origin, _ give: (PowerSample) -> Void
    ) -> Bool {
        var offset: Int
        switch origin {
        case .epoch(let nanoseconds): offset = nanoseconds
        case .own(let nanoseconds, let latest):
            let drift = Int(Double(max(reading.arrivalNanoseconds - latest, 0)) * Self.greatestDrift)
            offset = min(nanoseconds &+ drift, reading.arrivalNanoseconds &- time)
            // A time that jumped ahead would pull the origin after it for good.
            guard nanoseconds &- offset < -Self.epochLagNanoseconds.lowerBound else { return false }
            self.origin = .own(offsetNanoseconds: offset, latest: reading.arrivalNanoseconds)
        }
        let (sum, overflows) = time.addingReportingOverflow(offset)
        guard !overflows, Self.epochLagNanoseconds.contains(reading.arrivalNanoseconds &- sum) else { return false }
        give(PowerSample(nanoseconds: sum, value: reading.watts))
        return true
    }

    private func nanoseconds(_ time: ExternalMeterLine.Time) -> Int? {
        switch time {
        case .nanoseconds(let nanoseconds): return nanoseconds
        case .ticks(let ticks):
            let (product, overflows) = ticks.multipliedReportingOverflow(by: tickNanoseconds ?? 1)
            return overflows ? nil : product
        }
    }

    /// The unit in which a time is the present one since 1970; nil if there is none.
    private func epochTick(_ reading: Reading) -> Int? {
        let now = reading.arrivalNanoseconds + realtimeOffsetNanoseconds
        func isNow(_ time: Int) -> Bool { Self.epochLagNanoseconds.contains(now &- time) }
        switch reading.time {
        case .nanoseconds(let time): return isNow(time) ? 1 : nil
        case .ticks(let ticks):
            return [1, 1_000, 1_000_000, 1_000_000_000].first { tick in
                let (time, overflows) = ticks.multipliedReportingOverflow(by: tick)
                return !overflows && isNow(time)
            }
        }
    }

    /// The unit of a clock of unknown origin; nil while its numbers haven't grown.
    private func tick(from first: Reading, to last: Reading) -> Int? {
        switch (first.time, last.time) {
        case (.ticks(let start), .ticks(let end)):
            let ticks = Double(end) - Double(start)
            guard ticks > 0 else { return nil }
            let ratio = Double(last.arrivalNanoseconds - first.arrivalNanoseconds) / ticks
            return [1, 1_000, 1_000_000, 1_000_000_000].first { ratio < Double($0) * 1000.0.squareRoot() }
                ?? 1_000_000_000
        default: return 1
        }
    }
}
