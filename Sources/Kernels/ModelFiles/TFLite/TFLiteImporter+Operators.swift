// Which function translates which operator.
import NetworkGraph

extension TFLiteImporter {
    /// - Returns: the operator's outputs.
    mutating func translate(_ known: TFLiteOperator, _ operands: TFLiteOperands) throws(ImportFailure) -> [TFLiteValue]
    {
        switch known {
        case .split: try split(operands).map { .node($0) }
        case .splitV: try splitV(operands).map { .node($0) }
        case .unpack: try unpack(operands).map { .node($0) }
        case .topK: try topK(operands).map { .node($0) }
        case .detectionPostProcess: try detections(operands).map { .node($0) }
        // Sparse constants are made dense where they are read.
        case .dequantize, .densify: [try unchanged(operands[0])]
        case .shape: [try shape(operands)]
        case .rank: [try rank(operands)]
        case .broadcastArguments: [try broadcastArguments(operands)]
        default: [.node(try translateNode(known, operands))]
        }
    }

    private mutating func translateNode(
        _ known: TFLiteOperator, _ operands: TFLiteOperands
    ) throws(ImportFailure) -> TFLiteNode {
        if let node = try layer(known, operands) { return node }
        if let node = try along(known, operands) { return node }
        return try elements(known, operands)
    }

    /// Layers with weights or windows.
    private mutating func layer(
        _ known: TFLiteOperator, _ operands: TFLiteOperands
    ) throws(ImportFailure) -> TFLiteNode? {
        switch known {
        case .convolution: try convolution(operands)
        case .depthwiseConvolution: try depthwiseConvolution(operands)
        case .transposedConvolution: try transposedConvolution(operands)
        case .transposedConvolutionWithBias: try transposedConvolutionWithBias(operands)
        case .fullyConnected: try fullyConnected(operands)
        case .batchMatMul: try matrixMultiplication(operands)
        case .averagePool: try pooling(operands, .average)
        case .maxPool: try pooling(operands, .maximum)
        case .l2Pool: try l2Pooling(operands)
        case .localResponseNormalization: try localResponseNormalization(operands)
        case .resizeBilinear: try resizeBilinear(operands)
        case .resizeNearest: try resizeNearest(operands)
        case .depthToSpace: try depthToSpace(operands)
        case .spaceToDepth: try spaceToDepth(operands)
        case .spaceToBatch: try spaceToBatch(operands)
        case .batchToSpace: try batchToSpace(operands)
        default: nil
        }
    }

    /// Operators along axes, and those that move elements.
    private mutating func along(
        _ known: TFLiteOperator, _ operands: TFLiteOperands
    ) throws(ImportFailure) -> TFLiteNode? {
        switch known {
        case .mean: try reduce(.mean, operands)
        case .sum: try reduce(.sum, operands)
        case .reduceProduct: try reduce(.product, operands)
        case .reduceMaximum, .reduceAny: try reduce(.maximum, operands)
        case .reduceMinimum, .reduceAll: try reduce(.minimum, operands)
        case .softmax: try softmax(operands)
        case .logSoftmax: try logSoftmax(operands)
        case .l2Normalization: try l2Normalization(operands)
        case .argMax: try argMax(operands, takesLargest: true)
        case .argMin: try argMax(operands, takesLargest: false)
        case .cumulativeSum: try cumulativeSum(operands)

        case .concatenation: try concatenation(operands)
        case .pack: try pack(operands)
        case .pad: try pad(operands, valueIndex: nil)
        case .padV2: try pad(operands, valueIndex: 2)
        case .mirrorPad: try mirrorPad(operands)
        case .reshape: try reshape(operands)
        case .squeeze: try squeeze(operands)
        case .expandDims: try expandDims(operands)
        case .transpose: try transpose(operands)
        case .stridedSlice: try stridedSlice(operands)
        case .slice: try slice(operands)
        case .reverse: try reverse(operands)
        case .tile: try tile(operands)
        case .broadcastTo: try broadcastTo(operands)
        case .gather: try gather(operands)
        case .gatherND: try gatherND(operands)
        case .embeddingLookup: try embeddingLookup(operands)
        case .scatterND: try scatterND(operands)
        case .oneHot: try oneHot(operands)
        case .fill: try fill(operands)
        case .zerosLike: try zerosLike(operands)
        case .range: try range(operands)
        default: nil
        }
    }

    private mutating func elements(
        _ known: TFLiteOperator, _ operands: TFLiteOperands
    ) throws(ImportFailure) -> TFLiteNode {
        switch known {
        case .add: try binary(.add, operands)
        case .addN: try sum(operands)
        case .subtract: try binary(.subtract, operands)
        case .multiply: try binary(.multiply, operands)
        case .divide: try divide(operands)
        case .floorDivide: try floorDivide(operands)
        case .floorModulo: try floorModulo(operands)
        case .power: try binary(.power, operands)
        case .minimum: try binary(.minimum, operands)
        case .maximum: try binary(.maximum, operands)
        case .squaredDifference: try squaredDifference(operands)
        case .parametricRelu: try binary(.parametricRelu, operands)
        case .equal: try comparison(.equal, operands)
        case .notEqual: try comparison(.equal, operands, isNegated: true)
        case .less: try comparison(.less, operands)
        case .lessOrEqual: try comparison(.lessOrEqual, operands)
        case .greater: try comparison(.less, operands, isExchanged: true)
        case .greaterOrEqual: try comparison(.lessOrEqual, operands, isExchanged: true)
        case .logicalAnd: try binary(.multiply, operands)
        case .logicalOr: try binary(.maximum, operands)
        case .select: try select(operands, bySlices: true)
        case .selectV2: try select(operands, bySlices: false)
        case .cast: try cast(operands)
        // Results are put on their grids anyway.
        case .quantize: try node(operands[0])
        case .square: try square(try node(operands[0]))
        default:
            if let activation = Self.activations[known] {
                try self.activation(activation, operands[0])
            } else {
                try unary(try function(known, operands), operands[0])
            }
        }
    }

    private static let activations: [TFLiteOperator: Activation] = [
        .relu: .relu, .reluN1To1: .clip(low: -1, high: 1), .relu6: .clip(low: 0, high: 6),
        .relu0To1: .clip(low: 0, high: 1),
    ]

    private static let functions: [TFLiteOperator: UnaryFunction] = [
        .logistic: .sigmoid, .tanh: .tanh, .hardSwish: .hardSwish, .exponential: .exponential,
        .logarithm: .logarithm, .squareRoot: .squareRoot, .reciprocalSquareRoot: .reciprocalSquareRoot,
        .negate: .negation, .absolute: .absolute, .floor: .floor, .ceiling: .ceiling, .round: .round, .sine: .sine,
        .cosine: .cosine, .sign: .sign, .logicalNot: .logicalNot,
        .elu: .exponentialLinear(alpha: 1, scale: 1, rate: 1),
    ]

    private func function(
        _ known: TFLiteOperator, _ operands: TFLiteOperands
    ) throws(ImportFailure) -> UnaryFunction {
        switch known {
        case .leakyRelu: return .leakyRelu(slope: try operands.float(0, "alpha") ?? 0)
        case .gelu: return try operands.flag(0, "approximate") ? .geluByTanh : .gelu
        default:
            guard let function = Self.functions[known] else { throw .unsupported("it has no translation") }
            return function
        }
    }

    /// Values are the numbers that they stand for already. A constant stays one: weights are stored like this.
    private func unchanged(_ value: TFLiteValue) throws(ImportFailure) -> TFLiteValue {
        if case .absent = value { throw .invalid("a required input is left out") }
        return value
    }
}
