// Plans layers with weights: the configuration of each, its launches and its packed weights.
import NetworkGraph

extension OpenCLPlan {
    /// A fully connected layer.
    mutating func append(_ id: Network.NodeID, _ layer: FullyConnected) {
        var source = view(network.nodes[id].inputs[0])
        let outputs = layer.weights.shape[0]
        var weights = Tensor([outputs, source.channels, source.height, source.width], layer.weights.values)
        if source.isDense && configuration(id).algorithm == .matrixVector {
            // As one vector, in the order in which its values lie.
            weights = Tensor([outputs, weights.shape.count / outputs, 1, 1], weights.channelsLast)
            (source.channels, source.height, source.width) = (weights.shape[1], 1, 1)
        }
        // A convolution that covers its whole input.
        let window = Window(height: source.height, width: source.width)
        let convolution = Convolution(weights: weights, bias: layer.bias, window: window)
        append(id, convolution, from: source, to: id, layer.activation)
    }

    /// A convolution that writes node `target`: itself, or the addition that it is fused into.
    /// - Parameter addend: the addition's other operand.
    mutating func append(
        _ id: Network.NodeID, _ layer: Convolution, from source: FeatureMapView, plus addend: FeatureMapView? = nil,
        to target: Network.NodeID, _ activation: Activation
    ) {
        let configuration = configuration(id)
        var traits = traits
        if let width = configuration.width { traits.width = width }
        if configuration.algorithm == .winograd {
            let winograd = WinogradLaunch(
                layer, output: network.nodes[id].shape, configuration: configuration, traits: traits)
            let (steps, constants) = winograd.steps(
                node: id, source: source, target: view(target), addend: addend, activation: activation,
                zeros: layout.zeros, constant: self.constants.count)
            for step in steps { append(step) }
            for constant in constants { append(constant) }
            reserveScratch(winograd.scratchCount)
            return
        }
        var launch = ConvolutionLaunch(
            layer: layer, source: source, target: view(target), addend: addend, activation: activation,
            configuration: configuration,
            traits: traits)
        let input = network.nodes[network.nodes[id].inputs[0]]
        if OpenCLFusion.readsRows(layer, of: input) { launch.readRows() }
        let (step, packed) =
            switch configuration.algorithm {
            case .depthwise: launch.depthwise(node: id, constant: constants.count, zeros: layout.zeros)
            case .matrixVector: launch.matrixVector(node: id, constant: constants.count)
            default: launch.direct(node: id, constant: constants.count, zeros: layout.zeros)
            }
        append(step)
        append(.values(packed))
    }

    /// The configuration of a layer: the one given for it, if it fits.
    func configuration(_ id: Network.NodeID) -> KernelConfiguration {
        let node = network.nodes[id]
        let layer = OpenCLLayer(node, multipliesBytes: fusion.quantized.groups[id] != nil)!
        if let configuration = configurations[node.name], layer.fits(configuration.algorithm) { return configuration }
        return traits.usualConfiguration(layer)
    }
}

extension FeatureMapView {
    /// Whether the values of an image lie one behind the other.
    fileprivate var isDense: Bool { pixel == channels && (height == 1 || row == width * pixel) }
}

extension Tensor {
    /// The values of an N×C×H×W tensor in the order N×H×W×C.
    fileprivate var channelsLast: [Float] {
        let (batch, channels, area) = (shape[0], shape[1], shape[2] * shape[3])
        if area == 1 { return values }
        var result = [Float](repeating: 0, count: values.count)
        result.withUnsafeMutableBufferPointer { result in
            values.withUnsafeBufferPointer { values in
                for image in 0..<batch {
                    for channel in 0..<channels {
                        let from = (image &* channels &+ channel) &* area
                        for place in 0..<area {
                            result[(image &* area &+ place) &* channels &+ channel] = values[from &+ place]
                        }
                    }
                }
            }
        }
        return result
    }
}
