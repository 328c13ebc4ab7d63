// Loops along one axis of values seen as outer × length × inner. Values, used on the thread of their context.
import CVectors
import NetworkGraph

/// What lies before an axis, along it, and behind it.
struct CPULines: Sendable {
    let outer: Int
    let length: Int
    let inner: Int
}

struct CPUSoftmax: CPULoop {
    let lines: CPULines
    let isLogarithmic: Bool

    func run(_ operands: [UnsafeMutableRawPointer]) {
        CVectors_softmax(
            operands[0].assumingMemoryBound(to: Float.self), operands[1].assumingMemoryBound(to: Float.self),
            lines.outer, lines.length, lines.inner, isLogarithmic ? 1 : 0)
    }
}

struct CPUPositions: CPULoop {
    let lines: CPULines
    let selectsLast: Bool

    func run(_ operands: [UnsafeMutableRawPointer]) {
        CVectors_positions(
            operands[0].assumingMemoryBound(to: Float.self), operands[1].assumingMemoryBound(to: Float.self),
            lines.outer, lines.length, lines.inner, selectsLast ? 1 : 0)
    }
}

struct CPUReduction: CPULoop {
    let lines: CPULines
    let kind: Reduction.Kind

    func run(_ operands: [UnsafeMutableRawPointer]) {
        let (function, scale): (CVectors_Reduction, Float) =
            switch kind {
            case .mean: (CVectors_sum, 1 / Float(lines.length))
            case .sum: (CVectors_sum, 1)
            case .product: (CVectors_product, 1)
            case .maximum: (CVectors_maximum, 1)
            case .minimum: (CVectors_minimum, 1)
            }
        CVectors_reduce(
            operands[0].assumingMemoryBound(to: Float.self), operands[1].assumingMemoryBound(to: Float.self),
            function, scale, lines.outer, lines.length, lines.inner)
    }
}

struct CPUResampling: CPULoop {
    private let lines: CPULines
    private let count: Int
    private let taps: Int
    /// By tap, then by result.
    private let indices: [Int32]
    private let weights: [Float]
    /// Of each result: an infinite element that isn't really its tap would make it no number.
    private let counts: [Int32]

    init(_ lines: CPULines, _ resampling: Resampling) {
        let positions = resampling.taps
        (self.lines, count) = (lines, positions.count)
        let taps = max(positions.map(\.count).max() ?? 1, 1)
        self.taps = taps
        counts = positions.map { Int32($0.count) }
        indices = (0..<taps).flatMap { tap in positions.map { tap < $0.count ? Int32($0[tap].index) : 0 } }
        weights = (0..<taps).flatMap { tap in positions.map { tap < $0.count ? $0[tap].weight : 0 } }
    }

    func run(_ operands: [UnsafeMutableRawPointer]) {
        CVectors_resample(
            operands[0].assumingMemoryBound(to: Float.self), operands[1].assumingMemoryBound(to: Float.self),
            lines.outer, lines.length, count, lines.inner, indices, weights, counts, taps)
    }
}
