// Convolutions of bytes: weights as whole numbers, and what takes sums of products to the result's grid. (Zero points
// behind the sums as in B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
// Integer-Arithmetic-Only Inference", 2018.)
import NetworkGraph

/// The grids that a layer's values lie on. q is signed.
struct LayerGrids {
    let input: QuantizationGrid
    let weights: WeightGrid
    /// nil for floats.
    let output: QuantizationGrid?
    let addend: QuantizationGrid?

    /// Steps of the result in one of what is added.
    var addendFactor: Float { (addend?.scale ?? 0) / (output?.scale ?? 1) }

    /// Bytes in an int.
    static let channelsPerWord = 4

    /// What takes an output channel's sum of products, in steps of both grids, to the result: sum · factor + offset.
    func rescaling(_ channel: Int, bias: Float) -> (factor: Float, offset: Float) {
        let step = Double(output?.scale ?? 1)
        let addendZero = Double(addend?.zeroPoint ?? 0) * Double(addend?.scale ?? 0)
        return (
            Float(Double(input.scale) * Double(weights[channel].scale) / step),
            Float((Double(bias) - addendZero) / step)
        )
    }

    /// What lies around the input: at least as many bytes as these.
    func outside(_ count: Int) -> [Int32] {
        let byte = Int32(UInt8(bitPattern: Int8(input.zeroPoint)))
        return [Int32](repeating: byte &* 0x0101_0101, count: count.dividedRoundingUp(by: Self.channelsPerWord))
    }
}

extension ConvolutionLaunch {
    /// The convolution kernel, and its weights: four rows of whole numbers and floats, one an output channel; blocks of
    /// output channels, four input channels by four and tap by tap; what lies around the input.
    func quantizedDirect(node: Network.NodeID, constant: Int) -> (OpenCLStep, [Int32]) {
        let (grids, blocks, perWord) = (grids!, blocks, LayerGrids.channelsPerWord)
        let (area, inputs) = (layer.window.height * layer.window.width, layer.weights.shape[1])
        let words = inputs.dividedRoundingUp(by: perWord)
        let steps = grids.weights.steps(layer.weights).map { Int32($0) }
        // In bytes as they are, or else with their grid's own zero points.
        let isShifted = !steps.allSatisfy { (-128...127).contains($0) }

        let weightBase = 4 * blocks.outputs
        var packed = [Int32](repeating: 0, count: weightBase + blocks.outputs * area * words)
        for output in 0..<layer.outputChannels {
            let place = blocks.place(output)
            let weights = steps[output * inputs * area..<(output + 1) * inputs * area]
            let zeroPoint = isShifted ? grids.weights.signedZeroPoint(output) : 0
            let rescaling = grids.rescaling(output, bias: layer.bias[output])
            // Σ (x − zx) (w − zw) = Σ x w − zw Σ x − zx Σ (w − zw); the kernel starts from the last and adds up the
            // others.
            packed[place.all] = 0 &- Int32(grids.input.zeroPoint) &* weights.reduce(0, &+)
            packed[place.all + blocks.outputs] = Int32(bitPattern: rescaling.factor.bitPattern)
            packed[place.all + 2 * blocks.outputs] = Int32(bitPattern: rescaling.offset.bitPattern)
            packed[place.all + 3 * blocks.outputs] = Int32(zeroPoint)
            for tap in 0..<area {
                for input in 0..<inputs {
                    let byte = Int8(weights[weights.startIndex + input * area + tap] + Int32(zeroPoint))
                    let row = tap * words + input / perWord
                    packed[weightBase + place.rows + row * blocks.rowStep] |=
                        Int32(UInt8(bitPattern: byte)) << Int32(8 * (input % perWord))
                }
            }
        }
        let outside = packed.count
        packed += grids.outside(words * perWord)

        var options = traits.dotProduct.map { " " + $0.buildOption } ?? ""
        if isShifted { options += " -DSHIFTED_WEIGHTS" }
        let distances =
            [source.base, source.image, source.row, source.pixel] + (layer.groups > 1 ? [groupSteps.source] : [])
        if distances.allSatisfy({ $0.isMultiple(of: perWord) }) { options += " -DALIGNED" }
        let step = direct(
            node, blocks, constant: constant, weightBase: weightBase, zeros: outside, options: options)
        return (step, packed)
    }

    /// The depthwise kernel, and its weights, all floats: a row of factors and one of offsets, then one of whole
    /// numbers for each tap; what lies around the input.
    func quantizedDepthwise(node: Network.NodeID, constant: Int) -> (OpenCLStep, [Int32]) {
        let (grids, padded, area) = (grids!, paddedChannels, rows.kernel * columns.kernel)
        let steps = grids.weights.steps(layer.weights)
        var packed = [Float](repeating: 0, count: padded * (2 + area))
        for channel in 0..<target.channels {
            let weights = steps[channel * area..<(channel + 1) * area]
            let rescaling = grids.rescaling(channel, bias: layer.bias[channel])
            (packed[channel], packed[padded + channel]) = (rescaling.factor, rescaling.offset)
            for (tap, weight) in weights.enumerated() { packed[(2 + tap) * padded + channel] = weight }
        }
        let step = depthwise(node, constant: constant, weightBase: 2 * padded, zeros: packed.count)
        return (step, packed.map { Int32(bitPattern: $0.bitPattern) } + grids.outside(traits.width))
    }
}

extension WeightGrid {
    /// An output channel's zero point where q is signed.
    fileprivate func signedZeroPoint(_ channel: Int) -> Int { self[channel].zeroPoint - (isSigned ? 0 : 128) }
}
