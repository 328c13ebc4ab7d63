// Operators that ONNX Runtime's optimiser writes (com.microsoft): layers with what follows them, and some more in
// 8 bits.
import NetworkGraph

extension ONNXImporter {
    /// - Parameter name: without its domain.
    /// - Returns: the node's outputs, or the first of them.
    mutating func translateRuntime(_ name: String, _ operands: ONNXOperands) throws(ImportFailure) -> [ONNXValue] {
        switch name {
        case "FusedConv": return [try fusedConvolution(operands)]
        case "FusedGemm":
            let activation = try operands.text("activation") ?? ""
            let parameters = [try operands.float("activation_alpha"), try operands.float("activation_beta")]
            operands.ignore("activation_gamma")
            return [try activated(try gemm(operands), activation, parameters.compactMap { $0 })]
        case "FusedMatMul", "TransposeMatMul": return [try fusedMatrixMultiplication(operands)]
        case "Gelu": return [try emit(.unary(.gelu), operands[0])]
        case "BiasGelu":
            return [try emit(.unary(.gelu), try emit(.binary(.add), operands[0], operands[1]))]
        case "FastGelu":
            var value = operands[0]
            if case .absent = operands[1] {} else { value = try emit(.binary(.add), value, operands[1]) }
            return [try emit(.unary(.geluByTanh), value)]
        case "LayerNormalization": return try layerNormalization(operands)
        case "SkipLayerNormalization": return try skipNormalization(operands, isCentred: true)
        case "SkipSimplifiedLayerNormalization": return try skipNormalization(operands, isCentred: false)
        case "GridSample": return [try gridSampling(operands)]
        case "Trilu": return [try triangle(operands)]
        case "DynamicQuantizeMatMul": return [try dynamicMatrixMultiplication(operands)]

        case "QuantizeLinear": return [try quantizeLinear(operands)]
        case "DequantizeLinear": return [try dequantizeLinear(operands)]
        case "QGemm": return [try linearGemm(operands)]
        case "QLinearAdd": return [try linearBinary(.add, operands)]
        case "QLinearMul": return [try linearBinary(.multiply, operands)]
        case "QLinearConcat": return [try linearConcatenation(operands)]
        case "QLinearWhere": return [try linearChoice(operands)]
        case "QLinearGlobalAveragePool", "QLinearAveragePool", "QLinearLeakyRelu", "QLinearSigmoid", "QLinearSoftmax",
            "QLinearReduceMean":
            return [try linearUnary(String(name.dropFirst("QLinear".count)), operands)]
        case "NhwcMaxPool": return [try pixelwisePooling(operands)]
        default: throw .unsupported("operator 'com.microsoft.\(name)' is not supported")
        }
    }

    /// A convolution, plus a tensor if there is one, and an activation.
    private mutating func fusedConvolution(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let activation = try operands.text("activation") ?? ""
        let parameters = try operands.floats("activation_params") ?? []
        var result = try convolution(operands)
        if case .absent = operands[3] {
        } else {
            guard try extents(operands[3]) == extents(result) else {
                throw .invalid("adds \(try extents(operands[3])) to \(try extents(result))")
            }
            result = try broadcast(.add, result, operands[3], into: try extents(result))
        }
        return try activated(result, activation, parameters)
    }

    private mutating func activated(
        _ value: ONNXValue, _ name: String, _ parameters: [Float]
    ) throws(ImportFailure) -> ONNXValue {
        func parameter(_ index: Int, _ otherwise: Float) -> Float {
            index < parameters.count ? parameters[index] : otherwise
        }
        switch name {
        case "": return value
        case "Relu": return try emit(.activation(.relu), value)
        case "Clip":
            return try clipped(value, parameter(0, -.infinity), parameter(1, .infinity))
        case "LeakyRelu": return try emit(.unary(.leakyRelu(slope: parameter(0, 0.01))), value)
        case "HardSigmoid":
            return try emit(.unary(.hardSigmoid(slope: parameter(0, 0.2), offset: parameter(1, 0.5))), value)
        default:
            guard let function = Self.functions[name] else { throw .unsupported("activation '\(name)'") }
            return try emit(.unary(function), value)
        }
    }

    /// alpha · A B, either of them transposed.
    private mutating func fusedMatrixMultiplication(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let alpha = try operands.float("alpha") ?? 1
        try operands.require("transBatchA", 0)
        try operands.require("transBatchB", 0)
        let a = try operands.flag("transA") ? try turned(operands[0]) : operands[0]
        let b = try operands.flag("transB") ? try turned(operands[1]) : operands[1]
        let product = try matrixMultiplication(a, b)
        return alpha == 1 ? product : try emit(.binary(.multiply), product, .constant(.scalar(alpha)))
    }

    /// With its last two axes exchanged; a vector stays what it is.
    private mutating func turned(_ value: ONNXValue) throws(ImportFailure) -> ONNXValue {
        let rank = try extents(value).count
        guard rank >= 2 else { return value }
        var permutation = Array(0..<rank)
        permutation.swapAt(rank - 2, rank - 1)
        return try transposed(value, permutation)
    }

    /// Floats times weights of 8 bits. Each run would round the floats: they stay what they are, as in
    /// `dynamicQuantization`.
    private mutating func dynamicMatrixMultiplication(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let b = try quantization(operands, scales: 2, zeroPoints: 3)
        let product = try matrixMultiplication(operands[0], try dequantized(operands[1], b, axis: -1))
        if case .absent = operands[4] { return product }
        return try broadcast(.add, product, operands[4], into: try extents(product))
    }

    /// Of two operands in 8 bits, each with a scale and a zero point, as a condition says.
    private mutating func linearChoice(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let z = try quantization(operands, scales: 7, zeroPoints: 8)
        operands.inputs = [operands[0], try real(operands, 1), try real(operands, 4)]
        return try quantized(try choice(operands), z)
    }

    /// MaxPool of N×H×W×C.
    private mutating func pixelwisePooling(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard case .quantized(let id, let grid) = operands[0], draft.nodes[id].shape.rank == 4 else {
            throw .unsupported("NhwcMaxPool of other tensors than maps of 8 bits")
        }
        operands.inputs = [try transposed(.node(id), [0, 3, 1, 2])]
        return grid.quantized(try transposed(try maximumPooling(operands)[0], [0, 2, 3, 1]))
    }
}
