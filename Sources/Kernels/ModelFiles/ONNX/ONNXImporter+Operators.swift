// Which function translates which operator.
import NetworkGraph

extension ONNXImporter {
    /// - Returns: the node's outputs, or the first of them.
    mutating func translate(_ name: String, _ operands: ONNXOperands) throws(ImportFailure) -> [ONNXValue] {
        if let function = try function(name, operands) { return [try emit(.unary(function), operands[0])] }
        let runtime = "com.microsoft."
        if name.hasPrefix(runtime) { return try translateRuntime(String(name.dropFirst(runtime.count)), operands) }
        if Self.reductions.contains(name) { return [try reduction(name, operands)] }
        return try translateStandard(name, operands)
    }

    private mutating func translateStandard(
        _ name: String, _ operands: ONNXOperands
    ) throws(ImportFailure) -> [ONNXValue] {
        switch name {
        case "Conv": [try convolution(operands)]
        case "ConvTranspose": [try transposedConvolution(operands)]
        case "MaxPool": try maximumPooling(operands)
        case "MaxUnpool": [try unpooling(operands)]
        case "AveragePool": [try averagePooling(operands)]
        case "LpPool": [try lpPooling(operands)]
        case "GlobalAveragePool": [try globalPooling(operands, .mean)]
        case "GlobalMaxPool": [try globalPooling(operands, .maximum)]
        case "BatchNormalization": [try batchNormalization(operands)]
        case "LayerNormalization": try layerNormalization(operands)
        case "InstanceNormalization": [try instanceNormalization(operands)]
        case "GroupNormalization": [try groupNormalization(operands)]
        case "RMSNormalization", "SimplifiedLayerNormalization": [try rootMeanSquare(operands)]
        case "LpNormalization": [try lpNormalization(operands)]
        case "MeanVarianceNormalization": [try meanVarianceNormalization(operands)]
        case "LRN": [try localResponseNormalization(operands)]

        case "Gemm": [try gemm(operands)]
        case "MatMul": [try matrixMultiplication(operands[0], operands[1])]
        case "Einsum": [try einsum(operands)]

        case "Relu": [try emit(.activation(.relu), operands[0])]
        case "Clip": [try clip(operands)]
        case "PRelu": [try parametricRelu(operands)]
        case "Gelu": [try gelu(operands)]
        case "Neg": [try signed(.negation, operands[0])]
        case "Abs": [try signed(.absolute, operands[0])]
        case "Sign": [try signed(.sign, operands[0])]
        case "Add": [try binary(.add, operands)]
        case "Sub": [try binary(.subtract, operands)]
        case "Mul": [try binary(.multiply, operands)]
        case "Div": [try binary(.divide, operands)]
        case "Pow": [try power(operands)]
        case "Sum": [try combined(.add, operands)]
        case "Mean": [try mean(operands)]
        case "Max": [try combined(.maximum, operands)]
        case "Min": [try combined(.minimum, operands)]
        case "Mod": [try modulo(operands)]
        case "Softmax": [try softmax(operands, isLogarithmic: false)]
        case "LogSoftmax": [try softmax(operands, isLogarithmic: true)]
        case "Hardmax": [try hardmax(operands)]
        case "ArgMax": [try argument(operands, ofLargest: true)]
        case "ArgMin": [try argument(operands, ofLargest: false)]
        case "TopK": try topK(operands)
        case "CumSum": [try cumulativeSum(operands)]

        case "Identity": [operands[0]]
        case "Dropout": try dropout(operands)
        case "Cast": [try cast(operands)]
        case "CastLike": [try castLike(operands)]
        case "Constant": [.constant(try constant(operands))]
        case "ConstantOfShape": [.constant(try constantOfShape(operands))]
        case "Shape": [.constant(try shape(operands))]
        case "Size": [.constant(try size(operands))]
        case "EyeLike": [.constant(try eye(operands))]
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
        case "GatherElements": [try gatherElements(operands)]
        case "GatherND": [try gatherCoordinates(operands)]
        case "ScatterElements", "Scatter": [try scatterElements(operands)]
        case "ScatterND": [try scatterCoordinates(operands)]
        case "OneHot": [try oneHot(operands)]
        case "ReverseSequence": [try reverseSequence(operands)]
        case "Tile": [try tile(operands)]
        case "Trilu": [try triangle(operands)]
        case "DepthToSpace": [try depthToSpace(operands)]
        case "SpaceToDepth": [try spaceToDepth(operands)]
        case "Pad": [try pad(operands)]
        case "Resize", "Upsample": [try resize(operands, isUpsample: name == "Upsample")]

        case "GridSample": [try gridSampling(operands)]
        case "RoiAlign": [try regionAlignment(operands)]
        case "NonMaxSuppression": [try boxSelection(operands)]

        case "QuantizeLinear": [try quantizeLinear(operands)]
        case "DequantizeLinear": [try dequantizeLinear(operands)]
        case "DynamicQuantizeLinear": try dynamicQuantization(operands)
        case "QLinearConv": [try linearConvolution(operands)]
        case "QLinearMatMul": [try linearMatrixMultiplication(operands)]
        case "ConvInteger": [try quantizedConvolution(operands)]
        case "MatMulInteger": [try integerMatrixMultiplication(operands)]
        default: throw .unsupported("operator '\(name)' is not supported")
        }
    }
}
