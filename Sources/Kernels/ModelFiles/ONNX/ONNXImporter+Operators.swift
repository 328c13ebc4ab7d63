// Which function translates which operator.
import NetworkGraph

extension ONNXImporter {
    /// - Returns: the node's outputs, or the first of them.
    mutating func translate(_ name: String, _ operands: ONNXOperands) throws(ImportFailure) -> [ONNXValue] {
        switch name {
        case "Conv": [try convolution(operands)]
        case "MaxPool": [try pooling(operands, .maximum)]
        case "AveragePool": [try pooling(operands, .average)]
        case "GlobalAveragePool": [try globalPooling(operands, .mean)]
        case "GlobalMaxPool": [try globalPooling(operands, .maximum)]
        case "BatchNormalization": [try batchNormalization(operands)]
        case "LayerNormalization": try layerNormalization(operands)
        case "InstanceNormalization": [try instanceNormalization(operands)]
        case "LRN": [try localResponseNormalization(operands)]

        case "Gemm": [try gemm(operands)]
        case "MatMul": [try matrixMultiplication(operands[0], operands[1])]

        case "Relu": [try emit(.activation(.relu), operands[0])]
        case "Clip": [try clip(operands)]
        case "LeakyRelu": [try emit(.unary(.leakyRelu(slope: try operands.float("alpha") ?? 0.01)), operands[0])]
        case "PRelu": [try parametricRelu(operands)]
        case "Sigmoid": [try emit(.unary(.sigmoid), operands[0])]
        case "HardSigmoid":
            [
                try emit(
                    .unary(
                        .hardSigmoid(
                            slope: try operands.float("alpha") ?? 0.2, offset: try operands.float("beta") ?? 0.5)),
                    operands[0])
            ]
        case "HardSwish": [try emit(.unary(.hardSwish), operands[0])]
        case "Tanh": [try emit(.unary(.tanh), operands[0])]
        case "Gelu": [try gelu(operands)]
        case "Erf": [try emit(.unary(.errorFunction), operands[0])]
        case "Exp": [try emit(.unary(.exponential), operands[0])]
        case "Log": [try emit(.unary(.logarithm), operands[0])]
        case "Sqrt": [try emit(.unary(.squareRoot), operands[0])]
        case "Reciprocal": [try emit(.unary(.reciprocal), operands[0])]
        case "Floor": [try emit(.unary(.floor), operands[0])]
        case "Neg": [try signed(.negation, operands[0])]
        case "Abs": [try signed(.absolute, operands[0])]
        case "Add": [try binary(.add, operands)]
        case "Sub": [try binary(.subtract, operands)]
        case "Mul": [try binary(.multiply, operands)]
        case "Div": [try binary(.divide, operands)]
        case "Pow": [try power(operands)]
        case "Sum": [try sum(operands)]
        case "Softmax": [try softmax(operands, isLogarithmic: false)]
        case "LogSoftmax": [try softmax(operands, isLogarithmic: true)]
        case "ReduceMean": [try reduction(operands, .mean)]
        case "ReduceMax": [try reduction(operands, .maximum)]
        case "ArgMax": [try argMax(operands)]

        case "Identity": [operands[0]]
        case "Dropout": try dropout(operands)
        case "Cast": [try cast(operands)]
        case "Constant": [.constant(try constant(operands))]
        case "ConstantOfShape": [.constant(try constantOfShape(operands))]
        case "Shape": [.constant(try shape(operands))]
        case "Range": [.constant(try range(operands))]
        case "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual": [try comparison(name, operands)]
        case "Not", "And", "Or", "Xor": [try logic(name, operands)]
        case "Where": [try choice(operands)]

        case "Reshape": [try reshape(operands)]
        case "Flatten": [try flatten(operands)]
        case "Squeeze": [try squeeze(operands)]
        case "Unsqueeze": [try unsqueeze(operands)]
        case "Expand": [try expand(operands)]
        case "Transpose": [try transpose(operands)]
        case "Concat": [try concatenation(operands)]
        case "Split": try split(operands)
        case "Slice": [try slice(operands)]
        case "Gather": [try gather(operands)]
        case "Pad": [try pad(operands)]
        case "Resize", "Upsample": [try resize(operands, isUpsample: name == "Upsample")]

        case "QuantizeLinear", "com.microsoft.QuantizeLinear": [try quantizeLinear(operands)]
        case "DequantizeLinear", "com.microsoft.DequantizeLinear": [try dequantizeLinear(operands)]
        case "DynamicQuantizeLinear": try dynamicQuantization(operands)
        case "QLinearConv": [try linearConvolution(operands)]
        case "QLinearMatMul": [try linearMatrixMultiplication(operands)]
        case "ConvInteger": [try quantizedConvolution(operands)]
        case "MatMulInteger": [try integerMatrixMultiplication(operands)]
        case "com.microsoft.QGemm": [try linearGemm(operands)]
        case "com.microsoft.QLinearAdd": [try linearBinary(.add, operands)]
        case "com.microsoft.QLinearMul": [try linearBinary(.multiply, operands)]
        case "com.microsoft.QLinearConcat": [try linearConcatenation(operands)]
        case "com.microsoft.QLinearGlobalAveragePool": [try linearUnary("GlobalAveragePool", operands)]
        case "com.microsoft.QLinearAveragePool": [try linearUnary("AveragePool", operands)]
        case "com.microsoft.QLinearLeakyRelu": [try linearUnary("LeakyRelu", operands)]
        case "com.microsoft.QLinearSigmoid": [try linearUnary("Sigmoid", operands)]
        case "com.microsoft.QLinearSoftmax": [try linearUnary("Softmax", operands)]
        default: throw .unsupported("operator '\(name)' is not supported")
        }
    }
}
