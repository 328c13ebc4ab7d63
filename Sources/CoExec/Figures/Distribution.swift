// Distributions of times: recorded in a histogram, reported as five numbers.

import Histogram

/// Five numbers of a distribution of times, in nanoseconds; zeros when it is empty.
public struct Distribution: Sendable, Equatable {
    public let minimum: Int
    public let p50: Int
    public let p90: Int
    public let p99: Int
    public let maximum: Int
}

/// Collects times with a relative error of 0.1 %, allocating nothing after it was made.
struct DistributionRecorder {
    private var histogram = Histogram<UInt32>(
        lowestDiscernibleValue: 1, highestTrackableValue: UInt64(DistributionRecorder.limit),
        numberOfSignificantValueDigits: .three)
    /// An hour: longer times count as an hour.
    private static let limit = 3_600_000_000_000

    mutating func record(_ nanoseconds: Int) {
        histogram.record(UInt64(min(max(nanoseconds, 1), Self.limit)))
    }

    var distribution: Distribution {
        guard histogram.totalCount > 0 else { return Distribution(minimum: 0, p50: 0, p90: 0, p99: 0, maximum: 0) }
        func percentile(_ p: Double) -> Int { Int(histogram.valueAtPercentile(p)) }
        return Distribution(
            minimum: Int(histogram.min), p50: percentile(50), p90: percentile(90), p99: percentile(99),
            maximum: Int(histogram.max))
    }
}
