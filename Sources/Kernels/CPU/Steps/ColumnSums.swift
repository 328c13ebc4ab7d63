// How the samples of a summed row become a row of results. Owned by a `PlaneResizer`, used on its thread.
import CVectors
import NetworkGraph

/// Sums of so few samples that a vector holds them: weights of all that lie in it, 0 of those in between.
struct ColumnWeights {
    static let mostLanes = 16
    private let lanes: Int
    /// From the first sample that is looked at.
    private let lows: [Int32]
    private let weights: [Float]

    /// - Parameter step: from one sample to the next.
    /// - Returns: nil for sums of more.
    init?(_ axis: ImageAxis, step: Int) {
        let reach = axis.spans.reduce(0) { max($0, ($1.high - $1.low) * step + 1) }
        guard let lanes = [4, 8, Self.mostLanes].first(where: { $0 >= reach }) else { return nil }
        self.lanes = lanes
        lows = axis.spans.map { Int32(($0.low - axis.first) * step) }
        var weights = [Float](repeating: 0, count: lanes * axis.spans.count)
        for (index, span) in axis.spans.enumerated() {
            for sample in span.low...span.high { weights[index * lanes + (sample - span.low) * step] = 1 }
            weights[index * lanes] = span.head
            // Where that is the same sample, its weight is the head's, and the tail's is 0.
            if span.high > span.low { weights[index * lanes + (span.high - span.low) * step] = span.tail }
        }
        self.weights = weights
    }

    /// - Parameter samples: from the first that is looked at, with `mostLanes` numbers behind the last.
    func sum(_ samples: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>) {
        CVectors_weigh_columns(samples, lows, weights, lanes, result, lows.count)
    }
}

/// Sums of any number of samples.
final class ColumnSpans {
    private let step: Int
    private let spans: [CVectors_Span]
    /// The samples next to each other, where they lie apart.
    private var picked: [Float]

    init(_ axis: ImageAxis, step: Int) {
        self.step = step
        spans = axis.spans.map { span in
            CVectors_Span(
                low: Int32(span.low - axis.first), high: Int32(span.high - axis.first), head: span.head,
                tail: span.tail)
        }
        picked = [Float](repeating: 0, count: step > 1 ? axis.last - axis.first + 1 : 0)
    }

    func sum(_ samples: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>) {
        guard step > 1 else {
            CVectors_sum_columns(samples, spans, result, spans.count)
            return
        }
        picked.withUnsafeMutableBufferPointer { CVectors_pick(samples, step, $0.baseAddress!, $0.count) }
        CVectors_sum_columns(picked, spans, result, spans.count)
    }
}
