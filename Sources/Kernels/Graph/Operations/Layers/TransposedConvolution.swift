// Transposed 2-D convolution with weights: its parameters and its meaning. A value.

/// Each element of the input adds its multiple of a window of weights to the result: what a convolution does to gradients
/// (ONNX's ConvTranspose, TensorFlow's conv2d_transpose). Extent = (input − 1) × stride + span − padding + extra.
public struct TransposedConvolution: Sendable {
    /// inputChannels × (outputChannels ÷ groups) × height × width, as in ONNX.
    public let weights: Tensor
    /// One value an output channel.
    public let bias: [Float]
    /// Strides and dilations of the result; padding is cut off it.
    public let window: Window
    /// Rows and columns added behind what the window reaches.
    public let extraRows: Int
    public let extraColumns: Int
    public let groups: Int

    /// - Precondition: the window's kernel is the weights', groups divide the channels, one bias an output channel.
    public init(
        weights: Tensor, bias: [Float], window: Window, extraRows: Int = 0, extraColumns: Int = 0, groups: Int = 1
    ) {
        precondition(weights.shape.rank == 4 && groups > 0 && bias.count == weights.shape[1] * groups)
        precondition(weights.shape[2] == window.height && weights.shape[3] == window.width)
        precondition(weights.shape[0] % groups == 0 && extraRows >= 0 && extraColumns >= 0)
        (self.weights, self.bias, self.window, self.groups) = (weights, bias, window, groups)
        (self.extraRows, self.extraColumns) = (extraRows, extraColumns)
    }

    public var inputChannels: Int { weights.shape[0] }
    public var outputChannels: Int { weights.shape[1] * groups }
}

extension TransposedConvolution: WeightedLayer {
    package var name: String { "transposed_convolution" }
    package var inputCount: ClosedRange<Int> { 1...1 }
    package var structure: String { "\(weights.shape) \(window.structure) \(extraRows) \(extraColumns) \(groups)" }
    package var parameters: LayerParameters { (weights, bias, nil) }

    package func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int {
        inputs[0].count * (weights.shape.count / inputChannels)
    }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        let input = inputs[0]
        try input.checkFeatureMap(for: name)
        guard input[1] == inputChannels else {
            throw ShapeMismatch(reason: "weights are for \(inputChannels) channels, the input has \(input[1])")
        }
        let rows = try Self.extent(input[2], window.rows, extraRows)
        let columns = try Self.extent(input[3], window.columns, extraColumns)
        return try .checked([input[0], outputChannels, rows, columns])
    }

    private static func extent(_ input: Int, _ axis: Window.Axis, _ extra: Int) throws(ShapeMismatch) -> Int {
        let (steps, overflow) = (input - 1).multipliedReportingOverflow(by: axis.stride)
        guard !overflow, steps <= Int.max / 4, axis.span <= Int.max / 4, abs(axis.near) <= Int.max / 8,
            abs(axis.far) <= Int.max / 8, extra <= Int.max / 8
        else { throw ShapeMismatch(reason: "the result would be too large") }
        return steps + axis.span - axis.near - axis.far + extra
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int {
        max(output.count, inputs[0].count(times: weights.shape.count / inputChannels))
    }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (batch, channels, height, width) = inputs[0].shape.nchw
        let (_, _, outputHeight, outputWidth) = output.shape.nchw
        let (inputsPerGroup, outputsPerGroup) = (channels / groups, outputChannels / groups)
        var sums = [Double](repeating: 0, count: outputHeight * outputWidth)
        for n in 0..<batch {
            for o in 0..<outputChannels {
                for place in sums.indices { sums[place] = Double(bias[o]) }
                let group = o / outputsPerGroup
                for i in group * inputsPerGroup..<(group + 1) * inputsPerGroup {
                    let source = (n * channels + i) * height * width
                    let tap = (i * outputsPerGroup + o % outputsPerGroup) * window.height * window.width
                    for place in 0..<height * width {
                        let value = Double(inputs[0].values[source + place])
                        add(value, place / width, place % width, tap, to: &sums, outputHeight, outputWidth)
                    }
                }
                let start = (n * outputChannels + o) * sums.count
                for (place, sum) in sums.enumerated() { output.values[start + place] = Float(sum) }
            }
        }
    }

    /// What one element of the input adds to a plane of the result; what is cut off is left out.
    private func add(
        _ value: Double, _ row: Int, _ column: Int, _ tap: Int, to sums: inout [Double], _ height: Int, _ width: Int
    ) {
        for kh in 0..<window.height {
            let y = row * window.rows.stride + kh * window.rows.dilation - window.rows.near
            guard (0..<height).contains(y) else { continue }
            for kw in 0..<window.width {
                let x = column * window.columns.stride + kw * window.columns.dilation - window.columns.near
                guard (0..<width).contains(x) else { continue }
                sums[y * width + x] += value * Double(weights.values[tap + kh * window.width + kw])
            }
        }
    }
}
