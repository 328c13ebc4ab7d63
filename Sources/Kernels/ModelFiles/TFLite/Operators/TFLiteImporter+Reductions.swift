// Operators along axes: sums, means, largest elements and where they are, SOFTMAX, normalisation.
import NetworkGraph

extension TFLiteImporter {
    /// Over the axes that the second input names.
    mutating func reduce(_ kind: Reduction.Kind, _ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var input = try unflattened(try node(operands[0]))
        var axes: Set<Int> = []
        for axis in try operands.integers(1, "axes") {
            axes.insert(try normalizedAxis(axis, rank: input.extents.count))
        }
        // A map in the file's order becomes planes, as what made it most likely did.
        if kind == .mean, input.extents.count == 4, axes == [1, 2] { input = try planar(input) }
        let reduced = try reduced(kind, input, axes)
        guard try !operands.flag(0, "keep_dims") else { return reduced }
        return try reshaped(reduced, input.extents.indices.filter { !axes.contains($0) }.map { input.extents[$0] })
    }

    /// The axes stay with extent 1.
    private mutating func reduced(
        _ kind: Reduction.Kind, _ input: TFLiteNode, _ axes: Set<Int>
    ) throws(ImportFailure) -> TFLiteNode {
        let draftAxes = axes.map(input.draftAxis).sorted()
        let isGlobal = kind == .mean && input.order == .planar && draftAxes == [2, 3]
        let id = try emit(isGlobal ? .globalAveragePooling : .reduction(Reduction(kind, axes: draftAxes)), input.id)
        let extents = input.extents.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
        // The largest of a grid's numbers is one of them; sums needn't be.
        let picks = kind == .maximum || kind == .minimum
        return TFLiteNode(id, extents, input.order, grid: picks ? input.grid : nil)
    }

    /// A value with a place for each axis, and its last one.
    private mutating func lastAxis(_ operands: TFLiteOperands) throws(ImportFailure) -> (TFLiteNode, axis: Int) {
        let input = try unflattened(try node(operands[0]))
        guard !input.extents.isEmpty else { throw .invalid("a scalar has no axis") }
        return (input, input.extents.count - 1)
    }

    /// Over the last axis: e^(beta · x) ÷ Σ e^(beta · x).
    mutating func softmax(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var (input, axis) = try lastAxis(operands)
        let beta = try operands.float(0, "beta") ?? 1
        guard beta.isFinite else { throw .invalid("beta is \(beta)") }
        if beta != 1 { input = try applied(.multiply, input, beta) }
        return TFLiteNode(try emit(.softmax(axis: input.draftAxis(axis)), input.id), input.extents, input.order)
    }

    mutating func logSoftmax(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let (input, axis) = try lastAxis(operands)
        return TFLiteNode(try emit(.logSoftmax(axis: input.draftAxis(axis)), input.id), input.extents, input.order)
    }

    /// Over the last axis: x ÷ √Σ x², or ÷ 10⁻⁶ where that is more.
    mutating func l2Normalization(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let (input, axis) = try lastAxis(operands)
        let norm = try applied(.squareRoot, try reduced(.sum, try square(input), [axis]))
        let divisor = try applied(.maximum, norm, 1e-6)
        let result = TFLiteNode(try emit(.binary(.divide), input.id, divisor.id), input.extents, input.order)
        return try activated(result, try operands.activation(0))
    }

    /// Over neighbouring channels. The file's alpha is for the sum of squares, not for their mean.
    mutating func localResponseNormalization(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var result = try planar(try node(operands[0]))
        let radius = try operands.integer(0, "radius")
        guard (0...ImportLimits.window).contains(radius) else { throw .invalid("a radius of \(radius)") }
        let size = 2 * radius + 1
        let (bias, alpha) = (try operands.float(1, "bias") ?? 0, try operands.float(2, "alpha") ?? 0)
        let beta = try operands.float(3, "beta") ?? 0
        guard [bias, alpha, beta].allSatisfy(\.isFinite) else { throw .invalid("\(bias), \(alpha), \(beta)") }
        let layer = LocalResponseNormalization(size: size, alpha: alpha * Float(size), beta: beta, bias: bias)
        result.id = try emit(.localResponseNormalization(layer), result.id)
        result.grid = nil
        return result
    }

    /// Where the largest or the smallest element is, the first of equals.
    mutating func argMax(_ operands: TFLiteOperands, takesLargest: Bool) throws(ImportFailure) -> TFLiteNode {
        var input = try unflattened(try node(operands[0]))
        let axis = try normalizedAxis(try operands.integer(input: 1, "the axis"), rank: input.extents.count)
        if !takesLargest { input = try applied(.negation, input) }
        var result = TFLiteNode(
            try emit(.argMax(axis: input.draftAxis(axis), selectsLast: false), input.id), input.extents, input.order)
        result.extents[axis] = 1
        return try reshaped(result, input.extents.indices.filter { $0 != axis }.map { input.extents[$0] })
    }

    /// Along the last axis: the largest elements, and where they are.
    mutating func topK(_ operands: TFLiteOperands) throws(ImportFailure) -> [TFLiteNode] {
        let (input, axis) = try lastAxis(operands)
        let count = try operands.integer(input: 1, "the count")
        guard (1...input.extents[axis]).contains(count) else {
            throw .invalid("\(count) of \(input.extents[axis]) elements")
        }
        var results: [TFLiteNode] = []
        for result in [TopK.Result.values, .positions] {
            let topK = TopK(count, axis: input.draftAxis(axis), giving: result)
            var node = TFLiteNode(try emit(.topK(topK), input.id), input.extents, input.order)
            node.extents[axis] = count
            node.grid = result == .values ? input.grid : nil
            results.append(node)
        }
        return results
    }

    mutating func cumulativeSum(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let input = try unflattened(try node(operands[0]))
        let axis = try normalizedAxis(try operands.integer(input: 1, "the axis"), rank: input.extents.count)
        let sum = CumulativeSum(
            axis: input.draftAxis(axis), isExclusive: try operands.flag(0, "exclusive"),
            isReversed: try operands.flag(1, "reverse"))
        return TFLiteNode(try emit(.cumulativeSum(sum), input.id), input.extents, input.order)
    }

    /// Products of matrices; each may be turned first.
    mutating func matrixMultiplication(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var sides: [TFLiteNode] = []
        for index in 0..<2 {
            var side = try stated(try node(operands[index]))
            let rank = side.extents.count
            guard rank >= 2 else { throw .invalid("\(side.extents) is no matrix") }
            if try operands.flag(index, index == 0 ? "adj_x" : "adj_y") {
                var permutation = Array(0..<rank)
                permutation.swapAt(rank - 2, rank - 1)
                side.extents.swapAt(rank - 2, rank - 1)
                side.id = try emit(.transpose(permutation), side.id)
            }
            sides.append(side)
        }
        let id = try emit(.matrixMultiplication, sides[0].id, sides[1].id)
        return TFLiteNode(id, draft.nodes[id].shape.extents)
    }
}
