// What a monitor keeps of one clock between samples. Used by the monitor only, under its lock.

/// Accumulates readings of one clock.
struct ClockLog {
    struct Reading {
        var governor: String?
        var megahertz: Double?
        var limitMegahertz: Double?
        /// What slows it down: cooling devices and their states, counters and by how much they grew.
        var coolers: [(index: Int, state: Double)] = []
        var counters: [(index: Int, growth: Double)] = []
    }

    /// Values over time. Between two neighbouring samples the value is taken to go straight.
    struct TimedSpread {
        private var range: ClosedRange<Double>?
        private var sum = 0.0
        private var count = 0
        private var area = 0.0
        private var nanoseconds = 0
        private var latest: (nanoseconds: Int, value: Double)?

        mutating func append(_ value: Double?, at now: Int) {
            defer { latest = value.map { (now, $0) } }
            guard let value else { return }
            range = min(range?.lowerBound ?? value, value)...max(range?.upperBound ?? value, value)
            (sum, count) = (sum + value, count + 1)
            if let latest, now > latest.nanoseconds {
                area += (value + latest.value) / 2 * Double(now - latest.nanoseconds)
                nanoseconds += now - latest.nanoseconds
            }
        }

        /// What follows is of another time.
        mutating func pause() { latest = nil }

        var spread: ClockConditions.Spread? {
            range.map {
                ClockConditions.Spread(
                    minimum: $0.lowerBound,
                    mean: nanoseconds > 0 ? area / Double(nanoseconds) : sum / Double(count), maximum: $0.upperBound)
            }
        }
    }

    private var governors: [String] = []
    private var frequency = TimedSpread()
    private var lowestLimit: Double?
    private var samples = 0
    private var throttledSamples = 0
    private var coolerStates: [Int: Double] = [:]
    private var counterGrowth: [Int: Double] = [:]

    /// - Parameter full: the limit while nothing throttles.
    mutating func append(_ reading: Reading, at nanoseconds: Int, full: Double?) {
        if let governor = reading.governor, !governors.contains(governor) { governors.append(governor) }
        frequency.append(reading.megahertz, at: nanoseconds)
        lowestLimit = [lowestLimit, reading.limitMegahertz].compactMap(\.self).min()
        for (index, state) in reading.coolers { coolerStates[index] = max(coolerStates[index] ?? 0, state) }
        for (index, growth) in reading.counters { counterGrowth[index, default: 0] += growth }
        samples += 1
        if Self.isBelow(reading.limitMegahertz, full) || !reading.coolers.isEmpty || !reading.counters.isEmpty {
            throttledSamples += 1
        }
    }

    mutating func pause() { frequency.pause() }

    func summary(
        domain: ClockDomain, isUsed: Bool, full: Double?, coolers: [CoolingDevice], counters: [ThrottleCounter]
    ) -> ClockConditions.Clock {
        var causes: [String] = []
        if Self.isBelow(lowestLimit, full) {
            causes.append("\(domain.name) limited to \(shortText(lowestLimit!)) of \(shortText(full!)) MHz")
        }
        causes += coolerStates.sorted { $0.key < $1.key }.map { index, state in
            let cooler = coolers[index]
            let range = cooler.maximumState.map { " of \(shortText($0))" } ?? ""
            return "cooling by \(cooler.type) (\(cooler.name)) up to state \(shortText(state))\(range)"
        }
        causes += counterGrowth.sorted { $0.key < $1.key }.map { index, growth in
            counters[index].cause(growth: growth)
        }
        return ClockConditions.Clock(
            domain: domain, isUsed: isUsed, governors: governors, megahertz: frequency.spread, fullMegahertz: full,
            limitMegahertz: lowestLimit,
            throttledPercent: samples > 0 ? 100 * Double(throttledSamples) / Double(samples) : 0, causes: causes)
    }

    /// Kernels round limits to steps of a fraction of a MHz.
    private static func isBelow(_ limit: Double?, _ full: Double?) -> Bool {
        guard let limit, let full else { return false }
        return limit < full * 0.999
    }
}

/// "1804.8", "600": no digits that say nothing, whatever a file holds.
func shortText(_ value: Double) -> String {
    let tenths = (value * 10).rounded() / 10
    return tenths == tenths.rounded() && abs(tenths) < 1e15 ? "\(Int(tenths))" : "\(tenths)"
}
