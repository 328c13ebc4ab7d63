// A network as a list of kernel launches and packed weights. Made at compile time; immutable afterwards.
import NetworkGraph

struct OpenCLPlan {
    /// What is done next.
    enum Work {
        /// By index among the launches.
        case launch(Int)
        /// By index among the host's steps.
        case host(Int)
    }

    let network: Network
    let traits: OpenCLTraits
    let layout: OpenCLMemoryPlan
    let fusion: OpenCLFusion
    /// What the host computes.
    let hostNodes: Set<Network.NodeID>
    let configurations: [String: KernelConfiguration]
    private(set) var steps: [OpenCLStep] = []
    private(set) var host = OpenCLHostPlan()
    /// The order of a run.
    private(set) var order: [Work] = []
    /// What each context runs once, before the first run: it writes what all runs read.
    private(set) var preparation: [OpenCLStep] = []
    /// In the order of `Argument.constant`.
    private(set) var constants: [OpenCLConstant] = []
    /// Floats of scratch memory, shared by all nodes.
    private(set) var scratchCount = 0
    /// Whether the node that is planned takes bytes as they are.
    private var takesBytes = false

    /// - Parameter configurations: of layers with weights, by node; the usual one where there is none.
    init(_ network: Network, _ traits: OpenCLTraits, configurations: [String: KernelConfiguration] = [:]) {
        fusion = OpenCLFusion(network, usesQuantizedKernels: traits.usesQuantizedKernels)
        let zeroCount =
            network.nodes.lazy.flatMap { node in
                node.inputs.map { featureMapExtents(network.nodes[$0].shape).channels }
            }.max() ?? 0
        (self.network, self.traits, self.configurations) = (network, traits, configurations)
        hostNodes = fusion.hostNodes(of: network, traits)
        layout = OpenCLMemoryPlan(
            network, fusion, zeroCount: zeroCount, valueSize: traits.precision.byteCount)
        for id in network.nodes.indices where fusion.host[id] == nil && fusion.live.contains(id) {
            takesBytes = fusion.takesBytes(id)
            if hostNodes.contains(id) {
                appendOnHost(id)
            } else if !layout.isPart[id] {
                append(id)
            }
            if let copy = layout.copies[id] {
                appendCombination(id, .copy, tensor(id), to: TensorView(copy, network.nodes[id].shape))
            }
        }
        takesBytes = true
        for (index, output) in network.outputs.enumerated() where host.result(of: output) == nil {
            appendExport(output, index)
        }
    }

    /// A node's value, as the node that is planned takes it.
    func view(_ id: Network.NodeID) -> FeatureMapView {
        guard let view = takesBytes ? layout.views[id] : layout.copies[id] ?? layout.views[id] else {
            preconditionFailure("a fused node has no value of its own")
        }
        return view
    }

    /// The grid that this lies on in bytes; nil for floats.
    func grid(_ id: Network.NodeID) -> QuantizationGrid? { takesBytes ? fusion.grids[id] : nil }

    /// A node's value as a tensor of its rank.
    func tensor(_ id: Network.NodeID) -> TensorView { TensorView(view(id), network.nodes[id].shape, on: grid(id)) }

    /// The switch over operations of this room: where there is a new one, the compiler asks here how it is computed.
    private mutating func append(_ id: Network.NodeID) {
        for leader in [id, fusion.guest[id]] {
            if let leader, let group = fusion.quantized.groups[leader] {
                appendQuantized(leader, group)
                return
            }
        }
        if let leader = fusion.guest[id], let group = fusion.groups[leader],
            case .convolution(let layer) = network.nodes[leader].operation
        {
            append(
                leader, layer, from: view(network.nodes[leader].inputs[0]),
                plus: group.residual.map { view($0.value) }, to: id, group.activation)
            return
        }
        let node = network.nodes[id]
        switch node.operation {
        case .image, .tensor: append(input: id, to: id)
        case .convolution(let layer): append(id, layer, from: view(node.inputs[0]), to: id, layer.activation)
        case .fullyConnected(let layer): append(id, layer)
        case .addition(let activation): append(id, .add, activation)
        case .binary(let function): append(id, function)
        case .activation(let activation):
            appendCombination(id, .copy, tensor(node.inputs[0]), to: tensor(id), activation)
        case .unary(let function):
            appendCombination(id, .unary(function), tensor(node.inputs[0]), to: tensor(id), function.limits)
        case .pooling(let layer): append(id, layer, to: id)
        case .globalAveragePooling: appendGlobalAverage(id, to: id)
        case .localResponseNormalization(let layer): append(id, layer)
        case .constant(let tensor): append(id, constant: tensor)
        case .concatenation(let axis): appendCopies(id, axis: axis, to: id)
        case .reshape: appendReshape(id)
        case .transpose(let permutation): append(id, transpose: permutation)
        case .gather(let axis, let indices): append(id, gather: axis, indices)
        case .pad(let padding): append(id, padding)
        case .resampling(let resampling): append(id, resampling)
        case .softmax(let axis): appendSoftmax(id, axis: axis, isLogarithm: false)
        case .logSoftmax(let axis): appendSoftmax(id, axis: axis, isLogarithm: true)
        case .reduction(let reduction): append(id, reduction)
        case .normalization(let layer): append(id, layer)
        case .argMax(let axis, let selectsLast): appendArgMax(id, axis: axis, selectsLast: selectsLast)
        case .matrixMultiplication: appendProduct(id)
        case .transposedConvolution(let layer): append(id, layer)
        case .selection: appendSelection(id)
        case .lookup(let axis): appendLookup(id, axis: axis)
        case .topK, .cumulativeSum, .elementLookup, .coordinateLookup, .elementScatter, .coordinateScatter,
            .poolingPositions, .unpooling, .gridSampling, .regionAlignment, .boxSelection, .anchoredDetection:
            preconditionFailure("the host computes \(node.operation.name)")
        }
    }

    mutating func appendGlobalAverage(
        _ id: Network.NodeID, to target: Network.NodeID, _ activation: Activation = .identity
    ) {
        let input = view(network.nodes[id].inputs[0])
        append(id, Pooling(.average, window: Window(height: input.height, width: input.width)), to: target, activation)
    }

    /// Pooling whose result is node `target`'s: itself, or what is fused with it.
    mutating func append(
        _ id: Network.NodeID, _ layer: Pooling, to target: Network.NodeID, _ activation: Activation = .identity
    ) {
        let source = network.nodes[id].inputs[0]
        let (input, output, window) = (view(source), view(target), layer.window)
        var arguments: [OpenCLStep.Argument] = [.arena, .arena]
        arguments.append(input, withSize: true)
        arguments.append(output, withSize: true)
        arguments.append(
            integers: output.channels, window.height, window.width, window.rows.stride, window.columns.stride,
            window.rows.dilation, window.columns.dilation, window.padding.top, window.padding.left,
            layer.countsPadding ? 1 : 0, run(output))
        let (inputGrid, outputGrid) = (grid(source), grid(target))
        arguments.append(.float(Float(inputGrid?.zeroPoint ?? 0)))
        arguments.append(.float((inputGrid?.scale ?? 1) / (outputGrid?.scale ?? 1)))
        arguments.append(activation, on: outputGrid)
        appendRows(
            id, layer.kind == .maximum ? "max_pooling" : "average_pooling", arguments, output,
            OpenCLBuild(.pooling, traits, from: inputGrid, to: outputGrid))
    }

    /// An input, written as the value of node `target`: itself, or its rounding.
    mutating func append(input id: Network.NodeID, to target: Network.NodeID) {
        guard case .image(let image) = network.nodes[id].operation else {
            appendEdge(id, "import_tensor", .inputTensor(network.inputs.firstIndex(of: id)!), target)
            return
        }
        let input = network.inputs.firstIndex(of: id)!
        let (output, grid) = (view(target), grid(target))
        let colours = Self.colours(of: image, step: grid?.scale ?? 1)
        for batch in 0..<image.batch {
            var arguments: [OpenCLStep.Argument] = [.arena, .frame(input: input, batch: batch)]
            arguments.append(
                integers: output.base + batch * output.image, output.row, output.pixel, output.width, run(output),
                image.resampling == .area ? 1 : 0, image.channels.count)
            arguments += colours
            arguments.append(.float(Float(grid?.zeroPoint ?? 0)))
            append(
                id, OpenCLBuild(.edges, traits, from: nil, to: grid), "resize_image", arguments,
                [items(output), output.height])
        }
    }

    /// What red, green and blue add to each of four channels, what else is added, and the border, all in steps.
    private static func colours(of image: ImageInput, step: Float) -> [OpenCLStep.Argument] {
        let colours = ImageColours(image)
        let missing = [Double](repeating: 0, count: 4 - colours.offsets.count)
        let columns = (0..<3).map { colour in colours.factors.map { $0[colour] } } + [colours.offsets]
        var border: Float = 0
        if case .letterbox(let grey) = image.fit { border = Float(grey) }
        let values = columns.flatMap { $0 + missing }.map { Float($0 / Double(step)) }
        return (values + [border]).map { .float($0) }
    }

    private mutating func appendExport(_ id: Network.NodeID, _ index: Int) {
        appendEdge(id, "export_tensor", .outputTensor(index), id)
    }

    /// Between the value of node `holder` and the N×C×H×W tensor that the host sees.
    mutating func appendEdge(
        _ id: Network.NodeID, _ kernel: String, _ tensor: OpenCLStep.Argument, _ holder: Network.NodeID
    ) {
        let (map, grid) = (view(holder), grid(holder))
        let run = traits.isCPU ? map.channels : 1
        var arguments: [OpenCLStep.Argument] = [.arena, tensor]
        arguments.append(map, withSize: true)
        arguments.append(integers: map.channels, run)
        arguments += [.float(grid?.scale ?? 1), .float(Float(grid?.zeroPoint ?? 0))]
        append(
            id, OpenCLBuild(.edges, traits, from: grid, to: grid), kernel, arguments,
            [map.width, map.height, map.batch * map.channels.dividedRoundingUp(by: run)])
    }

    /// Pixels of a row that one work-item makes: all of them on a CPU.
    func run(_ view: FeatureMapView) -> Int { traits.isCPU ? view.width : 1 }

    private func items(_ view: FeatureMapView) -> Int { view.width.dividedRoundingUp(by: run(view)) }

    /// A kernel over vectors of channels × runs of pixels × rows.
    mutating func appendRows(
        _ id: Network.NodeID, _ kernel: String, _ arguments: [OpenCLStep.Argument], _ output: FeatureMapView,
        _ build: OpenCLBuild
    ) {
        let vectors = output.channels.dividedRoundingUp(by: traits.width)
        append(id, build, kernel, arguments, [vectors, items(output), output.height * output.batch])
    }

    private mutating func append(
        _ id: Network.NodeID, _ build: OpenCLBuild, _ kernel: String, _ arguments: [OpenCLStep.Argument],
        _ global: [Int]
    ) {
        append(
            OpenCLStep(node: id, build: build, kernel: kernel, arguments: arguments, global: global, traits))
    }

    mutating func reserveScratch(_ count: Int) { scratchCount = max(scratchCount, count) }

    mutating func append(_ step: OpenCLStep) {
        order.append(.launch(steps.count))
        steps.append(step)
    }

    mutating func append(_ step: OpenCLHostPlan.Step) {
        order.append(.host(host.steps.count))
        host.append(step)
    }

    mutating func append(_ value: OpenCLHostPlan.Value) -> Int { host.append(value) }

    mutating func appendPreparation(_ step: OpenCLStep) { preparation.append(step) }

    /// Keeps a constant for a step that follows.
    /// - Returns: its index.
    @discardableResult
    mutating func append(_ constant: OpenCLConstant) -> Int {
        constants.append(constant)
        return constants.count - 1
    }
}
