// Normalisation by mean and variance, by a loop of our own. A value, used on the thread of its context.
import CVectors
import NetworkGraph

struct CPUNormalization: CPULoop {
    private let layer: Normalization
    private let outer: Int
    private let rows: Int
    private let run: Int
    private let isAlong: Bool
    private let step: Int
    private let outerOffsets: [Int32]
    private let rowOffsets: [Int32]

    /// An axis as it lies in memory, and from one of its positions to the next among the parameters.
    private struct Axis {
        let extent: Int
        let step: Int
        let isReduced: Bool
    }

    /// For values of these extents that lie in an order, and scales and biases of `parameters`' extents.
    /// - Returns: nil where lines don't lie behind one another, or parameters neither repeat nor lie along them.
    init?(_ layer: Normalization, _ order: CPUOrder, _ extents: [Int], parameters: [Int]) {
        // What fills up blocks has to stay zero.
        if case .blocked(let size) = order, !extents[1].isMultiple(of: size) { return nil }
        let steps = zip(parameters, Reference.strides(parameters)).map { $0 == 1 ? 0 : $1 }
        var axes: [Axis] = []
        // Of an axis in blocks, the inner part counts faster.
        for (index, axis) in order.axes(extents).enumerated() where axis.extent > 1 {
            var step = steps[axis.axis]
            if case .blocked(let size) = order, index == 1 { step *= size }
            axes.append(Axis(extent: axis.extent, step: step, isReduced: layer.axes.contains(axis.axis)))
        }
        guard let first = axes.firstIndex(where: \.isReduced), let last = axes.lastIndex(where: \.isReduced),
            axes[first...last].allSatisfy(\.isReduced)
        else { return nil }
        isAlong = last == axes.count - 1
        // What parameters repeat along, or lie along.
        var start = axes.count - 1
        guard axes[start].step <= 1 else { return nil }
        while start > (isAlong ? first : last + 1), axes[start - 1].step == axes[start].step * axes[start].extent {
            start -= 1
        }
        guard isAlong || start == last + 1 else { return nil }
        self.layer = layer
        step = axes[axes.count - 1].step
        outer = Self.count(axes[..<first])
        rows = Self.count(axes[first..<start])
        run = Self.count(axes[start...])
        outerOffsets = Self.offsets(axes[..<first])
        rowOffsets = Self.offsets(axes[first..<start])
    }

    private static func count(_ axes: ArraySlice<Axis>) -> Int { axes.reduce(1) { $0 * $1.extent } }

    /// Of all positions along some axes.
    private static func offsets(_ axes: ArraySlice<Axis>) -> [Int32] {
        axes.reduce([0]) { offsets, axis in
            offsets.flatMap { offset in (0..<axis.extent).map { offset + Int32($0 * axis.step) } }
        }
    }

    /// - Parameter operands: x, scales and biases as far as there are any, the result.
    func run(_ operands: [UnsafeMutableRawPointer]) {
        let floats = operands.map { UnsafePointer($0.assumingMemoryBound(to: Float.self)) }
        outerOffsets.withUnsafeBufferPointer { outerOffsets in
            rowOffsets.withUnsafeBufferPointer { rowOffsets in
                var form = CVectors_Normalization(
                    outer: outer, rows: rows, run: run, isAlong: isAlong ? 1 : 0, isCentred: layer.isCentred ? 1 : 0,
                    epsilon: layer.epsilon, outerOffsets: outerOffsets.baseAddress,
                    rowOffsets: rowOffsets.baseAddress, step: step)
                CVectors_normalize(
                    floats[0], operands[operands.count - 1].assumingMemoryBound(to: Float.self), &form,
                    floats.count > 2 ? floats[1] : nil, floats.count > 3 ? floats[2] : nil)
            }
        }
    }
}
