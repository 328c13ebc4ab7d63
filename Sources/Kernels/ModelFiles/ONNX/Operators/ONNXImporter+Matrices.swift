// Products of matrices and normalisations: Gemm, MatMul, BatchNormalization, LRN.
import NetworkGraph

extension ONNXImporter {
    /// alpha · A B + beta · C.
    mutating func gemm(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let (alpha, beta) = (try operands.float("alpha") ?? 1, try operands.float("beta") ?? 1)
        let (transposesA, transposesB) = (try operands.flag("transA"), try operands.flag("transB"))
        // Before opset 7: C may repeat, as it always may since.
        operands.ignore("broadcast")
        guard try extents(operands[0]).count == 2, try extents(operands[1]).count == 2 else {
            throw .invalid("A and B must be matrices")
        }
        let a = transposesA ? try transposed(operands[0], [1, 0]) : operands[0]
        var result: ONNXValue
        var addend = operands[2]
        if case .constant(let constant) = operands[1] {
            // y = x Wᵀ + b, W's rows being outputs.
            let (weights, grid) = try layerWeights(constant, transposes: !transposesB, scale: alpha)
            var bias = [Float](repeating: 0, count: weights.shape[0])
            if case .constant(let constant) = addend, let row = constant.row(count: bias.count) {
                bias = row.map { $0 * beta }
                addend = .absent
            }
            result = try emit(.fullyConnected(FullyConnected(weights: weights, bias: bias, weightGrid: grid)), a)
        } else {
            let b = transposesB ? try transposed(operands[1], [1, 0]) : operands[1]
            result = try emit(.matrixMultiplication, a, b)
            if alpha != 1 { result = try emit(.binary(.multiply), result, .constant(.scalar(alpha))) }
        }
        if case .absent = addend { return result }
        if beta != 1 { addend = try emit(.binary(.multiply), addend, .constant(.scalar(beta))) }
        return try broadcast(.add, result, addend, into: try extents(result))
    }

    /// A matrix with its rows as a layer's outputs, and their grids.
    private mutating func layerWeights(
        _ matrix: ONNXConstant, transposes: Bool, scale: Float
    ) throws(ImportFailure) -> (Tensor, WeightGrid?) {
        if transposes || scale != 1 {
            guard draft.copyWeights(matrix.elements.count) else {
                throw .unsupported("too many layers share their weights, but not as they are")
            }
        }
        let matrix = transposes ? matrix.transposed([1, 0]) : matrix
        guard let rows = matrix.tensor else { throw .invalid("the matrix must hold floats, one at least") }
        if scale == 1 { return (rows, matrix.grid?.ofRows) }
        return (Tensor(rows.shape, rows.values.map { $0 * scale }), nil)
    }

    /// Matrices of the last two axes; a vector is a row on the left and a column on the right.
    mutating func matrixMultiplication(_ a: ONNXValue, _ b: ONNXValue) throws(ImportFailure) -> ONNXValue {
        let (first, second) = (try extents(a), try extents(b))
        guard !first.isEmpty, !second.isEmpty, !(first + second).contains(0) else {
            throw .invalid("cannot multiply \(first) and \(second)")
        }
        let left = first.count == 1 ? [1] + first : first
        let right = second.count == 1 ? second + [1] : second
        let product: ONNXValue
        if case .constant(let constant) = b, right.count == 2 {
            // All rows of the left side at once, as a fully connected layer.
            guard left.last == right[0] else { throw .invalid("cannot multiply \(first) and \(second)") }
            let (weights, grid) = try layerWeights(constant.reshaped(right), transposes: true, scale: 1)
            let layer = FullyConnected(
                weights: weights, bias: [Float](repeating: 0, count: right[1]), weightGrid: grid)
            let rows = left.dropLast().reduce(1, *)
            let flat = try emit(.fullyConnected(layer), try reshaped(a, [rows, right[0]]))
            product = try reshaped(flat, Array(left.dropLast()) + [right[1]])
        } else {
            product = try emit(.matrixMultiplication, try reshaped(a, left), try reshaped(b, right))
        }
        var result = try extents(product)
        if second.count == 1 { result.removeLast() }
        if first.count == 1 { result.remove(at: result.count - (second.count == 1 ? 1 : 2)) }
        return try reshaped(product, result)
    }

    /// y = scale · (x − mean) ÷ √(variance + epsilon) + bias, as a multiplication and an addition by channel; what
    /// stands in front of them takes them in where it can.
    mutating func batchNormalization(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let epsilon = Double(try operands.float("epsilon") ?? 1e-5)
        operands.ignore("momentum", "is_test")
        try operands.require("spatial", 1)
        try operands.require("training_mode", 0)
        let extents = try extents(operands[0])
        guard extents.count >= 2 else { throw .invalid("\(extents) has no channel axis") }
        let parameters = (
            scale: try operands.tensor(1, "scales"), bias: try operands.tensor(2, "biases"),
            mean: try operands.tensor(3, "means"), variance: try operands.tensor(4, "variances")
        )
        for tensor in [parameters.scale, parameters.bias, parameters.mean, parameters.variance]
        where tensor.shape.count != extents[1] {
            throw .invalid("\(tensor.shape.count) parameters for \(extents[1]) channels")
        }
        var (scales, shifts): ([Float], [Float]) = ([], [])
        for channel in 0..<extents[1] {
            let variance = Double(parameters.variance.values[channel])
            let scale = Double(parameters.scale.values[channel]) / (variance + epsilon).squareRoot()
            scales.append(Float(scale))
            shifts.append(
                Float(Double(parameters.bias.values[channel]) - Double(parameters.mean.values[channel]) * scale))
        }
        let shape = [extents[1]] + [Int](repeating: 1, count: extents.count - 2)
        let scaled = try emit(
            .binary(.multiply), operands[0], .constant(ONNXConstant(shape, .floats(scales))))
        return try emit(.binary(.add), scaled, .constant(ONNXConstant(shape, .floats(shifts))))
    }

    mutating func localResponseNormalization(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard let size = try operands.integer("size"), (1...ImportLimits.window).contains(size) else {
            throw .invalid("size must be from 1 to \(ImportLimits.window)")
        }
        return try emit(
            .localResponseNormalization(
                LocalResponseNormalization(
                    size: size, alpha: try operands.float("alpha") ?? 0.0001, beta: try operands.float("beta") ?? 0.75,
                    bias: try operands.float("bias") ?? 1)),
            operands[0])
    }
}

extension ONNXConstant {
    /// - Precondition: the permutation orders the axes.
    func transposed(_ permutation: [Int]) -> ONNXConstant {
        moved(
            to: permutation.map { extents[$0] }, grid: grid?.transposed(permutation),
            floats: { Reference.transpose($0, extents, permutation) },
            integers: { Reference.transpose($0, extents, permutation) })
    }

    /// What is added to each row of a matrix; nil if rows differ.
    fileprivate func row(count: Int) -> [Float]? {
        guard case .floats(let values) = elements, extents.dropLast().allSatisfy({ $0 == 1 }) else { return nil }
        if values.count == 1 { return [Float](repeating: values[0], count: count) }
        return values.count == count ? values : nil
    }
}
