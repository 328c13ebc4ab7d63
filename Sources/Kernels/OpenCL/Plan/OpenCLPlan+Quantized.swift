// Plans what is computed with integers: nodes whose values lie on grids, with the activation and rounding behind them.
// All of a group is one step that reads bytes and writes them.
import NetworkGraph

extension OpenCLPlan {
    /// - Parameter id: the node that leads the group.
    mutating func appendQuantized(_ id: Network.NodeID, _ group: OpenCLQuantizedLayers.Group) {
        let (node, result) = (network.nodes[id], group.result)
        switch node.operation {
        case .convolution(let layer): append(id, layer, group, from: view(node.inputs[0]))
        case .fullyConnected(let layer):
            let source = view(node.inputs[0])
            let weights = Tensor(
                [layer.weights.shape[0], source.channels, source.height, source.width], layer.weights.values)
            let convolution = Convolution(
                weights: weights, bias: layer.bias, window: Window(height: source.height, width: source.width),
                weightGrid: layer.weightGrid)
            append(id, convolution, group, from: source)
        case .addition:
            let (a, b, sum) = (tensor(node.inputs[0]), tensor(node.inputs[1]), tensor(result))
            appendCombination(
                id, .addScaled(a.grid!, b.grid!, to: sum.grid!), a, b, to: sum, group.activation)
        case .concatenation(let axis): appendCopies(id, axis: axis, to: result, group.activation)
        case .pooling(let layer): append(id, layer, to: result, group.activation)
        case .globalAveragePooling: appendGlobalAverage(id, to: result, group.activation)
        case .reshape: appendReshape(id)
        case .transpose(let permutation): append(id, transpose: permutation)
        case .gather(let axis, let indices): append(id, gather: axis, indices)
        case .pad(let padding): append(id, padding)
        case .unary:
            if let input = fusion.guest[id] {
                append(input: input, to: id)
            } else {
                appendCombination(id, .copy, tensor(node.inputs[0]), to: tensor(id))
            }
        // `QuantizedLayers` makes groups of the above only.
        default:
            preconditionFailure("no \(node.operation.name) is computed with 8-bit numbers")
        }
    }

    private mutating func append(
        _ id: Network.NodeID, _ layer: Convolution, _ group: OpenCLQuantizedLayers.Group, from source: FeatureMapView
    ) {
        let configuration = configuration(id)
        var traits = traits
        if let width = configuration.width { traits.width = width }
        var launch = ConvolutionLaunch(
            layer: layer, source: source, target: view(group.result), addend: group.residual.map { view($0.value) },
            activation: group.activation, configuration: configuration, traits: traits)
        launch.grids = LayerGrids(
            input: grid(network.nodes[id].inputs[0])!, weights: layer.weightGrid!, output: grid(group.result),
            addend: group.residual.map { grid($0.value)! })
        let (step, packed) =
            layer.isDepthwise
            ? launch.quantizedDepthwise(node: id, constant: constants.count)
            : launch.quantizedDirect(node: id, constant: constants.count)
        append(step)
        append(.integers(packed))
    }
}
