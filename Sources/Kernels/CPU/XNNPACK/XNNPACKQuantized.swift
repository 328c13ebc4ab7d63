// What XNNPACK is asked to compute on bytes, and what it can't. Values, made when compiling.
import CXNNPACK
import NetworkGraph

/// A layer with weights from bytes to bytes, as a convolution. Sums are scaled and rounded inside of it, ties to even.
struct XNNPACKQuantizedConvolution: Sendable {
    let layer: Convolution
    let input: QuantizationGrid
    let output: QuantizationGrid
    /// Bounds of the result's q.
    let bounds: ClosedRange<Int>

    /// Pairs of products are added in 16 bits somewhere, which those of −128 don't fit in.
    private static let signedWeights: ClosedRange<Float> = -127...127
    /// Of a step of the sums, in steps of the result's grid. (2022 shifts sums of unsigned bytes by up to 32 on Arm.)
    private static let signedScales: Range<Double> = 0x1p-120..<256
    private static let unsignedScales: Range<Double> = 0x1p-32..<256
    /// Sums have 32 bits, with the biases.
    private static let largestSum = 0x1p31

    /// - Parameters:
    ///   - layer: has weights on a grid.
    ///   - input: signed if the output is.
    ///   - activation: of the result, instead of the layer's own.
    /// - Returns: nil if XNNPACK can't: unsigned bytes want weights on one grid, signed ones want signed bytes
    ///   once zero points are taken off.
    init?(_ layer: Convolution, _ input: QuantizationGrid, _ output: QuantizationGrid, _ activation: Activation) {
        precondition(input.isSigned == output.isSigned, "bytes of two kinds")
        let bounds = output.bounds(activation)
        // It doesn't clamp to a single number.
        guard XNNPACK.initialization == nil, let weights = layer.weightGrid, bounds.count > 1,
            input.scale.isNormal, output.scale.isNormal
        else { return nil }
        if output.isSigned {
            let row = layer.weights.shape.count / layer.outputChannels
            for channel in layer.bias.indices {
                let steps = weights.stepRange(layer.weights.values[channel * row..<(channel + 1) * row], channel)
                guard Self.signedWeights.contains(steps.lowerBound), Self.signedWeights.contains(steps.upperBound)
                else { return nil }
            }
        } else if weights.scales.count > 1 {
            return nil
        }
        let scales = output.isSigned ? Self.signedScales : Self.unsignedScales
        let largestProducts = Double(255 * 255 * (layer.weights.shape.count / layer.outputChannels))
        for (channel, bias) in layer.bias.enumerated() {
            let unit = Double(input.scale) * Double(weights[channel].scale)
            guard scales.contains(Double(Float(unit / Double(output.scale)))), weights[channel].scale.isNormal,
                abs(Double(bias) / unit) + largestProducts < Self.largestSum
            else { return nil }
        }
        (self.layer, self.input, self.output, self.bounds) = (layer, input, output, bounds)
    }

    /// The mean of a window without padding: a depthwise convolution with weights of 1.
    init?(
        averaging pooling: Pooling, channels: Int, _ input: QuantizationGrid, _ output: QuantizationGrid,
        _ activation: Activation
    ) {
        let window = pooling.window
        guard window.padding == .none else { return nil }
        let mean = 1 / Float(window.height * window.width)
        let shape = Shape([channels, 1, window.height, window.width])
        self.init(
            Convolution(
                weights: Tensor(shape, [Float](repeating: mean, count: shape.count)),
                bias: [Float](repeating: 0, count: channels), window: window, groups: channels,
                weightGrid: WeightGrid(scales: [mean], zeroPoints: [0], isSigned: true)),
            input, output, activation)
    }

    var isSigned: Bool { output.isSigned }

    /// In steps of the sums.
    var biases: [Int32] {
        layer.bias.enumerated().map { channel, bias in
            let unit = Double(input.scale) * Double(layer.weightGrid![channel].scale)
            return Int32((Double(bias) / unit).rounded(.toNearestOrEven))
        }
    }

    /// One, or one an output channel where bytes are signed.
    var kernelScales: [Float] {
        let grid = layer.weightGrid!
        return isSigned ? layer.bias.indices.map { grid[$0].scale } : grid.scales
    }

    /// Of unsigned weights.
    var kernelZeroPoint: Int { isSigned ? 0 : layer.weightGrid![0].on(signed: false).zeroPoint }

    /// Bytes: outputs × rows × columns × (inputs ÷ groups).
    var kernel: [UInt8] {
        let zeroPoint = kernelZeroPoint
        return layer.weightGrid!.steps(layer.weights).map { UInt8(truncatingIfNeeded: Int($0) + zeroPoint) }
            .channelsLast(layer.weights.shape)
    }

    var rescaling: CXNNPACK_rescaling {
        CXNNPACK_rescaling(
            is_signed: isSigned ? 1 : 0, input: CXNNPACK_grid(input), output: CXNNPACK_grid(output),
            kernel_zero_point: Int32(kernelZeroPoint), kernel_scales: nil, low: Int32(bounds.lowerBound),
            high: Int32(bounds.upperBound))
    }
}

/// A sum of bytes that lie one after another.
struct XNNPACKQuantizedAddition: Sendable {
    let first: QuantizationGrid
    let second: QuantizationGrid
    let result: QuantizationGrid
    let count: Int

    private static let scales: Range<Float> = 0x1p-10..<256

    /// - Returns: nil if XNNPACK can't: scales may not be too different, nor is there an activation in 2024.
    init?(
        _ first: QuantizationGrid, _ second: QuantizationGrid, _ result: QuantizationGrid, _ activation: Activation,
        count: Int
    ) {
        guard XNNPACK.initialization == nil, result.clamp(activation) == .identity,
            [first, second, result].allSatisfy(\.scale.isNormal),
            [first, second].allSatisfy({ Self.scales.contains($0.scale / result.scale) })
        else { return nil }
        (self.first, self.second, self.result, self.count) = (first, second, result, count)
    }
}

/// The mean of each channel over all pixels.
struct XNNPACKQuantizedMean: Sendable {
    let input: QuantizationGrid
    let output: QuantizationGrid

    private static let scales: Range<Float> = 0x1p-8..<256

    /// - Returns: nil if XNNPACK can't, or not with such an activation.
    init?(_ input: QuantizationGrid, _ output: QuantizationGrid, _ activation: Activation) {
        guard XNNPACK.initialization == nil, output.clamp(activation) == .identity,
            input.scale.isNormal, output.scale.isNormal, Self.scales.contains(input.scale / output.scale)
        else { return nil }
        (self.input, self.output) = (input, output)
    }
}

extension CXNNPACK_grid {
    init(_ grid: QuantizationGrid) { self.init(zero_point: Int32(grid.zeroPoint), scale: grid.scale) }
}

extension Array {
    /// Weights as XNNPACK reads them: outputs × rows × columns × (inputs ÷ groups).
    /// - Parameter kernel: their shape: outputs × (inputs ÷ groups) × rows × columns.
    func channelsLast(_ kernel: Shape) -> [Element] {
        let (outputs, inputs, taps) = (kernel[0], kernel[1], kernel[2] * kernel[3])
        if inputs == 1 || taps == 1 { return self }
        return withUnsafeBufferPointer { values in
            [Element](unsafeUninitializedCapacity: values.count) { result, count in
                for output in 0..<outputs {
                    for input in 0..<inputs {
                        for tap in 0..<taps {
                            result.initializeElement(
                                at: (output &* taps &+ tap) &* inputs &+ input,
                                to: values[(output &* inputs &+ input) &* taps &+ tap])
                        }
                    }
                }
                count = values.count
            }
        }
    }
}
