// Operators on whole numbers of 8 bits (QLinearConv, MatMulInteger and others): each is the operator on the real
// numbers that they stand for, and the result rounded to its grid.
import NetworkGraph

extension ONNXImporter {
    /// x, w and y with a scale and a zero point each, then biases.
    mutating func linearConvolution(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let (x, w) = (
            try quantization(operands, scales: 1, zeroPoints: 2), try quantization(operands, scales: 4, zeroPoints: 5)
        )
        let y = try quantization(operands, scales: 6, zeroPoints: 7)
        try x.requireOne("an input")
        var inputs = [try dequantized(operands[0], x), try dequantized(operands[3], w, axis: 0)]
        if case .absent = operands[8] {
        } else {
            inputs.append(try dequantized(operands[8], ONNXQuantization(productOf: x, and: w), axis: 0))
        }
        operands.inputs = inputs
        return try quantized(try convolution(operands), y)
    }

    /// Products of a and b; the columns of b may have a scale each.
    mutating func linearMatrixMultiplication(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let (a, b) = (
            try quantization(operands, scales: 1, zeroPoints: 2), try quantization(operands, scales: 4, zeroPoints: 5)
        )
        try a.requireOne("rows")
        let product = try matrixMultiplication(
            try dequantized(operands[0], a), try dequantized(operands[3], b, axis: -1))
        return try quantized(product, try quantization(operands, scales: 6, zeroPoints: 7))
    }

    /// ONNX Runtime's alpha · A B + C; floats where no scale says otherwise.
    mutating func linearGemm(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let (a, b) = (
            try quantization(operands, scales: 1, zeroPoints: 2), try quantization(operands, scales: 4, zeroPoints: 5)
        )
        try a.requireOne("rows")
        let columns = try operands.flag("transB") ? 0 : 1
        let given = operands.inputs
        let addend = given.count > 6 ? given[6] : .absent
        var inputs = [try dequantized(given[0], a), try dequantized(given[3], b, axis: columns)]
        if case .absent = addend {
        } else {
            let scale = ONNXQuantization(productOf: a, and: b, scale: try operands.float("alpha") ?? 1)
            inputs.append(try dequantized(addend, scale, axis: -1))
        }
        let y: ONNXQuantization?
        if case .absent = operands[7] { y = nil } else { y = try quantization(operands, scales: 7, zeroPoints: 8) }
        operands.inputs = inputs
        let result = try gemm(operands)
        return try y.map { y throws(ImportFailure) in try quantized(result, y) } ?? result
    }

    /// ONNX Runtime's sums and products of a and b.
    mutating func linearBinary(
        _ function: BinaryFunction, _ operands: ONNXOperands
    ) throws(ImportFailure) -> ONNXValue {
        let y = try quantization(operands, scales: 6, zeroPoints: 7)
        operands.inputs = [try real(operands, 0), try real(operands, 3)]
        return try quantized(try binary(function, operands), y)
    }

    /// ONNX Runtime's operators on one tensor: x and y with a scale and a zero point each.
    mutating func linearUnary(_ name: String, _ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        try operands.require("channels_last", 0)
        if name == "Softmax", let stated = try operands.integer("opset"), (stated < 13) != (opset < 13) {
            throw .unsupported("attribute 'opset' other than the model's")
        }
        let y = try quantization(operands, scales: 3, zeroPoints: 4)
        operands.inputs = [try real(operands, 0)]
        return try quantized(try translate(name, operands)[0], y)
    }

    /// ONNX Runtime's concatenation: the result's scale and zero point, then three operands for each part.
    mutating func linearConcatenation(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let y = try quantization(operands, scales: 0, zeroPoints: 1)
        var parts: [ONNXValue] = []
        for index in stride(from: 2, to: operands.inputs.count, by: 3) { parts.append(try real(operands, index)) }
        operands.inputs = parts
        return try quantized(try concatenation(operands), y)
    }

    /// Whole sums of products, exact below 2²⁴.
    mutating func quantizedConvolution(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let x = try ONNXQuantization(zeroPoints: try operands.constant(2, "the zero point"))
        let w = try ONNXQuantization(zeroPoints: try operands.constant(3, "the zero point"))
        try x.requireOne("an input")
        operands.inputs = [try wholeNumbers(operands[0], x), try dequantized(operands[1], w, axis: 0)]
        return try convolution(operands)
    }

    /// Whole sums of products, exact below 2²⁴.
    mutating func integerMatrixMultiplication(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        let a = try ONNXQuantization(zeroPoints: try operands.constant(2, "the zero point"))
        let b = try ONNXQuantization(zeroPoints: try operands.constant(3, "the zero point"))
        try a.requireOne("rows")
        return try matrixMultiplication(
            try wholeNumbers(operands[0], a), try dequantized(operands[1], b, axis: -1))
    }

    /// The first operand of sums of products, less its zero point.
    private mutating func wholeNumbers(
        _ value: ONNXValue, _ quantization: ONNXQuantization
    ) throws(ImportFailure) -> ONNXValue {
        guard case .unrounded(let id) = value else { return try dequantized(value, quantization) }
        guard quantization.zeroPoints == [0] else { throw .unsupported("another zero point than each run's own") }
        return .node(id)
    }

    /// The real numbers of an operand with its scale and zero point behind it.
    mutating func real(_ operands: ONNXOperands, _ index: Int) throws(ImportFailure) -> ONNXValue {
        let quantization = try quantization(operands, scales: index + 1, zeroPoints: index + 2)
        try quantization.requireOne("an operand")
        return try dequantized(operands[index], quantization)
    }
}
