// A network as a list of kernel launches and packed weights. Made at compile time; immutable afterwards.

struct OpenCLPlan {
    let network: Network
    let traits: OpenCLTraits
    let layout: OpenCLLayout
    let ways: [String: OpenCLWay]
    private(set) var steps: [OpenCLStep] = []
    /// What each context runs once, before the first run: it writes what all runs read.
    private(set) var preparation: [OpenCLStep] = []
    /// In the order of `Argument.constant`.
    private(set) var constants: [OpenCLConstant] = []
    /// Floats of scratch memory, shared by all nodes.
    private(set) var scratchCount = 0

    /// - Parameter ways: how to compute layers with weights, by node; the usual way where there is none.
    init(_ network: Network, _ traits: OpenCLTraits, ways: [String: OpenCLWay] = [:]) {
        let fusion = OpenCLFusion(network)
        let zeroCount =
            network.nodes.lazy.flatMap { node in
                node.inputs.map { featureMapExtents(network.nodes[$0].shape).channels }
            }.max() ?? 0
        (self.network, self.traits, self.ways) = (network, traits, ways)
        layout = OpenCLLayout(network, fusion, zeroCount: zeroCount)
        for id in network.nodes.indices where fusion.host[id] == nil && !layout.isPart[id] { append(id, fusion) }
        for (index, output) in network.outputs.enumerated() where roundedPosition(output) == nil {
            appendExport(output, index)
        }
    }

    func view(_ id: Network.NodeID) -> FeatureMapView {
        guard let view = layout.views[id] else { preconditionFailure("a fused node has no value of its own") }
        return view
    }

    /// A node's value as a tensor of its rank.
    func tensor(_ id: Network.NodeID) -> TensorView { TensorView(view(id), network.nodes[id].shape) }

    private mutating func append(_ id: Network.NodeID, _ fusion: OpenCLFusion) {
        let node = network.nodes[id]
        switch node.operation {
        case .image(let image): appendImage(id, image)
        case .tensor: appendImport(id)
        case .convolution(let layer): append(id, layer, from: view(node.inputs[0]), to: id, layer.activation)
        case .fullyConnected(let layer): append(id, layer)
        case .addition(let activation):
            if let guest = fusion.guest[id], case .convolution(let layer) = network.nodes[guest].operation {
                let addend = node.inputs[0] == guest ? node.inputs[1] : node.inputs[0]
                append(
                    guest, layer, from: view(network.nodes[guest].inputs[0]), plus: view(addend), to: id, activation)
            } else {
                append(id, .add, activation)
            }
        case .binary(let function): append(id, function)
        case .activation(let activation):
            appendCombination(id, .copy, tensor(node.inputs[0]), to: tensor(id), activation)
        case .unary(let function):
            appendCombination(id, .unary(function), tensor(node.inputs[0]), to: tensor(id), function.limits)
        case .pooling(let layer):
            append(id, layer.window, layer.kind == .maximum ? "max_pooling" : "average_pooling", layer.countsPadding)
        case .globalAveragePooling:
            let input = view(node.inputs[0])
            append(id, Window(height: input.height, width: input.width), "average_pooling", false)
        case .localResponseNormalization(let layer): append(id, layer)
        case .constant(let tensor): append(id, constant: tensor)
        case .concatenation(let axis): appendCopies(id, axis: axis)
        case .reshape: appendReshape(id)
        case .transpose(let permutation): append(id, transpose: permutation)
        case .gather(let axis, let indices): append(id, gather: axis, indices)
        case .pad(let padding): append(id, padding)
        case .resampling(let resampling): append(id, resampling)
        case .softmax(let axis): appendSoftmax(id, axis: axis, isLogarithm: false)
        case .logSoftmax(let axis): appendSoftmax(id, axis: axis, isLogarithm: true)
        case .reduction(let reduction): append(id, reduction)
        case .argMax(let axis, let selectsLast): appendArgMax(id, axis: axis, selectsLast: selectsLast)
        case .matrixMultiplication: appendProduct(id)
        }
    }

    private mutating func append(_ id: Network.NodeID, _ window: Window, _ kernel: String, _ countsPadding: Bool) {
        let (input, output) = (view(network.nodes[id].inputs[0]), view(id))
        var arguments: [OpenCLStep.Argument] = [.arena]
        arguments.append(input, withSize: true)
        arguments.append(output, withSize: true)
        arguments.append(
            integers: output.channels, window.height, window.width, window.rows.stride, window.columns.stride,
            window.rows.dilation, window.columns.dilation, window.padding.top, window.padding.left,
            countsPadding ? 1 : 0, run(output))
        appendRows(id, .pooling, kernel, arguments, output)
    }

    private mutating func appendImage(_ id: Network.NodeID, _ image: ImageInput) {
        let input = network.inputs.firstIndex(of: id)!
        let output = view(id)
        for batch in 0..<image.batch {
            var arguments: [OpenCLStep.Argument] = [.arena, .frame(input: input, batch: batch)]
            arguments.append(
                integers: output.base + batch * output.image, output.row, output.pixel, output.height, output.width,
                run(output))
            arguments += image.scale.map { .float($0) }
            arguments += zip(image.mean, image.scale).map { .float(-$0 * $1) }
            append(id, .edges, "resize_image", arguments, [items(output), output.height])
        }
    }

    private mutating func appendImport(_ id: Network.NodeID) {
        appendEdge(id, "import_tensor", .inputTensor(network.inputs.firstIndex(of: id)!))
    }

    private mutating func appendExport(_ id: Network.NodeID, _ index: Int) {
        appendEdge(id, "export_tensor", .outputTensor(index))
    }

    /// Between a node's value and the N×C×H×W tensor that the host sees.
    private mutating func appendEdge(_ id: Network.NodeID, _ kernel: String, _ tensor: OpenCLStep.Argument) {
        let map = view(id)
        let run = traits.isCPU ? map.channels : 1
        var arguments: [OpenCLStep.Argument] = [.arena, tensor]
        arguments.append(map, withSize: true)
        arguments.append(integers: map.channels, run)
        append(
            id, .edges, kernel, arguments,
            [map.width, map.height, map.batch * map.channels.dividedRoundingUp(by: run)])
    }

    /// Pixels of a row that one work-item makes: all of them on a CPU.
    func run(_ view: FeatureMapView) -> Int { traits.isCPU ? view.width : 1 }

    private func items(_ view: FeatureMapView) -> Int { view.width.dividedRoundingUp(by: run(view)) }

    /// A kernel over vectors of channels × runs of pixels × rows.
    mutating func appendRows(
        _ id: Network.NodeID, _ source: OpenCLSource, _ kernel: String, _ arguments: [OpenCLStep.Argument],
        _ output: FeatureMapView
    ) {
        let vectors = output.channels.dividedRoundingUp(by: traits.width)
        append(id, source, kernel, arguments, [vectors, items(output), output.height * output.batch])
    }

    mutating func append(
        _ id: Network.NodeID, _ source: OpenCLSource, _ kernel: String, _ arguments: [OpenCLStep.Argument],
        _ global: [Int]
    ) {
        append(
            OpenCLStep(
                node: id, build: OpenCLBuild(source, traits), kernel: kernel, arguments: arguments, global: global,
                traits))
    }

    mutating func reserveScratch(_ count: Int) { scratchCount = max(scratchCount, count) }

    mutating func append(_ step: OpenCLStep) { steps.append(step) }

    mutating func appendPreparation(_ step: OpenCLStep) { preparation.append(step) }

    /// Keeps a constant for a step that follows.
    /// - Returns: its index.
    @discardableResult
    mutating func append(_ constant: OpenCLConstant) -> Int {
        constants.append(constant)
        return constants.count - 1
    }
}
