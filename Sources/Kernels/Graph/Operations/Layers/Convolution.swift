// 2-D convolution with weights: its parameters and its meaning. A value.

/// 2-D convolution (cross-correlation) with zero padding, bias and activation.
public struct Convolution: Sendable {
    /// outputChannels × (inputChannels ÷ groups) × height × width.
    public let weights: Tensor
    /// One value an output channel.
    public let bias: [Float]
    public let window: Window
    public let groups: Int
    public let activation: Activation
    /// The grid of 8-bit weights; nil for any other.
    public let weightGrid: WeightGrid?

    /// - Precondition: the window's kernel is the weights', one bias an output channel, groups divide the outputs, the
    ///   weights lie on their grid.
    public init(
        weights: Tensor, bias: [Float], window: Window, groups: Int = 1, activation: Activation = .identity,
        weightGrid: WeightGrid? = nil
    ) {
        precondition(weights.shape.rank == 4 && bias.count == weights.shape[0])
        precondition(weights.shape[2] == window.height && weights.shape[3] == window.width)
        precondition(groups > 0 && weights.shape[0] % groups == 0)
        (self.weights, self.bias, self.window) = (weights, bias, window)
        precondition([1, bias.count].contains(weightGrid?.scales.count ?? 1), "a grid, or one an output channel")
        (self.groups, self.activation, self.weightGrid) = (groups, activation, weightGrid)
    }

    public var outputChannels: Int { weights.shape[0] }
    public var inputChannels: Int { weights.shape[1] * groups }
    /// One input channel and one output channel a group.
    public var isDepthwise: Bool { groups > 1 && weights.shape[1] == 1 && outputChannels == groups }
}

extension Convolution: FusableLayer {
    package var name: String { isDepthwise ? "depthwise" : "convolution" }
    package var inputCount: ClosedRange<Int> { 1...1 }
    package var structure: String {
        "\(weights.shape) \(window.structure) \(groups) \(activation.structure) \(weightGrid.structure)"
    }
    package var quantizedUse: QuantizedUse { .computes }
    package var parameters: LayerParameters { (weights, bias, weightGrid) }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try inputs[0].checkFeatureMap(for: name)
        guard inputs[0][1] == inputChannels else {
            throw ShapeMismatch(reason: "weights are for \(inputChannels) channels, the input has \(inputs[0][1])")
        }
        let size = try window.checkedSize(inputs[0])
        return try .checked([inputs[0][0], outputChannels, size.height, size.width])
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int {
        output.count(times: weights.shape.count / outputChannels)
    }

    /// Cross-correlation, a row of outputs at a time: y[o] = b[o] + Σ w[o,i,kh,kw] · x[i, …].
    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let (batch, channels, height, width) = inputs[0].shape.nchw
        let (_, _, outputHeight, outputWidth) = output.shape.nchw
        let inputsPerGroup = channels / groups
        let outputsPerGroup = outputChannels / groups
        let input = inputs[0].values.baseAddress!
        var sums = [Double](repeating: 0, count: outputWidth)
        weights.values.withUnsafeBufferPointer { weights in
            sums.withUnsafeMutableBufferPointer { sums in
                for n in 0..<batch {
                    for o in 0..<outputChannels {
                        let firstInput = o / outputsPerGroup * inputsPerGroup
                        for row in 0..<outputHeight {
                            sums.update(repeating: Double(bias[o]))
                            for i in 0..<inputsPerGroup {
                                for kh in 0..<window.height {
                                    let y = row * window.rows.stride + kh * window.rows.dilation - window.rows.near
                                    guard (0..<height).contains(y) else { continue }
                                    let tap = ((o * inputsPerGroup + i) * window.height + kh) * window.width
                                    let source = ((n * channels + firstInput + i) * height + y) * width
                                    addRow(weights.baseAddress! + tap, input + source, width, sums)
                                }
                            }
                            let start = ((n * outputChannels + o) * outputHeight + row) * outputWidth
                            for x in 0..<outputWidth { output.values[start + x] = activation.rounded(sums[x]) }
                        }
                    }
                }
            }
        }
    }

    /// Adds one kernel row over one input row to a row of sums; what lies outside the row is zero.
    private func addRow(
        _ weights: UnsafePointer<Float>, _ input: UnsafePointer<Float>, _ width: Int,
        _ sums: UnsafeMutableBufferPointer<Double>
    ) {
        let (stride, dilation, near) = (window.columns.stride, window.columns.dilation, window.columns.near)
        for kw in 0..<window.width {
            let weight = Double(weights[kw])
            // Output column x reads input column x · stride + offset.
            let offset = kw * dilation - near
            let first = offset >= 0 ? 0 : (-offset + stride - 1) / stride
            let end = width > offset ? min(sums.count, (width - offset - 1) / stride + 1) : 0
            guard first < end else { continue }
            for x in first..<end { sums[x] += weight * Double(input[x &* stride &+ offset]) }
        }
    }
}

extension WeightGrid? {
    /// What decides how a layer is computed: not the scales' values.
    var structure: String {
        map { grid in
            "\(grid.isSigned) \(grid.scales.count == 1) \(grid.zeroPoints.allSatisfy { $0 == 0 })"
        } ?? ""
    }
}
