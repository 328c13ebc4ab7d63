// TRANSPOSE_CONV, and MediaPipe's Convolution2DTransposeBias.
import NetworkGraph

extension TFLiteImporter {
    /// The result's shape, weights O×H×W×I, the input, biases. Padding is what the convolution would have that leads
    /// from the result to the input.
    mutating func transposedConvolution(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let shape = try operands.integers(0, "the shape")
        guard shape.count == 4 else { throw .invalid("a shape of \(shape)") }
        let strides = (
            rows: try operands.extent(2, "stride_h"), columns: try operands.extent(1, "stride_w")
        )
        let result = try transposedConvolution(
            operands, operands[2], strides, isSame: try operands.isSame(), biasIndex: 3,
            target: (rows: shape[1], columns: shape[2]))
        return try activated(result, try operands.activation(3))
    }

    /// The input, weights O×H×W×I, biases. Options are TFLite's own record of them in memory: padding (1: SAME,
    /// 2: VALID), strides of columns and of rows, 32 bits each.
    mutating func transposedConvolutionWithBias(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        guard let options = operands.customOptions, options.count >= 12 else {
            throw .invalid("its options are left out")
        }
        let numbers = (0..<3).map { Int(options.load(Int32.self, at: 4 * $0)) }
        guard [1, 2].contains(numbers[0]) else { throw .invalid("padding \(numbers[0])") }
        guard numbers[1...].allSatisfy((1...ImportLimits.window).contains) else {
            throw .invalid("strides \(numbers[2]) and \(numbers[1])")
        }
        return try transposedConvolution(
            operands, operands[0], (rows: numbers[2], columns: numbers[1]), isSame: numbers[0] == 1, biasIndex: 2,
            target: nil)
    }

    /// - Parameter target: rows and columns of the result; nil for what padding and strides give.
    private mutating func transposedConvolution(
        _ operands: TFLiteOperands, _ value: TFLiteValue, _ strides: (rows: Int, columns: Int), isSame: Bool,
        biasIndex: Int, target: (rows: Int, columns: Int)?
    ) throws(ImportFailure) -> TFLiteNode {
        let input = try planar(try node(value))
        let weights = try weights(operands, rank: 4)
        guard weights.extents[3] == input.extents[3] else {
            throw .invalid("weights \(weights.extents) for \(input.extents[3]) channels")
        }
        let rows = try TransposedAxis(
            input.extents[1], kernel: weights.extents[1], stride: strides.rows, isSame: isSame, target: target?.rows)
        let columns = try TransposedAxis(
            input.extents[2], kernel: weights.extents[2], stride: strides.columns, isSame: isSame,
            target: target?.columns)
        let layer = try layer(
            operands, input, weights, channels: weights.extents[0], axis: 0, [3, 0, 1, 2], biasIndex: biasIndex)
        return try windowed(
            .transposedConvolution(
                TransposedConvolution(
                    weights: layer.weights, bias: layer.bias, window: Window(rows: rows.window, columns: columns.window),
                    extraRows: rows.extra, extraColumns: columns.extra)), input)
    }
}

/// How a transposed convolution goes along one axis.
private struct TransposedAxis {
    let window: Window.Axis
    let extra: Int

    init(_ extent: Int, kernel: Int, stride: Int, isSame: Bool, target: Int?) throws(ImportFailure) {
        let largest = ImportLimits.elements
        guard kernel <= ImportLimits.window, extent <= largest else { throw .invalid("a kernel of \(kernel)") }
        let reach = (extent - 1) * stride + kernel
        let target = target ?? (isSame ? extent * stride : reach)
        guard (1...largest).contains(target) else { throw .invalid("\(target) rows or columns") }
        let near = isSame ? Window.Axis(kernel: kernel, stride: stride).same(extent: target).near : 0
        let over = reach - near - target
        window = Window.Axis(kernel: kernel, stride: stride, near: near, far: max(over, 0))
        extra = max(-over, 0)
    }
}
