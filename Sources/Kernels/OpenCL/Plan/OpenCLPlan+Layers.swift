// Plans layers with weights: which way each takes, its launches and its packed weights.
import NetworkGraph

extension OpenCLPlan {
    /// A fully connected layer.
    mutating func append(_ id: Network.NodeID, _ layer: FullyConnected) {
        var source = view(network.nodes[id].inputs[0])
        let outputs = layer.weights.shape[0]
        var weights = Tensor([outputs, source.channels, source.height, source.width], layer.weights.values)
        if source.isDense && way(id).algorithm == .matrixVector {
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
        let way = way(id)
        var traits = traits
        if let width = way.width { traits.width = width }
        if way.algorithm == .winograd {
            let winograd = WinogradLaunch(layer, output: network.nodes[id].shape, way: way, traits: traits)
            let (steps, constants) = winograd.steps(
                node: id, source: source, target: view(target), addend: addend, activation: activation,
                zeros: layout.zeros, constant: self.constants.count)
            for step in steps { append(step) }
            for constant in constants { append(constant) }
            reserveScratch(winograd.scratchCount)
            return
        }
        var launch = ConvolutionLaunch(
            layer: layer, source: source, target: view(target), addend: addend, activation: activation, way: way,
            traits: traits)
        let input = network.nodes[network.nodes[id].inputs[0]]
        if OpenCLFusion.readsRows(layer, of: input) { launch.readRows() }
        let (step, packed) =
            switch way.algorithm {
            case .depthwise: launch.depthwise(node: id, constant: constants.count, zeros: layout.zeros)
            case .matrixVector: launch.matrixVector(node: id, constant: constants.count)
            default: launch.direct(node: id, constant: constants.count, zeros: layout.zeros)
            }
        append(step)
        append(.values(packed))
    }

    /// The way that a layer takes: the one given for it, if it fits.
    func way(_ id: Network.NodeID) -> OpenCLWay {
        let node = network.nodes[id]
        let layer = OpenCLLayer(node, multipliesBytes: fusion.integers.groups[id] != nil)!
        if let way = ways[node.name], layer.fits(way.algorithm) { return way }
        return traits.usualWay(layer)
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
