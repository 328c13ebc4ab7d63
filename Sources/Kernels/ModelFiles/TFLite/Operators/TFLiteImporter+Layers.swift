// Operators with weights: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED.
import NetworkGraph

extension TFLiteImporter {
    /// Weights O×H×W×I; where I divides the channels, in groups.
    mutating func convolution(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        try convolution(operands, outputAxis: 0, permutation: [0, 3, 1, 2], dilations: (4, 5), activation: 3)
    }

    /// Weights 1×H×W×O; outputs that share an input channel lie side by side.
    mutating func depthwiseConvolution(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        try convolution(operands, outputAxis: 3, permutation: [3, 0, 1, 2], dilations: (5, 6), activation: 4)
    }

    /// - Parameters:
    ///   - outputAxis: of the weights; the opposite end has the input channels of a group.
    ///   - permutation: of the weights, to O×I×H×W.
    ///   - dilations, activation: fields of the operator's options.
    private mutating func convolution(
        _ operands: TFLiteOperands, outputAxis: Int, permutation: [Int], dilations: (Int, Int), activation: Int
    ) throws(ImportFailure) -> TFLiteNode {
        let input = try planar(try node(operands[0]))
        let weights = try weights(operands, rank: 4)
        let (outputs, perGroup) = (weights.extents[outputAxis], weights.extents[3 - outputAxis])
        let channels = input.extents[3]
        guard outputAxis == 0 || perGroup == 1, channels.isMultiple(of: perGroup),
            outputs.isMultiple(of: channels / perGroup)
        else { throw .invalid("weights \(weights.extents) for \(channels) channels") }
        let window = try window(
            operands, input.extents, kernel: (weights.extents[1], weights.extents[2]), dilations: dilations)
        let layer = try layer(operands, input, weights, channels: outputs, axis: outputAxis, permutation)
        let convolution = Convolution(
            weights: layer.weights, bias: layer.bias, window: window, groups: channels / perGroup,
            activation: try operands.activation(activation), weightGrid: layer.grid)
        let result = try windowed(.convolution(convolution), input)
        if let map = dealt[input.id] { dealtConvolutions[result.id] = DealtConvolution(map, convolution) }
        return result
    }

    /// Weights outputs×features. Features of a map are reordered with the weights, not in each run.
    mutating func fullyConnected(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        guard try operands.byte(1, "weights_format") == 0 else { throw .unsupported("shuffled weights") }
        var input = try node(operands[0])
        let weights = try weights(operands, rank: 2)
        let (outputs, features) = (weights.extents[0], weights.extents[1])
        let stated = input.extents
        let count = Shape(stated).count
        guard count.isMultiple(of: features) else {
            throw .invalid("weights \(weights.extents) for an input of \(stated)")
        }
        let rows = count / features
        var layer = try layer(operands, input, weights, channels: outputs, axis: 0, [0, 1])
        let perItem = stated.first == rows
        switch input.order {
        case .planar where perItem:
            layer.weights = try planar(
                layer.weights, height: input.extents[1], width: input.extents[2], channels: input.extents[3])
        case .flattened(let height, let width, let channels) where perItem:
            layer.weights = try planar(layer.weights, height: height, width: width, channels: channels)
        default:
            input = try self.stated(input)
            if input.extents != [rows, features] { input = try reshaped(input, [rows, features]) }
        }
        let keepsAxes = try operands.flag(2, "keep_num_dims")
        let extents = keepsAxes && !stated.isEmpty ? stated.dropLast() + [outputs] : [rows, outputs]
        let result = TFLiteNode(
            try emit(
                .fullyConnected(
                    FullyConnected(
                        weights: layer.weights, bias: layer.bias, activation: try operands.activation(0),
                        weightGrid: layer.grid)), input.id), [rows, outputs])
        return try reshaped(result, extents)
    }

    mutating func windowed(_ operation: Operation, _ input: TFLiteNode) throws(ImportFailure) -> TFLiteNode {
        let id = try emit(operation, input.id)
        let shape = draft.nodes[id].shape
        return TFLiteNode(id, TFLiteNode.planarAxes.map { shape[$0] }, .planar)
    }

    // MARK: Weights and biases

    func weights(_ operands: TFLiteOperands, rank: Int) throws(ImportFailure) -> TFLiteConstant {
        guard let weights = try operands.constant(1, "weights") else { throw .invalid("weights are left out") }
        guard weights.extents.count == rank, weights.extents.allSatisfy({ $0 > 0 }) else {
            throw .invalid("weights of \(weights.extents)")
        }
        return weights
    }

    /// What a layer has besides its window.
    struct Layer {
        var weights: Tensor
        let bias: [Float]
        let grid: WeightGrid?
    }

    /// - Parameters:
    ///   - channels: outputs.
    ///   - axis: of the weights, along which outputs lie: the first or the last.
    ///   - permutation: to the order that layers have here.
    ///   - biasIndex: which input the biases are.
    mutating func layer(
        _ operands: TFLiteOperands, _ input: TFLiteNode, _ weights: TFLiteConstant, channels: Int, axis: Int,
        _ permutation: [Int], biasIndex: Int = 2
    ) throws(ImportFailure) -> Layer {
        try copyWeights(2 * weights.count)
        let perChannel = weights.count / channels
        let grid: WeightGrid?
        let values: [Float]
        do {
            grid = try weights.tensor.weightGrid(channels: channels, axis: axis)
            values = try weights.reals(grid, channel: axis == 0 ? { $0 / perChannel } : { $0 % channels })
        } catch {
            throw ImportFailure(kind: error.kind, reason: "weights '\(weights.tensor.name)': \(error.reason)")
        }
        let shape = Shape(permutation.map { weights.extents[$0] })
        let ordered = permutation == [0, 1] ? values : Reference.transpose(values, weights.extents, permutation)
        return Layer(
            weights: Tensor(shape, ordered),
            bias: try bias(operands, biasIndex, input, weights.tensor, channels: channels), grid: grid)
    }

    /// Floats, or sums of products of q: their scale is the input's times the weights'.
    private mutating func bias(
        _ operands: TFLiteOperands, _ index: Int, _ input: TFLiteNode, _ weights: TFLiteTensor, channels: Int
    ) throws(ImportFailure) -> [Float] {
        guard let constant = try operands.constant(index, "biases") else { return [Float](repeating: 0, count: channels) }
        guard constant.count == channels else { throw .invalid("\(constant.count) biases for \(channels) channels") }
        try copyWeights(channels)
        if constant.type.isFloat { return try constant.reals(nil) }
        let isQuantized = try weights.type.isQuantized
        guard let grid = input.grid, isQuantized, !constant.type.isQuantized else {
            throw .unsupported("biases of type \(constant.type) for an input or weights that are not quantised")
        }
        return try constant.integers().enumerated().map { channel, bias in
            Float(Double(bias) * Double(grid.scale) * Double(weights.scales[weights.scales.count == 1 ? 0 : channel]))
        }
    }

    /// Weights of a flattened map, by planes.
    private func planar(
        _ weights: Tensor, height: Int, width: Int, channels: Int
    ) throws(ImportFailure) -> Tensor {
        let outputs = weights.shape[0]
        guard weights.shape[1] == height * width * channels else {
            throw .invalid("weights \(weights.shape) for a map of \(height)×\(width)×\(channels)")
        }
        return Tensor(
            weights.shape, Reference.transpose(weights.values, [outputs, height, width, channels], TFLiteNode.toPlanar))
    }
}
