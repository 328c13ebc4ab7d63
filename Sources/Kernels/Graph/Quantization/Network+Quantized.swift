// A network's quantised version: weights on grids, and a rounding behind each value that layers with weights, sums,
// pools and concatenations read. Pure.

extension Network {
    /// The same network in 8 bits: weights on symmetric grids, one an output channel, activations on unsigned grids
    /// that cover what calibration saw, biases multiples of the product of both scales in 32 bits. What else computes
    /// (softmax, normalisation across channels), and the outputs, stay in FP32. (Post-training quantisation:
    /// R. Krishnamoorthi, "Quantizing deep convolutional networks for efficient inference", 2018, sections 2.1, 2.2 and
    /// 3.1.)
    /// - Parameter calibration: of this network.
    public func quantized(_ calibration: Calibration) -> Network {
        let roundings = Roundings(self, calibration)
        var result = Network(name: name)
        // Where the readers of each node find its value.
        var places: [NodeID] = []
        var names = Set(nodes.map(\.name))
        do {
            for (id, node) in nodes.enumerated() {
                let grid = node.inputs.first.flatMap { roundings.grid(of: $0, self) }
                let means = node.inputs.first.flatMap { calibration.means[$0] }
                let made = try result.append(
                    node.operation.withRoundedWeights(grid, means), node.inputs.map { places[$0] }, name: node.name)
                guard let grid = roundings.grids[id] else {
                    places.append(made)
                    continue
                }
                var name = "\(node.name)/quantize"
                while !names.insert(name).inserted { name += "_" }
                places.append(try result.append(.unary(.quantize(grid)), made, name: name))
            }
        } catch {
            // Shapes are those of this network.
            preconditionFailure("\(error)")
        }
        result.setOutputs(outputs.map { places[$0] })
        return result
    }
}

extension Operation {
    /// - Parameters:
    ///   - input: the grid of the input.
    ///   - means: of the input's channels.
    fileprivate func withRoundedWeights(_ input: QuantizationGrid?, _ means: [Float]?) -> Operation {
        switch self {
        case .convolution(let layer):
            let grid = WeightGrid(layer.weights, layer.bias, input)
            let weights = grid.rounded(layer.weights)
            let bias = layer.bias.corrected(layer.weights, weights, groups: layer.groups, means)
            return .convolution(
                Convolution(
                    weights: weights, bias: grid.rounded(bias, input), window: layer.window, groups: layer.groups,
                    activation: layer.activation, weightGrid: grid))
        case .fullyConnected(let layer):
            let grid = WeightGrid(layer.weights, layer.bias, input)
            let weights = grid.rounded(layer.weights)
            let bias = layer.bias.corrected(layer.weights, weights, groups: 1, means)
            return .fullyConnected(
                FullyConnected(
                    weights: weights, bias: grid.rounded(bias, input), activation: layer.activation, weightGrid: grid))
        default:
            precondition(parameters == nil, "\(name) has weights that nothing rounds")
            return self
        }
    }
}

extension [Float] {
    /// Biases that give each output the mean that it had before its weights were rounded. (M. Nagel et al., "Data-Free
    /// Quantization Through Weight Equalization and Bias Correction", 2019, section 4.2.)
    /// - Parameter means: of the input's channels.
    fileprivate func corrected(_ weights: Tensor, _ rounded: Tensor, groups: Int, _ means: [Float]?) -> [Float] {
        guard let means, means.allSatisfy(\.isFinite) else { return self }
        let row = weights.shape.count / count
        let channels = means.count / groups
        let taps = row / channels
        return indices.map { output in
            let first = output / (count / groups) * channels
            var change: Float = 0
            for place in 0..<row {
                let index = output * row + place
                change += (rounded.values[index] - weights.values[index]) * means[first + place / taps]
            }
            return self[output] - change
        }
    }
}

extension WeightGrid {
    /// Of weights, with steps of a size that keeps biases within 32 bits: beside a bias that needs it, weights that
    /// small don't count.
    fileprivate init(_ weights: Tensor, _ bias: [Float], _ input: QuantizationGrid?) {
        self.init(symmetric: weights, leastScales: input.map { input in bias.map { abs($0) / 0x1p30 / input.scale } })
    }

    /// Biases as multiples of the steps in which a layer's products are summed.
    fileprivate func rounded(_ bias: [Float], _ input: QuantizationGrid?) -> [Float] {
        guard let input else { return bias }
        return bias.indices.map { channel in
            let step = input.scale * self[channel].scale
            return step >= .leastNormalMagnitude ? (bias[channel] / step).rounded() * step : bias[channel]
        }
    }
}

/// Which nodes' values are rounded, and to what.
private struct Roundings {
    private(set) var grids: [Network.NodeID: QuantizationGrid] = [:]

    init(_ network: Network, _ calibration: Calibration) {
        let fusion = LayerFusion(network)
        // What picks from values, and these, lie on one grid: then nothing has to be moved from one to another.
        var classes = Array(network.nodes.indices)
        func leader(_ id: Network.NodeID) -> Network.NodeID {
            var id = id
            while classes[id] != id { id = classes[id] }
            return id
        }
        for (id, node) in network.nodes.enumerated() where node.operation.definition.quantizedUse == .picks {
            for input in node.inputs { classes[leader(input)] = leader(id) }
        }
        var ranges: [Network.NodeID: ClosedRange<Float>] = [:]
        for id in network.nodes.indices {
            guard let range = calibration.ranges[id] else { continue }
            let known = ranges[leader(id)] ?? range
            ranges[leader(id)] =
                min(known.lowerBound, range.lowerBound)...max(known.upperBound, range.upperBound)
        }
        var isRead = [Bool](repeating: false, count: network.nodes.count)
        for (id, node) in network.nodes.enumerated().reversed() where fusion.live.contains(id) {
            isRead[id] = fusion.readers[id].contains { reader in
                let operation = network.nodes[reader].operation
                switch operation.definition.quantizedUse {
                case .picks: return isRead[reader]
                case .computes: return !Self.isAddedUnrounded(id, by: reader, network, fusion)
                case .none: return false
                }
            }
            guard isRead[id], node.operation.definition.quantizedUse != .picks, let range = ranges[leader(id)] else {
                continue
            }
            grids[id] = QuantizationGrid(covering: range)
        }
    }

    /// The grid that a value lies on: its own, or that of what it is picked from.
    func grid(of id: Network.NodeID, _ network: Network) -> QuantizationGrid? {
        var id = id
        while grids[id] == nil, network.nodes[id].operation.definition.quantizedUse == .picks {
            id = network.nodes[id].inputs[0]
        }
        return grids[id]
    }

    /// Whether a value can be added where it is made: by the convolution, which then rounds once.
    private static func isAddedUnrounded(
        _ id: Network.NodeID, by reader: Network.NodeID, _ network: Network, _ fusion: LayerFusion
    ) -> Bool {
        guard case .addition = network.nodes[reader].operation, fusion.readers[id].count == 1,
            !network.outputs.contains(id), case .convolution(let layer) = network.nodes[id].operation
        else { return false }
        let other = network.nodes[reader].inputs.min()!
        return layer.activation == .identity && other < id
    }
}
