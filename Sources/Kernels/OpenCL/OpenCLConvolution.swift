// A convolution's launch: its arguments, its tile and its weights in the order in which the kernel reads them.

struct ConvolutionLaunch {
    let layer: Convolution
    var source: FeatureMapView
    let target: FeatureMapView
    let addend: FeatureMapView?
    let activation: Activation
    let way: OpenCLWay
    let traits: OpenCLTraits
    /// What source, target and addend lie in.
    var memory: OpenCLStep.Argument = .arena
    /// Values from one group's inputs, and outputs, to the next.
    var groupSteps: (source: Int, target: Int)

    // The window as the kernel walks it.
    private var rows: Window.Axis
    private var columns: Window.Axis
    private var groupInputs: Int

    init(
        layer: Convolution, source: FeatureMapView, target: FeatureMapView, addend: FeatureMapView?,
        activation: Activation, way: OpenCLWay, traits: OpenCLTraits
    ) {
        (self.layer, self.source, self.target, self.addend) = (layer, source, target, addend)
        (self.activation, self.way, self.traits) = (activation, way, traits)
        (rows, columns) = (layer.window.rows, layer.window.columns)
        groupInputs = layer.inputChannels / layer.groups
        groupSteps = (groupInputs, layer.outputChannels / layer.groups)
    }

    /// Takes each row of a window as one tap of width × channels values, of an input whose border of zeros lies in
    /// memory.
    mutating func readRows() {
        source.base -= rows.near * source.row + columns.near * source.pixel
        source.height += rows.near + rows.far
        source.width += columns.near + columns.far
        groupInputs *= columns.kernel
        rows = Window.Axis(kernel: rows.kernel, stride: rows.stride)
        columns = Window.Axis(kernel: 1, stride: columns.stride)
    }

    /// The convolution kernel, and its weights: the biases, then blocks of output channels, input channel by input
    /// channel and tap by tap.
    /// - Parameter constant: the index that the weights will have.
    func direct(node: Network.NodeID, constant: Int, zeros: Int) -> (OpenCLStep, [Float]) {
        let groupOutputs = layer.outputChannels / layer.groups
        let pixels = target.batch * target.height * target.width
        let depth = rows.kernel * columns.kernel * groupInputs
        let tile = way.tile
        let block = tile.vectors * traits.width
        let blocksPerGroup = groupOutputs.dividedRoundingUp(by: block)
        let blocks = blocksPerGroup * layer.groups
        // CPUs stream one block; on GPUs neighbouring items read neighbouring blocks.
        let weightStep = traits.isCPU ? block : blocks * block
        let blockStep = traits.isCPU ? depth * block : block

        var arguments: [OpenCLStep.Argument] = [memory, .constant(constant)]
        arguments.append(source, withSize: true)
        arguments.append(target, withSize: true)
        arguments.append(optional: addend)
        arguments.append(
            integers: pixels, blocks, groupInputs, groupOutputs, groupSteps.source, groupSteps.target, blocksPerGroup)
        appendWindow(to: &arguments)
        arguments.append(integers: blocks * block, weightStep, blockStep, zeros)
        arguments.append(activation)

        let pixelItems = pixels.dividedRoundingUp(by: tile.pixels)
        var options = "-DPIXELS=\(tile.pixels) -DVECTORS=\(tile.vectors) -DDEPTH=\(tile.depth)"
        if !traits.isCPU { options += " -DCHANNELS_FASTEST" }
        if traits.sumsHalves && tile.depth == 4 { options += " -DHALF_SUMS" }
        let step = OpenCLStep(
            node: node, build: OpenCLBuild(.convolution, traits, options), kernel: "convolution",
            arguments: arguments, global: traits.isCPU ? [pixelItems, blocks] : [blocks, pixelItems], group: way.group,
            traits)
        return (step, packed(block, blocksPerGroup, groupOutputs, weightStep, blockStep))
    }

    private func appendWindow(to arguments: inout [OpenCLStep.Argument]) {
        arguments.append(
            integers: rows.kernel, columns.kernel, rows.stride, columns.stride, rows.dilation, columns.dilation,
            rows.near, columns.near)
    }

    /// The kernel for one input vector, whose values lie one behind the other in `source`; the layer is a 1×1
    /// convolution.
    func matrixVector(node: Network.NodeID, constant: Int) -> (OpenCLStep, [Float]) {
        let blocks = layer.outputChannels.dividedRoundingUp(by: traits.width)
        let outputs = blocks * traits.width
        let group = way.group!
        var arguments: [OpenCLStep.Argument] = [memory, .constant(constant)]
        arguments.append(
            integers: source.base, layer.inputChannels, target.base, layer.outputChannels, outputs, outputs)
        arguments.append(activation)
        let step = OpenCLStep(
            node: node,
            build: OpenCLBuild(.matrixVector, traits, "-DGROUP=\(group[0]) -DSPLITS=\(group[1])"),
            kernel: "matrix_vector", arguments: arguments, global: [blocks, group[1]], group: group, traits)
        return (step, packed(traits.width, blocks, layer.outputChannels, outputs, traits.width))
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
    func depthwise(node: Network.NodeID, constant: Int, zeros: Int) -> (OpenCLStep, [Float]) {
        let vectors = target.channels.dividedRoundingUp(by: traits.width)
        let padded = vectors * traits.width
        var arguments: [OpenCLStep.Argument] = [memory, .constant(constant)]
        arguments.append(source, withSize: true)
        arguments.append(target, withSize: true)
        arguments.append(optional: addend)
        arguments.append(integers: target.channels)
        appendWindow(to: &arguments)
        arguments.append(integers: padded, padded, zeros)
        arguments.append(activation)
        let pixels = way.tile.pixels
        var options = "-DPIXELS=\(pixels)"
        let inputColumns = (pixels - 1) * columns.stride + 3
        if columns.kernel == 3 && columns.dilation == 1 && inputColumns <= Self.mostColumns {
            options += " -DSTRIDE=\(columns.stride) -DCOLUMNS=\(inputColumns)"
        }
        let step = OpenCLStep(
            node: node, build: OpenCLBuild(.depthwise, traits, options), kernel: "depthwise", arguments: arguments,
            global: [vectors, target.width.dividedRoundingUp(by: pixels), target.height * target.batch],
            group: way.group, traits)

        let area = rows.kernel * columns.kernel
        var packed = [Float](repeating: 0, count: padded * (1 + area))
        for channel in 0..<target.channels {
            packed[channel] = layer.bias[channel]
            for tap in 0..<area { packed[(1 + tap) * padded + channel] = layer.weights.values[channel * area + tap] }
        }
        return (step, packed)
    }
}
