// Which boxes stay, and how sure they are.

import NetworkGraph
import Testing

@testable import Results

@Suite struct SuppressionTests {
    private func candidate(_ x: Float, _ score: Float, label: Int = 0, width: Float = 10) -> Candidate {
        Candidate(corners: Corners(left: x, top: 0, right: x + width, bottom: 10), label: label, score: score)
    }

    @Test func theSurestStays() {
        let suppression = NonMaximumSuppression(overlap: 0.5)
        let kept = suppression([candidate(1, 0.5), candidate(0, 0.9), candidate(20, 0.6), candidate(6, 0.4)])
        // One that overlaps by 4 of 16 stays.
        #expect(kept.map(\.score) == [0.9, 0.6, 0.4])
    }

    @Test func otherClassesStay() {
        let both = [candidate(0, 0.9), candidate(0, 0.8, label: 1)]
        #expect(NonMaximumSuppression(overlap: 0.5)(both).count == 2)
        #expect(NonMaximumSuppression(overlap: 0.5, isPerClass: false)(both).count == 1)
    }

    @Test func weighted() {
        let suppression = NonMaximumSuppression(overlap: 0.3, isWeighted: true)
        let kept = suppression([
            candidate(0, 0.75), candidate(2, 0.25), candidate(50, 0.5), candidate(50, 0.4, width: 0),
        ])
        #expect(kept.map(\.score) == [0.75, 0.5, 0.4])
        #expect(kept[0].corners.left == 0.5 && kept[0].corners.right == 10.5)
    }

    @Test func numbersAreBounded() {
        let many = (0..<10_000).map { candidate(Float($0) * 20, Float($0 % 100) / 100) }
        #expect(NonMaximumSuppression(overlap: 0.5)(many).count == NonMaximumSuppression.limit)
        let equal = (0..<5000).map { _ in candidate(0, 0.5) }
        #expect(NonMaximumSuppression(overlap: 0.5, isWeighted: true)(equal).count == 1)
    }

    // MARK: Scores

    private func candidates(
        _ rule: ScoreRule, _ rows: [[Float]], objectness: [Float]? = nil, threshold: Float = 0.5, byColumn: Bool = false
    ) -> [(candidate: Int, label: Int, score: Float)] {
        let (count, width) = (rows.count, rows[0].count)
        var values = [Float](repeating: 0, count: count * width)
        for (row, numbers) in rows.enumerated() {
            for (column, number) in numbers.enumerated() {
                values[byColumn ? column * count + row : row * width + column] = number
            }
        }
        let columns =
            byColumn
            ? OutputColumns(output: 0, start: 0, row: 1, column: count, count: width)
            : OutputColumns(output: 0, start: 0, row: width, column: 1, count: width)
        let outputs = [
            Tensor([count, width], values), Tensor([count], objectness ?? [Float](repeating: 0, count: count)),
        ]
        let row = OutputColumns(output: 1, start: 0, row: 1, column: 1, count: 1)
        return rule.candidates(
            of: count, scores: columns, objectness: objectness == nil ? nil : row, outputs, threshold: threshold
        ).map { ($0.candidate, rule.label($0.column), $0.score) }
    }

    @Test func theGreatestClassCounts() {
        for byColumn in [false, true] {
            let found = candidates(
                ScoreRule(), [[0.1, 0.6, 0.2], [0.4, 0.1, 0.1], [.nan, 0.7, .nan], [.nan, .nan, .nan]],
                byColumn: byColumn)
            #expect(found.map(\.candidate) == [0, 2] && found.map(\.label) == [1, 1])
        }
    }

    @Test func activations() {
        let sigmoids = candidates(ScoreRule(activation: .sigmoid), [[-1, 0.1], [-1, -2]])
        #expect(sigmoids.map(\.candidate) == [0] && abs(sigmoids[0].score - sigmoid(0.1)) < 1e-6)
        let shares = candidates(ScoreRule(activation: .softmax, background: 0), [[0, 2, 0], [5, 2, 0]])
        #expect(shares.map(\.candidate) == [0] && shares[0].label == 0)
        let wanted: Float = 0.786986  // e² ÷ (e² + 2)
        #expect(abs(shares[0].score - wanted) < 1e-5)
        let endless = candidates(ScoreRule(activation: .softmax), [[.infinity, 1], [-.infinity, -.infinity]])
        #expect(endless.isEmpty)
    }

    @Test func objectness() {
        let rows: [[Float]] = [[0.9], [0.9], [0.9], [0.9]]
        let certainty: [Float] = [1, 0.5, .nan, 100]
        let product = candidates(ScoreRule(), rows, objectness: certainty)
        // No probability is above 1.
        #expect(product.map(\.candidate) == [0, 3] && product.allSatisfy { $0.score == 0.9 })
        let mean = candidates(ScoreRule(combination: .geometricMean), rows, objectness: certainty)
        #expect(mean.map(\.candidate) == [0, 1, 3])
    }
}
