// Rewrites a draft so that engines have less to do: scaling and padding go into convolutions, scaling also into what
// makes pixels floats, activations into what they follow, and what does nothing goes away. One pass in the order of the
// nodes.
import NetworkGraph

extension NetworkDraft {
    /// Every node sees its inputs simplified already. Nodes that nobody needs any more are left to `network(name:)`.
    mutating func simplify() {
        fusePatterns()
        fuseNormalizations()
        let isLive = isLive
        // Who stands for each node.
        var stands = Array(nodes.indices)
        var readers = [Int](repeating: 0, count: nodes.count)
        for id in nodes.indices where isLive[id] { for input in nodes[id].inputs { readers[input] += 1 } }
        for output in outputs { readers[output] += 1 }
        var grids = [QuantizationGrid?](repeating: nil, count: nodes.count)
        for id in nodes.indices where isLive[id] {
            nodes[id].inputs = nodes[id].inputs.map { stands[$0] }
            bypassInputs(of: id, &readers)
            grids[id] = nodes[id].operation.definition.grid(nodes[id].inputs.map { grids[$0] })
            if isIdentity(id, grids) {
                stands[id] = nodes[id].inputs[0]
            } else if let host = biasedRows(id, readers) {
                stands[id] = host
            } else if let host = nodes[id].inputs.first(where: { !nodes[$0].operation.isConstant }),
                readers[host] == 1, let merged = merge(id, into: host)
            {
                nodes[host].operation = merged
                stands[id] = host
            } else {
                scaleAsConvolution(id)
                continue
            }
            // Whoever reads this node reads the other; this one's own reading of it is over.
            readers[stands[id]] += readers[id] - 1
        }
        outputs = outputs.map { stands[$0] }
    }

    /// Reads past inputs that this node can do without.
    private mutating func bypassInputs(of id: Int, _ readers: inout [Int]) {
        guard let first = nodes[id].inputs.first, nodes[id].inputs.count == 1 else { return }
        let input = nodes[first]
        switch (nodes[id].operation, input.operation) {
        case (.reshape, .reshape): break
        case (.transpose(let permutation), .transpose(let first)):
            nodes[id].operation = .transpose(permutation.map { first[$0] })
        case (.fullyConnected, .reshape):
            // It flattens maps itself.
            let shape = nodes[input.inputs[0]].shape
            guard shape.rank == 2 || shape.rank == 4, shape[0] == input.shape[0] else { return }
        case (.convolution(let layer), .pad(let padding)):
            guard let window = layer.window.adding(padding) else { return }
            nodes[id].operation = .convolution(layer.with(window: window))
        default: return
        }
        nodes[id].inputs = input.inputs
        readers[first] -= 1
        readers[input.inputs[0]] += 1
    }

    private func isIdentity(_ id: Int, _ grids: [QuantizationGrid?]) -> Bool {
        let node = nodes[id]
        if case .unary(.quantize(let grid)) = node.operation { return grids[node.inputs[0]] == grid }
        return node.operation.definition.isIdentity(node.inputs.map { nodes[$0].shape })
    }

    /// The operation of `host` with that of its reader taken in; nil if they can't be one.
    private mutating func merge(_ id: Int, into host: Int) -> Operation? {
        switch (nodes[id].operation, nodes[host].operation) {
        case (.binary, .image(let image)):
            return channelScaling(id).flatMap { image.scaled($0.scales, $0.shifts) }.map { .image($0) }
        case (.activation(let activation), .convolution(let layer)) where layer.activation == .identity:
            return .convolution(layer.with(activation: activation))
        case (.activation(let activation), .fullyConnected(let layer)) where layer.activation == .identity:
            return .fullyConnected(
                FullyConnected(
                    weights: layer.weights, bias: layer.bias, activation: activation, weightGrid: layer.weightGrid))
        case (.binary, .transposedConvolution(let layer)):
            guard let (scales, shifts) = channelScaling(id) else { return nil }
            let isPlain = scales.allSatisfy { $0 == 1 }
            guard isPlain || copyWeights(layer.weights.shape.count) else { return nil }
            return .transposedConvolution(layer.scaled(scales, shifts))
        case (.activation(let activation), .addition(.identity)):
            return .addition(activation)
        case (.binary, .convolution(let layer)) where layer.activation == .identity:
            guard let (scales, shifts) = channelScaling(id) else { return nil }
            if scales.allSatisfy({ $0 == 1 }) {
                return .convolution(layer.with(bias: layer.bias.scaled(scales, shifts)))
            }
            // Scaled weights would leave their grid.
            guard layer.weightGrid == nil, copyWeights(layer.weights.shape.count) else { return nil }
            return .convolution(
                Convolution(
                    weights: layer.weights.scaledRows(scales), bias: layer.bias.scaled(scales, shifts),
                    window: layer.window, groups: layer.groups))
        case (.binary, .fullyConnected(let layer)) where layer.activation == .identity:
            guard let (scales, shifts) = channelScaling(id) else { return nil }
            if scales.allSatisfy({ $0 == 1 }) {
                return .fullyConnected(
                    FullyConnected(
                        weights: layer.weights, bias: layer.bias.scaled(scales, shifts), weightGrid: layer.weightGrid))
            }
            guard layer.weightGrid == nil, copyWeights(layer.weights.shape.count) else { return nil }
            return .fullyConnected(
                FullyConnected(weights: layer.weights.scaledRows(scales), bias: layer.bias.scaled(scales, shifts)))
        default: return nil
        }
    }

    /// Adds a bias behind rows that were multiplied by a matrix and given back their axes to the matrix' own.
    /// - Returns: the node that gives the sum then; nil if this is no such bias.
    private mutating func biasedRows(_ id: Int, _ readers: [Int]) -> Int? {
        guard case .binary(.add) = nodes[id].operation, let features = nodes[id].shape.extents.last else { return nil }
        let inputs = nodes[id].inputs
        for (host, other) in [(inputs[0], inputs[1]), (inputs[1], inputs[0])] {
            guard case .constant(let bias) = nodes[other].operation, bias.shape == [features],
                case .reshape = nodes[host].operation, readers[host] == 1, nodes[host].shape == nodes[id].shape
            else { continue }
            let rows = nodes[host].inputs[0]
            guard case .fullyConnected(let layer) = nodes[rows].operation, readers[rows] == 1,
                layer.activation == .identity, layer.bias.count == features
            else { continue }
            nodes[rows].operation = .fullyConnected(
                FullyConnected(
                    weights: layer.weights, bias: zip(layer.bias, bias.values).map { $0 + $1 },
                    weightGrid: layer.weightGrid))
            return host
        }
        return nil
    }

    /// Scaling that no convolution took in becomes one of its own, of one tap a channel: engines do those well, and
    /// take in what follows.
    private mutating func scaleAsConvolution(_ id: Int) {
        guard nodes[id].shape.rank == 4, let (scales, shifts) = channelScaling(id),
            let input = nodes[id].inputs.first(where: { !nodes[$0].operation.isConstant }),
            // Products of matrices are no maps, and lie in rows.
            !nodes[input].operation.isMatrixProduct, copyWeights(scales.count)
        else { return }
        let channels = nodes[id].shape[1]
        nodes[id].operation = .convolution(
            Convolution(
                weights: Tensor([channels, 1, 1, 1], scales), bias: shifts, window: Window(height: 1, width: 1),
                groups: channels))
        nodes[id].inputs = [input]
    }

    /// Arithmetic with a constant that is the same all over a channel, as x · scale + shift; nil for all else.
    private func channelScaling(_ id: Int) -> (scales: [Float], shifts: [Float])? {
        let node = nodes[id]
        guard case .binary(let function) = node.operation, node.shape.rank >= 2 else { return nil }
        let first = nodes[node.inputs[0]].operation.isConstant
        guard case .constant(let constant) = nodes[node.inputs[first ? 0 : 1]].operation,
            nodes[node.inputs[first ? 1 : 0]].shape == node.shape
        else { return nil }
        let extents = constant.shape.extents(ofRank: node.shape.rank)
        guard extents.enumerated().allSatisfy({ $0.offset == 1 || $0.element == 1 }) else { return nil }
        let channels = node.shape[1]
        let values =
            constant.shape.count == channels
            ? constant.values : [Float](repeating: constant.values[0], count: channels)
        let (ones, zeros) = ([Float](repeating: 1, count: channels), [Float](repeating: 0, count: channels))
        switch (function, first) {
        case (.add, _): return (ones, values)
        case (.multiply, _): return (values, zeros)
        case (.subtract, false): return (ones, values.map { -$0 })
        case (.subtract, true): return (ones.map { -$0 }, values)
        case (.divide, false): return (values.map { 1 / $0 }, zeros)
        default: return nil
        }
    }
}

extension Operation {
    fileprivate var isConstant: Bool { if case .constant = self { true } else { false } }
    fileprivate var isMatrixProduct: Bool { if case .matrixMultiplication = self { true } else { false } }
}

extension ImageInput {
    /// With values scaled and shifted by channel: (byte − mean) · scale · s + t = (byte − (mean − t ÷ (scale · s))) ·
    /// (scale · s). Nil where that is no normalisation any more.
    fileprivate func scaled(_ scales: [Float], _ shifts: [Float]) -> ImageInput? {
        let scale = self.scale.scaled(scales, [Float](repeating: 0, count: scales.count))
        let mean = scale.indices.map { Float(Double(self.mean[$0]) - Double(shifts[$0]) / Double(scale[$0])) }
        guard (scale + mean).allSatisfy(\.isFinite), !scale.contains(0) else { return nil }
        return ImageInput(
            batch: batch, height: height, width: width, channels: channels, mean: mean, scale: scale, fit: fit,
            resampling: resampling)
    }
}

extension Tensor {
    /// Each slice along the first axis times a number.
    fileprivate func scaledRows(_ scales: [Float]) -> Tensor {
        let count = shape.count / shape[0]
        return Tensor(shape, values.enumerated().map { $0.element * scales[$0.offset / count] })
    }
}

extension [Float] {
    fileprivate func scaled(_ scales: [Float], _ shifts: [Float]) -> [Float] {
        indices.map { self[$0] * scales[$0] + shifts[$0] }
    }
}

extension Convolution {
    fileprivate func with(window: Window) -> Convolution {
        Convolution(
            weights: weights, bias: bias, window: window, groups: groups, activation: activation,
            weightGrid: weightGrid)
    }

    fileprivate func with(bias: [Float]) -> Convolution {
        Convolution(
            weights: weights, bias: bias, window: window, groups: groups, activation: activation,
            weightGrid: weightGrid)
    }

    fileprivate func with(activation: Activation) -> Convolution {
        Convolution(
            weights: weights, bias: bias, window: window, groups: groups, activation: activation,
            weightGrid: weightGrid)
    }
}

extension TransposedConvolution {
    /// With results scaled and shifted by channel.
    fileprivate func scaled(_ scales: [Float], _ shifts: [Float]) -> TransposedConvolution {
        let (perGroup, area) = (weights.shape[1], weights.shape[2] * weights.shape[3])
        let inputsPerGroup = inputChannels / groups
        let values = weights.values.enumerated().map { place, value in
            let (input, output) = (place / (perGroup * area), place / area % perGroup)
            return value * scales[input / inputsPerGroup * perGroup + output]
        }
        return TransposedConvolution(
            weights: Tensor(weights.shape, values), bias: bias.scaled(scales, shifts), window: window,
            extraRows: extraRows, extraColumns: extraColumns, groups: groups)
    }
}

extension Window {
    /// With zeros around a feature map as padding; nil for padding of other axes or with other values.
    fileprivate func adding(_ padding: ConstantPadding) -> Window? {
        guard padding.value == 0, padding.before.count == 4,
            (padding.before.prefix(2) + padding.after.prefix(2)).allSatisfy({ $0 == 0 })
        else { return nil }
        func padded(_ axis: Axis, _ index: Int) -> Axis {
            Axis(
                kernel: axis.kernel, stride: axis.stride, dilation: axis.dilation,
                near: axis.near + padding.before[index], far: axis.far + padding.after[index])
        }
        return Window(rows: padded(rows, 2), columns: padded(columns, 3))
    }
}
