// What a session has done lately. Guarded by its owner.

import CoExec

/// The latest results' latencies, and when they were received.
package struct RecentFigures: Sendable {
    private var latencies: [Int] = []
    private var times: [Int] = []
    private var next = 0
    private static let count = 1000
    private static let second = 1_000_000_000

    package init() {}

    package mutating func note(latency: Int, now: Int) {
        if latencies.count < Self.count {
            latencies.append(latency)
            times.append(now)
        } else {
            (latencies[next], times[next]) = (latency, now)
        }
        next = (next + 1) % Self.count
    }

    var resultCount: Int { latencies.count }

    /// The latency that a share of the results didn't exceed, nanoseconds; 0 before the first.
    func latency(_ share: Double) -> Int {
        let sorted = latencies.sorted()
        return sorted.isEmpty ? 0 : sorted[min(Int(share * Double(sorted.count)), sorted.count - 1)]
    }

    /// Results a second over the last second.
    func rate(now: Int) -> Double {
        let recent = times.filter { now - $0 <= Self.second }
        guard let first = recent.min() else { return 0 }
        // More than are kept came in less than a second.
        if recent.count == Self.count { return Double(recent.count - 1) * 1e9 / Double(max(now - first, 1)) }
        return Double(recent.count)
    }
}
