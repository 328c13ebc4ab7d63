// One sensor's books: what it said and when it failed, and the energy of the stretch of time that is being measured.
// Owned by a recorder, under its lock.

/// Follows one sensor.
struct RailLog {
    private let sensor: any PowerSensor
    private(set) var tracker: PowerTracker
    private var window: EnergyWindow?
    private var pollCount = 0
    private var samplesBefore = 0
    private var resetsBefore = 0
    /// The latest failure of polls in a row, and when the first of them was.
    private var failing: (since: Int, reason: String)?
    /// The longest time of this stretch without a good poll, and why.
    private var worst: (nanoseconds: Int, since: Int, reason: String)?

    /// Bridged without a word: a driver that is busy for a moment.
    private static let briefNanoseconds = 250_000_000

    init(_ sensor: any PowerSensor) {
        self.sensor = sensor
        tracker = PowerTracker(
            quantity: sensor.rail.quantity, sendsSamples: sensor.sendsSamples,
            refreshNanoseconds: sensor.rail.refreshNanoseconds)
    }

    var rail: PowerRail { sensor.rail }

    /// Asks the sensor.
    mutating func poll(at now: Int) {
        pollCount += 1
        var samples: [PowerSample] = []
        do {
            try sensor.poll { samples.append($0) }
            endFailure(at: now)
        } catch {
            failing = (failing?.since ?? now, "\(error)")
        }
        for sample in samples {
            for segment in tracker.add(sample) { window?.add(segment) }
        }
    }

    /// Starts to measure.
    mutating func begin(at now: Int) {
        window = EnergyWindow(startNanoseconds: now)
        (pollCount, samplesBefore, resetsBefore) = (0, tracker.sampleCount, tracker.resetCount)
        (worst, failing) = (nil, failing.map { (now, $0.reason) })
    }

    /// No power after this moment counts; what still comes is of before it.
    mutating func close(at now: Int) { window?.endNanoseconds = now }

    /// A meter that sends its samples still owes some of the stretch.
    var isWaiting: Bool {
        guard let window, sensor.sendsSamples, failing == nil, let latest = tracker.latest else { return false }
        return latest.nanoseconds < window.endNanoseconds
    }

    /// - Precondition: begun and closed.
    mutating func finish() -> RailEnergy {
        guard var window else { preconditionFailure("nothing is being measured") }
        let (start, end) = (window.startNanoseconds, window.endNanoseconds)
        endFailure(at: end)
        let samples = tracker.sampleCount - samplesBefore
        let problem = problem(start: start, end: end, samples: samples)
        if let tail = tracker.tail(until: end) { window.add(tail) }
        self.window = nil
        guard problem == nil, window.coveredNanoseconds > 0 else {
            return energy(end - start, samples, problem: problem ?? "told no power")
        }
        // What a counter counted before its first step was seen isn't known: taken as the rest.
        let share = Double(end - start) / Double(window.coveredNanoseconds)
        let error = window.error95(
            quantity: rail.quantity, sampleCount: samples,
            refreshNanoseconds: tracker.refreshNanoseconds ?? end - start)
        return energy(
            end - start, samples, joules: window.joules * share, error: error * share,
            doubt: doubt(end: end, samples: samples)
                ?? (share > 1.1 ? "told the power of a part of the time only" : nil))
    }

    private mutating func endFailure(at now: Int) {
        guard let failing else { return }
        if now - failing.since >= worst?.nanoseconds ?? 0 {
            worst = (now - failing.since, failing.since, failing.reason)
        }
        self.failing = nil
    }

    /// Why the energy of this stretch is not to be had.
    private func problem(start: Int, end: Int, samples: Int) -> String? {
        let refresh = tracker.refreshNanoseconds ?? 0
        if let worst, worst.nanoseconds > max(Self.briefNanoseconds, 2 * refresh) {
            let after = Self.seconds(worst.since - start)
            return "stopped after \(after) s, for \(Self.seconds(worst.nanoseconds)) s: \(worst.reason)"
        }
        guard let latest = tracker.latest else { return "told nothing" }
        if tracker.resetCount > resetsBefore { return "its counter started anew" }
        if !rail.quantity.isCounter, samples == 0, end - start < 2 * refresh {
            return "has news every \(Self.seconds(refresh)) s, and had none in \(Self.seconds(end - start)) s"
        }
        let silence = end - latest.nanoseconds
        if rail.quantity.isCounter || sensor.sendsSamples, silence > max(1_000_000_000, 5 * refresh) {
            return "told nothing new for \(Self.seconds(min(silence, end - start))) s"
        }
        return nil
    }

    /// A power that changed all the time and then stands still may be steady, or its sensor hung.
    private func doubt(end: Int, samples: Int) -> String? {
        guard !rail.quantity.isCounter, let latest = tracker.latest else { return nil }
        guard let refresh = tracker.refreshNanoseconds else {
            return "never changed: nobody knows how old its value is"
        }
        let silence = end - latest.nanoseconds
        guard samples >= 10, silence > max(2_000_000_000, 20 * refresh) else { return nil }
        return "unchanged for the last \(Self.seconds(silence)) s"
    }

    private func energy(
        _ nanoseconds: Int, _ samples: Int, joules: Double? = nil, error: Double? = nil, problem: String? = nil,
        doubt: String? = nil
    ) -> RailEnergy {
        RailEnergy(
            rail: rail, nanoseconds: nanoseconds, joules: joules, errorJoules: error, samples: samples,
            polls: pollCount, problem: problem, doubt: doubt)
    }

    private static func seconds(_ nanoseconds: Int) -> String {
        let tenths = (nanoseconds + 50_000_000) / 100_000_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
