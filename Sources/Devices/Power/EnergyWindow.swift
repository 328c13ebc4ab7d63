// Energy of one rail between two moments, and how far it can be trusted. Pure.

/// Adds up the power of a stretch of time.
struct EnergyWindow {
    let startNanoseconds: Int
    /// Not known while the stretch lasts.
    var endNanoseconds = Int.max
    private(set) var joules = 0.0
    private(set) var coveredNanoseconds = 0
    private(set) var leastWatts = Double.infinity
    private(set) var mostWatts = -Double.infinity
    /// Sum of squared differences between one segment's power and the next one's: what power jumps by, sample by
    /// sample.
    private var squaredSteps = 0.0
    private var segmentCount = 0

    init(startNanoseconds: Int) { self.startNanoseconds = startNanoseconds }

    /// Adds what of a segment lies inside. Segments come in the order of time and don't overlap.
    mutating func add(_ segment: PowerSegment) {
        let start = max(segment.startNanoseconds, startNanoseconds)
        let end = min(segment.endNanoseconds, endNanoseconds)
        guard end > start else { return }
        let length = Double(segment.endNanoseconds - segment.startNanoseconds)
        func watts(at time: Int) -> Double {
            let share = Double(time - segment.startNanoseconds) / length
            return segment.startWatts + (segment.endWatts - segment.startWatts) * share
        }
        let (first, last) = (watts(at: start), watts(at: end))
        joules += (first + last) / 2 * Double(end - start) / 1e9
        coveredNanoseconds += end - start
        leastWatts = min(leastWatts, first, last)
        mostWatts = max(mostWatts, first, last)
        squaredSteps += (last - first) * (last - first)
        segmentCount += 1
    }

    /// Half the width of the 95 % confidence interval of the energy, of what sampling alone leaves open: the scatter of
    /// the samples, and what happened between the ends of the stretch and the samples beside them. The sensor's own
    /// error isn't in it.
    /// - Parameters:
    ///   - sampleCount: samples inside.
    ///   - refreshNanoseconds: between two samples.
    func error95(quantity: PowerRail.Quantity, sampleCount: Int, refreshNanoseconds: Int) -> Double {
        guard coveredNanoseconds > 0 else { return 0 }
        let seconds = Double(coveredNanoseconds) / 1e9
        let refresh = min(Double(refreshNanoseconds) / 1e9, seconds)
        // Each end lies anywhere between two samples: a uniform distribution's deviation is its width ÷ √12.
        let edge = refresh * (quantity.isCounter ? joules / seconds : mostWatts - leastWatts) * (2.0 / 12).squareRoot()
        var scatter = 0.0
        if !quantity.isCounter, segmentCount > 1 {
            // Differences of independent samples have twice the samples' variance.
            let deviation = (squaredSteps / Double(max(sampleCount, 2) - 1) / 2).squareRoot()
            scatter = seconds * deviation / Double(max(sampleCount, 1)).squareRoot()
        }
        return 1.96 * (edge * edge + scatter * scatter).squareRoot()
    }
}

extension PowerRail.Quantity {
    public var isCounter: Bool { if case .joules = self { true } else { false } }
}

/// What a rail's sensor said of a stretch of time.
public struct RailEnergy: Sendable, Hashable {
    public let rail: PowerRail
    /// Length of the stretch.
    public let nanoseconds: Int
    /// nil where the sensor didn't tell, or not all the time: `problem` says why.
    public let joules: Double?
    /// Half the width of the 95 % confidence interval of `joules`, of what sampling leaves open; the sensor's own error
    /// isn't in it.
    public let errorJoules: Double?
    /// Values that the sensor gave in this stretch and that were not repetitions.
    public let samples: Int
    /// How often it was asked.
    public let polls: Int
    /// Why there is no energy.
    public let problem: String?
    /// What makes the energy doubtful.
    public let doubt: String?

    /// Mean power.
    public var watts: Double? { joules.map { $0 / (Double(nanoseconds) / 1e9) } }
    /// Of the mean power, as `errorJoules` is of the energy.
    public var errorWatts: Double? { errorJoules.map { $0 / (Double(nanoseconds) / 1e9) } }
}
