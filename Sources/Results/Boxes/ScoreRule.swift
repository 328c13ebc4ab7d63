// How sure a detector is of a candidate: its numbers for classes, and for there being anything. Pure.

import Glibc
import NetworkGraph

/// What becomes of a number that a network gives.
package enum ScoreActivation: String, CaseIterable, Sendable { case none, sigmoid, softmax }

/// How a candidate's score comes about.
struct ScoreRule: Equatable, Sendable {
    /// How an objectness and a class's probability are one.
    enum Combination: Equatable, Sendable {
        case product
        /// √(a · b) (YuNet).
        case geometricMean
        /// a^0.6 · b^0.4 (FastestDet).
        case weightedMean

        func callAsFunction(_ objectness: Float, _ probability: Float) -> Float {
            switch self {
            case .product: objectness * probability
            case .geometricMean: (objectness * probability).squareRoot()
            case .weightedMean: pow(objectness, 0.6) * pow(probability, 0.4)
            }
        }
    }

    var activation = ScoreActivation.none
    var objectnessActivation = ScoreActivation.none
    var combination = Combination.product
    /// A column that stands for no class.
    var background: Int?
    /// What the first other column is called.
    var firstLabel = 0
}

/// A candidate that is sure enough.
struct ScoredCandidate {
    let candidate: Int
    /// The column of its class.
    let column: Int
    let score: Float
}

extension ScoreRule {
    /// Each candidate's surest class, where it is sure enough. What is no number is never that.
    /// - Precondition: the columns fit the outputs.
    func candidates(
        of count: Int, scores: OutputColumns, objectness: OutputColumns?, _ outputs: [Tensor], threshold: Float
    ) -> [ScoredCandidate] {
        if let objectness {
            let hopeful = self.hopeful(count, objectness, outputs, threshold)
            return outputs[scores.output].values.withUnsafeBufferPointer { values in
                hopeful.compactMap { candidate, sureness in
                    scored(candidate, best(values, scores, candidate), sureness, values, scores, threshold)
                }
            }
        }
        return outputs[scores.output].values.withUnsafeBufferPointer { values in
            // Where a class's scores lie side by side, class by class is several times faster.
            guard scores.column != 1, scores.count > 2, activation != .softmax else {
                return (0..<count).compactMap {
                    scored($0, best(values, scores, $0), nil, values, scores, threshold)
                }
            }
            let bests = Self.bests(values, scores, count, background)
            return (0..<count).compactMap { scored($0, bests[$0], nil, values, scores, threshold) }
        }
    }

    private typealias Best = (column: Int, value: Float)

    /// Candidates that a sure class would make sure enough.
    private func hopeful(
        _ count: Int, _ objectness: OutputColumns, _ outputs: [Tensor], _ threshold: Float
    ) -> [(Int, Float)] {
        outputs[objectness.output].values.withUnsafeBufferPointer { values in
            (0..<count).compactMap { candidate in
                let raw = values[objectness.at(candidate, 0)]
                let sureness = min(objectnessActivation == .sigmoid ? sigmoid(raw) : raw, 1)
                return sureness >= 0 && combination(sureness, 1) >= threshold ? (candidate, sureness) : nil
            }
        }
    }

    private func best(_ values: UnsafeBufferPointer<Float>, _ scores: OutputColumns, _ candidate: Int) -> Best {
        var best: Best = (0, -.infinity)
        for column in 0..<scores.count where column != background {
            let value = values[scores.at(candidate, column)]
            if value > best.value { best = (column, value) }
        }
        return best
    }

    private static func bests(
        _ values: UnsafeBufferPointer<Float>, _ scores: OutputColumns, _ count: Int, _ background: Int?
    ) -> [Best] {
        var greatest = [Float](repeating: -.infinity, count: count)
        var columns = [Int32](repeating: 0, count: count)
        greatest.withUnsafeMutableBufferPointer { greatest in
            columns.withUnsafeMutableBufferPointer { columns in
                for column in 0..<scores.count where column != background {
                    var index = scores.start + column * scores.column
                    for candidate in 0..<count {
                        if values[index] > greatest[candidate] {
                            (greatest[candidate], columns[candidate]) = (values[index], Int32(column))
                        }
                        index += scores.row
                    }
                }
            }
        }
        return zip(columns, greatest).map { (Int($0), $1) }
    }

    private func scored(
        _ candidate: Int, _ best: Best, _ sureness: Float?, _ values: UnsafeBufferPointer<Float>,
        _ scores: OutputColumns, _ threshold: Float
    ) -> ScoredCandidate? {
        var probability = best.value
        switch activation {
        case .none: probability = min(probability, 1)
        case .sigmoid: probability = sigmoid(probability)
        case .softmax:
            var (largest, total): (Float, Float) = (-.infinity, 0)
            for column in 0..<scores.count { largest = max(largest, values[scores.at(candidate, column)]) }
            for column in 0..<scores.count { total += exp(values[scores.at(candidate, column)] - largest) }
            probability = exp(probability - largest) / total
        }
        let score = sureness.map { combination($0, probability) } ?? probability
        return score >= threshold ? ScoredCandidate(candidate: candidate, column: best.column, score: score) : nil
    }

    /// The first of so many columns stands for no class; where each has a name, that has one too.
    mutating func setBackground(of columns: Int, labels: Int?) {
        background = 0
        firstLabel = labels == columns ? 1 : 0
    }

    /// The class that a column stands for.
    func label(_ column: Int) -> Int {
        firstLabel + column - (background.map { $0 < column ? 1 : 0 } ?? 0)
    }
}
