// A convolution's launch: its arguments, its tile and its weights in the order in which the kernel reads them.

struct ConvolutionLaunch {
    let layer: Convolution
    var source: FeatureMapView
    let target: FeatureMapView
    let addend: FeatureMapView?
    let activation: Activation
    let zeros: Int
    let weightsIndex: Int
    let tuning: OpenCLTuning

    // The window as the kernel walks it.
    private var kernelHeight: Int
    private var kernelWidth: Int
    private var padding: Padding
    private var groupInputs: Int
    /// Floats from one group's inputs, and outputs, to the next.
    var groupSteps: (source: Int, target: Int)

    init(
        layer: Convolution, source: FeatureMapView, target: FeatureMapView, addend: FeatureMapView?,
        activation: Activation, zeros: Int, weightsIndex: Int, tuning: OpenCLTuning
    ) {
        (self.layer, self.source, self.target, self.addend) = (layer, source, target, addend)
        (self.activation, self.zeros, self.weightsIndex, self.tuning) = (activation, zeros, weightsIndex, tuning)
        (kernelHeight, kernelWidth) = (layer.window.height, layer.window.width)
        padding = layer.window.padding
        groupInputs = layer.inputChannels / layer.groups
        groupSteps = (groupInputs, layer.outputChannels / layer.groups)
    }

    /// Takes each row of a window as one tap of kernelWidth × channels values, of an input whose border of zeros lies
    /// in memory.
    mutating func readRows() {
        source.base -= padding.top * source.row + padding.left * source.pixel
        source.height += padding.top + padding.bottom
        source.width += padding.left + padding.right
        groupInputs *= kernelWidth
        kernelWidth = 1
        padding = .none
    }

    /// The direct kernel, and its weights: the biases, then blocks of output channels, input channel by input channel
    /// and tap by tap.
    func direct(node: Network.NodeID) -> (OpenCLStep, [Float]) {
        let groupOutputs = layer.outputChannels / layer.groups
        let pixels = target.batch * target.height * target.width
        let depth = kernelHeight * kernelWidth * groupInputs
        let tile = tuning.tile(pixels: pixels, groups: layer.groups, channels: groupOutputs, depth: depth)
        let block = tile.vectors * tuning.width
        let blocksPerGroup = groupOutputs.dividedRoundingUp(by: block)
        let blocks = blocksPerGroup * layer.groups
        // CPUs stream one block; on GPUs neighbouring items read neighbouring blocks.
        let weightStep = tuning.isCPU ? block : blocks * block
        let blockStep = tuning.isCPU ? depth * block : block

        var arguments: [OpenCLStep.Argument] = [.arena, .weights(weightsIndex)]
        arguments.append(source, withSize: true)
        arguments.append(target, withSize: true)
        arguments.append(optional: addend)
        arguments.append(
            integers: pixels, groupInputs, groupOutputs, groupSteps.source, groupSteps.target, blocksPerGroup)
        arguments.append(
            integers: kernelHeight, kernelWidth, layer.window.rows.stride, layer.window.rows.dilation, padding.top,
            padding.left)
        arguments.append(integers: blocks * block, weightStep, blockStep, zeros)
        arguments.append(activation)

        let pixelItems = pixels.dividedRoundingUp(by: tile.pixels)
        var options = "-DWIDTH=\(tuning.width) -DPIXELS=\(tile.pixels) -DVECTORS=\(tile.vectors)"
        if !tuning.isCPU { options += " -DCHANNELS_FASTEST" }
        let step = OpenCLStep(
            node: node, build: OpenCLBuild(source: .convolution, options: options), kernel: "convolution",
            arguments: arguments, global: tuning.isCPU ? [pixelItems, blocks] : [blocks, pixelItems],
            local: tuning.isCPU ? [1, 1] : nil)
        return (step, packed(block, blocksPerGroup, groupOutputs, weightStep, blockStep))
    }

    private func packed(
        _ block: Int, _ blocksPerGroup: Int, _ groupOutputs: Int, _ weightStep: Int, _ blockStep: Int
    ) -> [Float] {
        let (kernelHeight, kernelWidth) = (layer.window.height, layer.window.width)
        let (area, inputs) = (kernelHeight * kernelWidth, layer.weights.shape[1])
        let start = blocksPerGroup * layer.groups * block
        var packed = [Float](repeating: 0, count: start + start * area * inputs)
        packed.withUnsafeMutableBufferPointer { packed in
            layer.weights.values.withUnsafeBufferPointer { weights in
                for output in 0..<layer.outputChannels {
                    let (group, channel) = output.quotientAndRemainder(dividingBy: groupOutputs)
                    let index = group * blocksPerGroup + channel / block
                    packed[index * block + channel % block] = layer.bias[output]
                    let to = start + index * blockStep + channel % block
                    let from = output * inputs * area
                    for tap in 0..<area {
                        for input in 0..<inputs {
                            packed[to &+ (tap &* inputs &+ input) &* weightStep] = weights[from &+ input &* area &+ tap]
                        }
                    }
                }
            }
        }
        return packed
    }

    /// Repetitions that the programs' prelude defines.
    private static let mostColumns = 15

    /// The depthwise kernel, and its weights: the biases, then a row of channels for each tap.
    func depthwise(node: Network.NodeID) -> (OpenCLStep, [Float]) {
        let vectors = target.channels.dividedRoundingUp(by: tuning.width)
        let padded = vectors * tuning.width
        var arguments: [OpenCLStep.Argument] = [.arena, .weights(weightsIndex)]
        arguments.append(source, withSize: true)
        arguments.append(target, withSize: true)
        arguments.append(optional: addend)
        arguments.append(
            integers: target.channels, kernelHeight, kernelWidth, layer.window.rows.stride, layer.window.rows.dilation,
            padding.top, padding.left, padded, padded, zeros)
        arguments.append(activation)
        let pixels = tuning.depthwisePixels
        var options = "-DWIDTH=\(tuning.width) -DPIXELS=\(pixels)"
        let columns = (pixels - 1) * layer.window.rows.stride + 3
        if kernelWidth == 3 && !layer.window.isDilated && columns <= Self.mostColumns {
            options += " -DSTRIDE=\(layer.window.rows.stride) -DCOLUMNS=\(columns)"
        }
        let step = OpenCLStep(
            node: node, build: OpenCLBuild(source: .depthwise, options: options),
            kernel: "depthwise", arguments: arguments,
            global: [
                vectors, target.width.dividedRoundingUp(by: pixels), target.height * target.batch,
            ],
            local: tuning.isCPU ? [1, 1, 1] : nil)

        let area = kernelHeight * kernelWidth
        var packed = [Float](repeating: 0, count: padded * (1 + area))
        for channel in 0..<target.channels {
            packed[channel] = layer.bias[channel]
            for tap in 0..<area { packed[(1 + tap) * padded + channel] = layer.weights.values[channel * area + tap] }
        }
        return (step, packed)
    }
}
