// What happened in a stream: throughput, latency, and each device's share.

import Histogram

/// Figures of a stream from its first admitted frame to its latest delivered one.
public struct StreamReport: Sendable {
    /// Frames delivered, failed ones included.
    public let frames: Int
    /// Frames that were delivered with an error.
    public let failedFrames: Int
    /// From the first admission to the latest delivery.
    public let durationNanoseconds: Int
    /// Admission to delivery.
    public let latency: Distribution
    /// In the order in which the stream was given them.
    public let devices: [DeviceReport]

    /// Throughput; 0 before the first delivery.
    public var framesPerSecond: Double {
        durationNanoseconds > 0 ? Double(frames) * 1e9 / Double(durationNanoseconds) : 0
    }

    /// Share of the frames that each device ran, in percent, in `devices` order.
    public var composition: [Double] {
        let total = devices.reduce(0) { $0 + $1.frames }
        return devices.map { total == 0 ? 0 : 100 * Double($0.frames) / Double(total) }
    }
}

/// One device's part in a stream.
public struct DeviceReport: Sendable {
    public let name: String
    public let laneCount: Int
    public let frames: Int
    public let failedFrames: Int
    /// Time that its lanes spent inside `run`, summed.
    public let busyNanoseconds: Int
    /// Time that a frame took on a lane.
    public let serviceTime: Distribution
}

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
