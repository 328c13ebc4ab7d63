// How the cores of a cluster are shared out to lanes. Values and pure functions; what is fastest is measured elsewhere.

/// Lanes, and threads of each.
struct LaneShape: Hashable, Sendable, Codable, CustomStringConvertible {
    let lanes: Int
    let threads: Int

    var description: String { "\(lanes) × \(threads) thread\(threads == 1 ? "" : "s")" }

    /// Most lanes of a cluster, unless a user asks for more: a stream has 64 for all its devices, and each takes memory
    /// for a network's activations.
    private static let greatestLaneCount = 16

    /// The ways to share out n cores, one thread a core, fewest threads a lane first. Up to 8 cores, all that leave no
    /// core idle; of more, that with the most lanes, that with one lane, and one between, near √n threads, whose teams
    /// fit where processors share caches among four or eight cores.
    /// - Precondition: a positive count.
    static func candidates(coreCount: Int) -> [LaneShape] {
        precondition(coreCount > 0)
        let divisors = (1...coreCount).filter { coreCount % $0 == 0 }
        guard coreCount > 8 else { return divisors.map { LaneShape(lanes: coreCount / $0, threads: $0) } }
        let fewest = (coreCount + greatestLaneCount - 1) / greatestLaneCount
        func distance(_ threads: Int) -> Double {
            let ratio = Double(threads * threads) / Double(coreCount)
            return max(ratio, 1 / ratio)
        }
        let middle = divisors.filter { $0 > fewest && $0 < coreCount }.min { distance($0) < distance($1) }
        // A number of cores without fitting divisors leaves some idle, which measuring holds against it.
        return [fewest, middle, coreCount].compactMap(\.self).map { LaneShape(lanes: coreCount / $0, threads: $0) }
    }

    /// What is taken unmeasured: as many lanes as may be. Lanes never wait for each other, while a lane's threads do
    /// at each layer, and small layers don't keep several busy: on most networks nothing gives more frames/s.
    static func unmeasured(coreCount: Int) -> LaneShape { candidates(coreCount: coreCount)[0] }

    /// The shape with the best median throughput. Within 1 %, which measuring can't tell apart, fewer threads a lane
    /// win: a core that decodes video or serves a GPU holds up one lane then, not a team that waits for its slowest
    /// thread, and shapes are measured while nothing else runs.
    /// - Precondition: at least one figure for each shape, and a shape.
    static func fastest(_ measured: [(shape: LaneShape, framesPerSecond: [Double])]) -> LaneShape {
        let medians = measured.map { (shape: $0.shape, value: median($0.framesPerSecond)) }
        let best = medians.map(\.value).max()!
        return medians.filter { $0.value >= 0.99 * best }.min { $0.shape.threads < $1.shape.threads }!.shape
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
