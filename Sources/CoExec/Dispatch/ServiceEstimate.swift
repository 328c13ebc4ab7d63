// How long a frame takes on a lane, as far as past frames tell. A value; its owner guards it.

/// The median of the latest service times: an outlier doesn't move it, drift replaces it within a few frames, and a
/// first frame that is 10 times slower counts for one frame only.
public struct ServiceEstimate: Sendable {
    /// Latest times, unordered once full; odd, so that the median is one of them.
    private var samples: (Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0)
    private var next = 0
    /// Frames that it goes by.
    private(set) var count = 0
    private static let capacity = 7

    /// - Parameter prior: what is known before the first frame, from warm-up runs say. Counts as one frame.
    public init(prior: Int? = nil) {
        if let prior { record(prior) }
    }

    public mutating func record(_ nanoseconds: Int) {
        withUnsafeMutableBytes(of: &samples) { $0.bindMemory(to: Int.self)[next] = nanoseconds }
        next = (next + 1) % Self.capacity
        count = min(count + 1, Self.capacity)
    }

    /// The middle value, of two in the middle the lower, since the first frames of a device are its slowest; nil before
    /// the first frame.
    public var nanoseconds: Int? {
        withUnsafeBytes(of: samples) { bytes in
            let samples = bytes.bindMemory(to: Int.self)
            let rank = (count - 1) / 2
            for index in 0..<count {
                let value = samples[index]
                var below = 0
                var equal = 0
                for other in 0..<count {
                    if samples[other] < value { below += 1 } else if samples[other] == value { equal += 1 }
                }
                if below <= rank && rank < below + equal { return value }
            }
            return nil
        }
    }
}
