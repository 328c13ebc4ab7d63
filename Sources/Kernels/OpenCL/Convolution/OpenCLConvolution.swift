// A convolution's launch: its arguments, its tile and its weights in the order in which the kernel reads them.
import NetworkGraph

struct ConvolutionLaunch {
    let layer: Convolution
    var source: FeatureMapView
    let target: FeatureMapView
    let addend: FeatureMapView?
    let activation: Activation
    let configuration: KernelConfiguration
    let traits: OpenCLTraits
    /// What source, target and addend lie in.
    var memory: OpenCLStep.Argument = .arena
    /// Values from one group's inputs, and outputs, to the next.
    var groupSteps: (source: Int, target: Int)
    /// How bytes are multiplied; nil for floats.
    var grids: LayerGrids?

    // The window as the kernel walks it.
    private(set) var rows: Window.Axis
    private(set) var columns: Window.Axis
    private var groupInputs: Int

    init(
        layer: Convolution, source: FeatureMapView, target: FeatureMapView, addend: FeatureMapView?,
        activation: Activation, configuration: KernelConfiguration, traits: OpenCLTraits
    ) {
        (self.layer, self.source, self.target, self.addend) = (layer, source, target, addend)
        (self.activation, self.configuration, self.traits) = (activation, configuration, traits)
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

    /// Where a kernel's weights lie: blocks of output channels, in each a row for each tap and input channel (or four).
    struct Blocks {
        /// Output channels of a block.
        let size: Int
        let perGroup: Int
        let count: Int
        let groupOutputs: Int
        /// Numbers from one row to the next, and from one block to the next.
        let rowStep: Int
        let step: Int
        /// Output channels, those that fill up blocks included.
        var outputs: Int { count * size }

        /// Where an output channel's numbers lie in a list of all, and in the rows.
        func place(_ output: Int) -> (all: Int, rows: Int) {
            let (group, channel) = output.quotientAndRemainder(dividingBy: groupOutputs)
            let index = group * perGroup + channel / size
            return (index * size + channel % size, index * step + channel % size)
        }
    }

    /// Those of the convolution kernel.
    var blocks: Blocks {
        let groupOutputs = layer.outputChannels / layer.groups
        let size = configuration.tile.vectors * traits.width
        let perGroup = groupOutputs.dividedRoundingUp(by: size)
        let count = perGroup * layer.groups
        let channelRows = grids == nil ? groupInputs : groupInputs.dividedRoundingUp(by: LayerGrids.channelsPerWord)
        let depth = rows.kernel * columns.kernel * channelRows
        // CPUs stream one block; on GPUs neighbouring items read neighbouring blocks.
        return Blocks(
            size: size, perGroup: perGroup, count: count, groupOutputs: groupOutputs,
            rowStep: traits.isCPU ? size : count * size, step: traits.isCPU ? depth * size : size)
    }

    /// The convolution kernel, and its weights: the biases, then blocks of output channels, input channel by input
    /// channel and tap by tap.
    /// - Parameter constant: the index that the weights will have.
    func direct(node: Network.NodeID, constant: Int, zeros: Int) -> (OpenCLStep, [Float]) {
        let blocks = blocks
        return (direct(node, blocks, constant: constant, weightBase: blocks.outputs, zeros: zeros), packed(blocks))
    }

    func direct(
        _ node: Network.NodeID, _ blocks: Blocks, constant: Int, weightBase: Int, zeros: Int, options extra: String = ""
    ) -> OpenCLStep {
        let pixels = target.batch * target.height * target.width
        var arguments: [OpenCLStep.Argument] = [memory, memory, .constant(constant)]
        arguments.append(source, withSize: true)
        arguments.append(target, withSize: true)
        arguments.append(optional: addend)
        arguments.append(
            integers: pixels, blocks.count, groupInputs, blocks.groupOutputs, groupSteps.source, groupSteps.target,
            blocks.perGroup)
        appendWindow(to: &arguments)
        arguments.append(integers: weightBase, blocks.rowStep, blocks.step, zeros)
        appendEnd(to: &arguments)

        let tile = configuration.tile
        let pixelItems = pixels.dividedRoundingUp(by: tile.pixels)
        var options = "-DPIXELS=\(tile.pixels) -DVECTORS=\(tile.vectors) -DDEPTH=\(grids == nil ? tile.depth : 1)"
        if !traits.isCPU { options += " -DCHANNELS_FASTEST" }
        if grids == nil && traits.sumsHalves && tile.depth == 4 { options += " -DHALF_SUMS" }
        return OpenCLStep(
            node: node, build: build(.convolution, options + extra), kernel: "convolution", arguments: arguments,
            global: traits.isCPU ? [pixelItems, blocks.count] : [blocks.count, pixelItems], group: configuration.group,
            traits)
    }

    private func build(_ source: OpenCLSource, _ options: String) -> OpenCLBuild {
        OpenCLBuild(source, traits, options, from: grids?.input, to: grids?.output)
    }

    private func appendWindow(to arguments: inout [OpenCLStep.Argument]) {
        arguments.append(
            integers: rows.kernel, columns.kernel, rows.stride, columns.stride, rows.dilation, columns.dilation,
            rows.near, columns.near)
    }

    /// What becomes of sums.
    private func appendEnd(to arguments: inout [OpenCLStep.Argument]) {
        arguments.append(activation, on: grids?.output, .float(grids?.addendFactor ?? 1))
    }

    /// The kernel for one input vector, whose values lie one behind the other in `source`; the layer is a 1×1
    /// convolution.
    func matrixVector(node: Network.NodeID, constant: Int) -> (OpenCLStep, [Float]) {
        let count = layer.outputChannels.dividedRoundingUp(by: traits.width)
        let blocks = Blocks(
            size: traits.width, perGroup: count, count: count, groupOutputs: layer.outputChannels,
            rowStep: count * traits.width, step: traits.width)
        let group = configuration.group!
        var arguments: [OpenCLStep.Argument] = [memory, .constant(constant)]
        arguments.append(
            integers: source.base, layer.inputChannels, target.base, layer.outputChannels, blocks.outputs,
            blocks.rowStep)
        arguments.append(activation)
        let step = OpenCLStep(
            node: node,
            build: OpenCLBuild(.matrixVector, traits, "-DGROUP=\(group[0]) -DSPLITS=\(group[1])"),
            kernel: "matrix_vector", arguments: arguments, global: [count, group[1]], group: group, traits)
        return (step, packed(blocks))
    }

    private func packed(_ blocks: Blocks) -> [Float] {
        let (area, inputs) = (layer.window.height * layer.window.width, layer.weights.shape[1])
        var packed = [Float](repeating: 0, count: blocks.outputs * (1 + area * inputs))
        packed.withUnsafeMutableBufferPointer { packed in
            layer.weights.values.withUnsafeBufferPointer { weights in
                for output in 0..<layer.outputChannels {
                    let place = blocks.place(output)
                    packed[place.all] = layer.bias[output]
                    let (to, from) = (blocks.outputs + place.rows, output * inputs * area)
                    for tap in 0..<area {
                        for input in 0..<inputs {
                            packed[to &+ (tap &* inputs &+ input) &* blocks.rowStep] =
                                weights[from &+ input &* area &+ tap]
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
        let padded = paddedChannels
        let step = depthwise(node, constant: constant, weightBase: padded, zeros: zeros)
        let area = rows.kernel * columns.kernel
        var packed = [Float](repeating: 0, count: padded * (1 + area))
        for channel in 0..<target.channels {
            packed[channel] = layer.bias[channel]
            for tap in 0..<area { packed[(1 + tap) * padded + channel] = layer.weights.values[channel * area + tap] }
        }
        return (step, packed)
    }

    /// Channels, those that fill up vectors included.
    var paddedChannels: Int { target.channels.rounded(up: traits.width) }

    func depthwise(_ node: Network.NodeID, constant: Int, weightBase: Int, zeros: Int) -> OpenCLStep {
        var arguments: [OpenCLStep.Argument] = [memory, memory, .constant(constant)]
        arguments.append(source, withSize: true)
        arguments.append(target, withSize: true)
        arguments.append(optional: addend)
        arguments.append(integers: target.channels)
        appendWindow(to: &arguments)
        arguments.append(integers: weightBase, paddedChannels, zeros)
        appendEnd(to: &arguments)
        let pixels = configuration.tile.pixels
        var options = "-DPIXELS=\(pixels)"
        let inputColumns = (pixels - 1) * columns.stride + 3
        if columns.kernel == 3 && columns.dilation == 1 && inputColumns <= Self.mostColumns {
            options += " -DSTRIDE=\(columns.stride) -DCOLUMNS=\(inputColumns)"
        }
        return OpenCLStep(
            node: node, build: build(.depthwise, options), kernel: "depthwise", arguments: arguments,
            global: [
                paddedChannels / traits.width, target.width.dividedRoundingUp(by: pixels), target.height * target.batch,
            ],
            group: configuration.group, traits)
    }
}
