// Of boxes that cover each other, the surest. Pure.

/// A box that may be one.
struct Candidate: Equatable, Sendable {
    var corners: Corners
    let label: Int
    /// From 0 to 1.
    let score: Float
    /// Pixels of the input; nil for points without a word on them.
    var points: [CandidatePoint] = []
    /// Of a box that is turned, which `corners` is around.
    var oriented: OrientedBox?
    /// Its shares of the masks that all have in common.
    var maskShares: [Float] = []
}

struct CandidatePoint: Equatable, Sendable {
    var x: Float
    var y: Float
    let score: Float?
}

/// Greedy suppression: the surest box stays, and those that overlap it by more than a limit make way, and so on.
package struct NonMaximumSuppression: Equatable, Sendable {
    /// The most that two boxes may have in common, of the area of both (intersection over union); of those that are
    /// turned, how alike they may be.
    package var overlap: Float
    /// Whether boxes only make way for others of their class.
    package var isPerClass = true
    /// Whether those that make way are averaged into the one that stays, by their scores (BlazeFace, section 4.3 of
    /// Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019).
    package var isWeighted = false

    /// The most that stay.
    static let limit = 300
    /// The most that are looked at: the surest.
    static let candidateLimit = 4096

    func callAsFunction(_ candidates: [Candidate]) -> [Candidate] {
        var waiting = Self.surest(candidates)
        var kept: [Candidate] = []
        if isWeighted {
            while let best = waiting.first, kept.count < Self.limit {
                let group = waiting.filter { covers($0, best) }
                waiting.removeAll { covers($0, best) }
                // A box without any area covers nothing, itself neither.
                if group.isEmpty { waiting.removeFirst() }
                kept.append(group.isEmpty ? best : Self.mean(group, best))
            }
            return kept
        }
        for candidate in waiting where !kept.contains(where: { covers(candidate, $0) }) {
            kept.append(candidate)
            if kept.count == Self.limit { break }
        }
        return kept
    }

    /// In order of their scores, equal ones as they came.
    static func surest(_ candidates: [Candidate]) -> [Candidate] {
        let order = candidates.indices.sorted { a, b in
            let (x, y) = (candidates[a].score, candidates[b].score)
            return x == y ? a < b : x > y
        }
        return order.prefix(candidateLimit).map { candidates[$0] }
    }

    private func covers(_ a: Candidate, _ b: Candidate) -> Bool {
        guard !isPerClass || a.label == b.label else { return false }
        guard let a = a.oriented, let b = b.oriented else { return a.corners.overlap(b.corners) > overlap }
        return a.likeness(b) > overlap
    }

    private static func mean(_ group: [Candidate], _ best: Candidate) -> Candidate {
        let total = group.reduce(0) { $0 + $1.score }
        guard total > 0 else { return best }
        func mean(_ number: (Candidate) -> Float) -> Float {
            group.reduce(0) { $0 + number($1) * $1.score } / total
        }
        var result = best
        result.corners = Corners(
            left: mean { $0.corners.left }, top: mean { $0.corners.top }, right: mean { $0.corners.right },
            bottom: mean { $0.corners.bottom })
        for index in best.points.indices {
            result.points[index].x = mean { $0.points[index].x }
            result.points[index].y = mean { $0.points[index].y }
        }
        return result
    }
}
