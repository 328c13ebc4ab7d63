// Which function translates which operator.

extension TFLiteImporter {
    /// - Returns: the operator's outputs.
    mutating func translate(_ known: TFLiteOperator, _ operands: TFLiteOperands) throws(ImportFailure) -> [TFLiteValue]
    {
        switch known {
        case .split: try split(operands).map { .node($0) }
        case .dequantize: [try dequantized(operands[0])]
        default: [.node(try translateNode(known, operands))]
        }
    }

    private mutating func translateNode(
        _ known: TFLiteOperator, _ operands: TFLiteOperands
    ) throws(ImportFailure) -> TFLiteNode {
        switch known {
        case .convolution: try convolution(operands)
        case .depthwiseConvolution: try depthwiseConvolution(operands)
        case .fullyConnected: try fullyConnected(operands)
        case .averagePool: try pooling(operands, .average)
        case .maxPool: try pooling(operands, .maximum)
        case .mean: try mean(operands)

        case .add: try binary(.add, operands)
        case .subtract: try binary(.subtract, operands)
        case .multiply: try binary(.multiply, operands)
        case .divide: try binary(.divide, operands)
        case .relu: try activation(.relu, operands[0])
        case .reluN1To1: try activation(.clip(low: -1, high: 1), operands[0])
        case .relu6: try activation(.clip(low: 0, high: 6), operands[0])
        case .leakyRelu: try unary(.leakyRelu(slope: try operands.float(0, "alpha") ?? 0), operands[0])
        case .logistic: try unary(.sigmoid, operands[0])
        case .tanh: try unary(.tanh, operands[0])
        case .hardSwish: try unary(.hardSwish, operands[0])
        case .softmax: try softmax(operands)

        case .concatenation: try concatenation(operands)
        case .pad: try pad(operands, valueIndex: nil)
        case .padV2: try pad(operands, valueIndex: 2)
        case .reshape: try reshape(operands)
        case .squeeze: try squeeze(operands)
        case .transpose: try transpose(operands)
        case .stridedSlice: try stridedSlice(operands)
        case .resizeBilinear: try resizeBilinear(operands)
        case .resizeNearest: try resizeNearest(operands)
        // Results are put on their grids anyway.
        case .quantize: try node(operands[0])
        case .split, .dequantize: preconditionFailure("\(known) gives no node of its own")
        }
    }

    /// Values are the numbers that they stand for already. A constant stays one: weights are stored like this.
    private func dequantized(_ value: TFLiteValue) throws(ImportFailure) -> TFLiteValue {
        if case .absent = value { throw .invalid("a required input is left out") }
        return value
    }
}
