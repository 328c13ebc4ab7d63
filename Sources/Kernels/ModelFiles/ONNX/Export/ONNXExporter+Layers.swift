// Layers with weights, pools, and what takes pixels.
import NetworkGraph

extension ONNXExporter {
    /// A network that takes pixels otherwise than they are fed makes them of those.
    mutating func translate(_ image: ImageInput, _ id: Network.NodeID) {
        let given = Self.pixels(image)
        guard image.mean != given.mean || image.scale != given.scale else { return }
        // (byte − mean) · scale, where byte = x ÷ given scale + given mean; in doubles, so that the importer finds the
        // same numbers.
        var (factors, addends): ([Float], [Float]) = ([], [])
        for channel in image.mean.indices {
            let (mean, scale) = (Double(image.mean[channel]), Double(image.scale[channel]))
            factors.append(Float(scale / Double(given.scale[channel])))
            addends.append(Float((Double(given.mean[channel]) - mean) * scale))
        }
        let name = network.nodes[id].name
        let factor = constant(unique(name, "factors"), [factors.count, 1, 1], factors)
        let addend = constant(unique(name, "addends"), [addends.count, 1, 1], addends)
        let (scaled, normalized) = (unique(name, "scaled"), unique(name, "normalized"))
        add("Mul", [name, factor], to: scaled)
        add("Add", [scaled, addend], to: normalized)
        setValue(normalized, of: id)
    }

    mutating func translate(_ layer: Convolution, _ id: Network.NodeID) {
        let input = network.nodes[id].inputs[0]
        let parameters = parameters(of: layer.weights, layer.weightGrid, layer.bias, id)
        addActivated(
            "Conv", [value(input)] + parameters, id, layer.activation,
            [
                "kernel_shape": .integers([layer.window.height, layer.window.width]),
                "strides": .integers(layer.window.strides), "dilations": .integers(layer.window.dilations),
                "pads": .integers(layer.window.padding.pads), "group": .integer(layer.groups),
            ])
    }

    mutating func translate(_ layer: TransposedConvolution, _ id: Network.NodeID) {
        let node = network.nodes[id]
        let parameters = parameters(of: layer.weights, nil, layer.bias, id)
        add(
            "ConvTranspose", [value(node.inputs[0])] + parameters, to: node.name,
            [
                "kernel_shape": .integers([layer.window.height, layer.window.width]),
                "strides": .integers(layer.window.strides), "dilations": .integers(layer.window.dilations),
                "pads": .integers(layer.window.padding.pads), "group": .integer(layer.groups),
                "output_padding": .integers([layer.extraRows, layer.extraColumns]),
            ])
    }

    mutating func translate(_ layer: FullyConnected, _ id: Network.NodeID) {
        let node = network.nodes[id]
        let input = node.inputs[0]
        var source = value(input)
        if network.nodes[input].shape.rank != 2 {
            source = unique(node.name, "rows")
            addReshape(value(input), [node.shape[0], layer.weights.shape[1]], to: source)
            if let grid = grids[input] { source = addRounding(source, to: grid, unique(source, "rounded")) }
        }
        let parameters = parameters(of: layer.weights, layer.weightGrid, layer.bias, id)
        addActivated("Gemm", [source] + parameters, id, layer.activation, ["transB": .integer(1)])
    }

    mutating func translate(_ pooling: Pooling, _ id: Network.NodeID) throws(ONNXExportError) {
        let (node, window) = (network.nodes[id], pooling.window)
        guard pooling.kind == .maximum else {
            guard !window.isDilated else {
                throw .unsupported(node: node.name, reason: "averages of taps that lie apart")
            }
            add(
                "AveragePool", [value(node.inputs[0])], to: node.name,
                [
                    "kernel_shape": .integers([window.height, window.width]), "strides": .integers(window.strides),
                    "pads": .integers(window.padding.pads),
                    "count_include_pad": .integer(pooling.countsPadding ? 1 : 0),
                ])
            return
        }
        add(
            "MaxPool", [value(node.inputs[0])], to: node.name,
            [
                "kernel_shape": .integers([window.height, window.width]), "strides": .integers(window.strides),
                "pads": .integers(window.padding.pads), "dilations": .integers(window.dilations),
            ])
    }

    /// Adds an operator with an activation behind it.
    mutating func addActivated(
        _ operation: String, _ inputs: [String], _ id: Network.NodeID, _ activation: Activation,
        _ attributes: KeyValuePairs<String, Attribute> = [:]
    ) {
        let name = network.nodes[id].name
        guard activation != .identity else {
            add(operation, inputs, to: name, attributes)
            return
        }
        let linear = unique(name, "linear")
        add(operation, inputs, to: linear, name: name, attributes)
        addActivation(activation, linear, to: name, as: unique(name, "activation"))
    }

    mutating func addActivation(_ activation: Activation, _ input: String, to output: String, as name: String) {
        switch activation {
        case .identity: add("Identity", [input], to: output, name: name)
        case .relu: add("Relu", [input], to: output, name: name)
        case .clip(let low, let high):
            // Left out, a bound is none.
            let bounds = [("low", low), ("high", high)].map { bound, value in
                value.isInfinite ? "" : constant(unique(name, bound), [], [value])
            }
            add("Clip", [input] + bounds, to: output, name: name)
        }
    }

    mutating func addReshape(_ input: String, _ extents: [Int], to output: String) {
        let shape = constant(unique(output, "shape"), [extents.count], .int64, extents.map { Int64($0) })
        add("Reshape", [input, shape], to: output)
    }

    // MARK: Grids

    /// Rounds to a grid: whole numbers, and back.
    /// - Returns: `output`.
    @discardableResult
    mutating func addRounding(_ input: String, to grid: QuantizationGrid, _ output: String) -> String {
        let parameters = parameters(of: grid, named: output)
        let whole = unique(output, "whole")
        add("QuantizeLinear", [input] + parameters, to: whole, name: output)
        add("DequantizeLinear", [whole] + parameters, to: output, name: unique(output, "real"))
        return output
    }

    /// Weights and biases: floats, or whole numbers and what makes them real.
    private mutating func parameters(
        of weights: Tensor, _ grid: WeightGrid?, _ bias: [Float], _ id: Network.NodeID
    ) -> [String] {
        let name = network.nodes[id].name
        let (weightsName, biasName) = (unique(name, "weights"), unique(name, "bias"))
        guard let grid else {
            return [
                constant(weightsName, weights.shape.extents, weights.values), constant(biasName, [bias.count], bias),
            ]
        }
        let extents = grid.scales.count == 1 ? [] : [grid.scales.count]
        let numbers = grid.indices(of: weights)
        let whole = bytes(unique(name, "weights/whole"), weights.shape.extents, numbers, isSigned: grid.isSigned)
        let scale = constant(unique(name, "weights/scale"), extents, grid.scales)
        let zeroPoint = bytes(
            unique(name, "weights/zero_point"), extents, grid.zeroPoints.map { UInt8(truncatingIfNeeded: $0) },
            isSigned: grid.isSigned)
        add("DequantizeLinear", [whole, scale, zeroPoint], to: weightsName, ["axis": .integer(0)])

        guard let input = grids[network.nodes[id].inputs[0]] else {
            return [weightsName, constant(biasName, [bias.count], bias)]
        }
        // In the steps in which products are summed, if that is what they are.
        let steps = bias.indices.map { input.scale * grid[$0].scale }
        let sums = zip(bias, steps).map { ($0 / $1).rounded() }
        guard zip(sums, steps).map({ $0 * $1 }) == bias, sums.allSatisfy({ abs($0) < 0x1p31 }) else {
            return [weightsName, constant(biasName, [bias.count], bias)]
        }
        let wholeBias = constant(unique(name, "bias/whole"), [bias.count], .int32, sums.map { Int32($0) })
        let biasScale = constant(unique(name, "bias/scale"), [bias.count], steps)
        add("DequantizeLinear", [wholeBias, biasScale], to: biasName, ["axis": .integer(0)])
        return [weightsName, biasName]
    }
}

extension WeightGrid {
    /// q of each weight, signed ones as their bit patterns.
    fileprivate func indices(of weights: Tensor) -> [UInt8] {
        let row = weights.shape.count / weights.shape[0]
        var indices = [UInt8](repeating: 0, count: weights.shape.count)
        for channel in 0..<weights.shape[0] {
            let grid = self[channel]
            for place in channel * row..<(channel + 1) * row {
                indices[place] = UInt8(truncatingIfNeeded: grid.index(of: weights.values[place]))
            }
        }
        return indices
    }
}

extension Padding {
    /// In ONNX's order.
    var pads: [Int] { [top, left, bottom, right] }
}
