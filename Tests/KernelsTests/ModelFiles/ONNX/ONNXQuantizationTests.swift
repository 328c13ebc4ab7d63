// Models in 8 bits: what ONNX Runtime's quantiser writes, both as pairs of Q and DQ around float operators and as
// operators on whole numbers, and what is refused.
import Testing

@testable import NetworkGraph

@Suite("ONNX quantisation")
struct ONNXQuantizationTests {
    private typealias Encoder = ONNXEncoder

    private let input = Tensor([1, 2, 1, 3], [0.31, -2, 1, 0.16, 1, 30])

    /// What the quantised layer gives for x in steps of 0.1 from −1 to 24.5, and y in steps of 0.5 from −64.
    private var expected: Tensor {
        let x: [Float] = [0.3, -1, 1, 0.2, 1, 24.5]
        let grid = QuantizationGrid(scale: 0.5, zeroPoint: 0, isSigned: true)
        var y: [Float] = []
        for (a, b, bias): (Float, Float, Float) in [(2, -1, 0.5), (31.75, 0.25, -0.5)] {
            for pixel in 0..<3 { y.append(grid.rounded(a * x[pixel] + b * x[pixel + 3] + bias)) }
        }
        return Tensor([1, 2, 1, 3], y)
    }

    @Test func pairsBecomeRoundingAndWeightsKeepTheirGrid() throws {
        let network = try Network(onnx: Encoder.quantizedLayer().bytes)
        #expect(network.operationNames == ["tensor", "quantize", "convolution", "quantize"])
        guard case .convolution(let layer) = network.nodes[2].operation else { return }
        #expect(layer.weightGrid == WeightGrid(scales: [0.5, 0.25], zeroPoints: [0, 0], isSigned: true))
        #expect(layer.weights.values == [2, -1, 31.75, 0.25] && layer.bias == [0.5, -0.5])
        #expect(try network.run(input)[0] == expected)
    }

    @Test func operatorsOnWholeNumbersAreTheSame() throws {
        let model = Encoder.between([1, 2, 1, 3]) {
            $0.addGrid("x", 0.1, 10)
            $0.addGrid("c", 0.5, 0, type: 3)
            $0.addWeights()
            $0.node("QuantizeLinear", ["x", "x_scale", "x_zero"], ["x_q"])
            $0.node(
                "QLinearConv",
                ["x_q", "x_scale", "x_zero", "w_q", "w_scale", "w_zero", "c_scale", "c_zero", "b_q"], ["c"])
            $0.node("DequantizeLinear", ["c", "c_scale", "c_zero"], ["y"])
        }
        let network = try Network(onnx: model.bytes)
        #expect(network.operationNames == ["tensor", "quantize", "convolution", "quantize"])
        #expect(try network.run(input)[0] == expected)
    }

    @Test func numbersOf8BitsGoInAndOutAsFloats() throws {
        var model = Encoder(opset: 19)
        model.input("x", [1, 4], type: 2)
        model.addGrid("x", 0.5, 128)
        model.addGrid("y", 2, -3, type: 3)
        model.node("DequantizeLinear", ["x", "x_scale", "x_zero"], ["r"])
        model.node("QuantizeLinear", ["r", "y_scale", "y_zero"], ["y"])
        model.output("y")
        let network = try Network(onnx: model.bytes)
        // −64, 0, 1 (a tie) and 63.5.
        #expect(try network.run(Tensor([1, 4], [0, 128, 130, 255]))[0].values == [-35, -3, -3, 29])
        var cast = Encoder()
        cast.input("x", [2], type: 3)
        cast.node("Cast", ["x"], ["y"], [("to", .integer(1))])
        cast.output("y")
        // What the type can't hold is cut off.
        #expect(try Network(onnx: cast.bytes).run(Tensor([2], [-7, 300]))[0].values == [-7, 127])
    }

    @Test func movedNumbersAreNotRoundedAgain() throws {
        let model = Encoder.between([1, 1, 2, 2], opset: 13) {
            $0.addGrid("x", 0.1, 10)
            $0.initializer("shape", [1, -1])
            $0.initializer("pads", [0, 1, 0, 0])
            $0.addPair("x", grid: "x")
            $0.node("MaxPool", ["x_r"], ["p"], [("kernel_shape", .integers([2, 1]))])
            $0.addPair("p", grid: "x")
            // Whole numbers themselves are moved as well, and padded with the number 0.
            $0.node("Reshape", ["p_q", "shape"], ["flat"])
            $0.node("Pad", ["flat", "pads"], ["padded"])
            $0.node("Concat", ["padded", "flat"], ["joined"], [("axis", .integer(1))])
            $0.node("DequantizeLinear", ["joined", "x_scale", "x_zero"], ["y"])
        }
        let network = try Network(onnx: model.bytes)
        #expect(network.operationNames == ["tensor", "quantize", "max_pooling", "reshape", "pad", "concatenation"])
        let y = try network.run(Tensor([1, 1, 2, 2], [0.11, 0.52, 0.38, -0.4]))[0]
        let wanted: [Float] = [-1, 0.4, 0.5, 0.4, 0.5]
        #expect(y.relativeError(to: Tensor([1, 5], wanted)) < 1e-6)
    }

    @Test func columnsOfMatricesHaveGrids() throws {
        // Gemm as it is, MatMul turned round with biases behind it, QGemm of ONNX Runtime.
        let weights: [UInt8] = [1, 2, 3, 253, 254, 255]
        for form in ["MatMul", "Gemm", "QGemm"] {
            let model = Encoder.between([1, 2]) {
                $0.addGrid("x", 0.5, 0)
                $0.initializer(Encoder.tensor("w_q", [2, 3], type: 3, raw: weights))
                $0.initializer("w_scale", [3], [1, 2, 4])
                $0.initializer(Encoder.tensor("w_zero", [3], type: 3, raw: [0, 0, 0]))
                $0.initializer("b", [3], [1, 2, 3])
                $0.initializer(Encoder.tensor("b_q", [3], type: 6, field: 5, [2, 2, 2]))
                $0.addPair("x", grid: "x")
                if form == "QGemm" {
                    $0.node(
                        form, ["x_q", "x_scale", "x_zero", "w_q", "w_scale", "w_zero", "b_q"], ["y"],
                        [("transB", .integer(0))], domain: "com.microsoft")
                    return
                }
                $0.node("DequantizeLinear", ["w_q", "w_scale", "w_zero"], ["w"])
                if form == "Gemm" {
                    $0.node(form, ["x_r", "w", "b"], ["y"])
                } else {
                    $0.node(form, ["x_r", "w"], ["m"])
                    $0.node("Add", ["m", "b"], ["y"])
                }
            }
            let network = try Network(onnx: model.bytes)
            #expect(network.operationNames == ["tensor", "quantize", "fully_connected"], "\(form)")
            guard case .fullyConnected(let layer) = network.nodes[2].operation else { continue }
            #expect(layer.weightGrid?.scales == [1, 2, 4], "\(form)")
            let bias: [Float] = form == "QGemm" ? [1, 2, 4] : [1, 2, 3]
            let products: [Float] = [1 - 3 * 2, (2 - 2 * 2) * 2, (3 - 2) * 4]
            #expect(try network.run(Tensor([1, 2], [1, 2]))[0].values == zip(products, bias).map(+), "\(form)")
        }
    }

    @Test func slicesMayHaveScalesOfTheirOwn() throws {
        let model = Encoder.between([1, 2, 2], opset: 13) {
            $0.initializer("scale", [2], [2, 0.5])
            $0.initializer(Encoder.tensor("zero", [2], type: 2, raw: [10, 20]))
            $0.node("QuantizeLinear", ["x", "scale", "zero"], ["q"], [("axis", .integer(-2))])
            $0.node("DequantizeLinear", ["q", "scale", "zero"], ["y"], [("axis", .integer(1))])
        }
        let network = try Network(onnx: model.bytes)
        #expect(try network.run(Tensor([1, 2, 2], [5, -30, 0.7, 200]))[0].values == [4, -20, 0.5, 117.5])
    }

    @Test func scaledLayersStayOnTheirGrid() throws {
        let model = Encoder.between([1, 2, 1, 1]) {
            $0.addWeights()
            for name in ["scale", "shift", "mean", "variance"] { $0.initializer(name, [2], [3, 5]) }
            $0.node("DequantizeLinear", ["w_q", "w_scale", "w_zero"], ["w"], [("axis", .integer(0))])
            $0.node("Conv", ["x", "w"], ["c"])
            $0.node("BatchNormalization", ["c", "scale", "shift", "mean", "variance"], ["y"])
        }
        let network = try Network(onnx: model.bytes)
        #expect(network.operationNames == ["tensor", "convolution", "depthwise"])
        guard case .convolution(let layer) = network.nodes[1].operation else { return }
        #expect(layer.weightGrid?.scales == [0.5, 0.25] && layer.weights.values == [2, -1, 31.75, 0.25])
    }

    @Test func whatIsWrongIsNamed() {
        func model(_ scale: [UInt8], zero: [UInt8] = ONNXEncoder.tensor("z", [], type: 2, raw: [0])) -> ONNXEncoder {
            .between([1, 2]) {
                $0.initializer(scale)
                $0.initializer(zero)
                $0.node("QuantizeLinear", ["x", "s", "z"], ["q"], name: "first")
                $0.node("DequantizeLinear", ["q", "s", "z"], ["y"], [("axis", .integer(7))])
            }
        }
        let first = "'first' (QuantizeLinear)"
        expectRefusal(model(Encoder.tensor("s", [], floats: [0])), first, "a scale that is not above 0")
        for scale: Float in [-1, .nan, .infinity] {
            expectRefusal(model(Encoder.tensor("s", [], floats: [scale])), first, "below 0, or no finite number")
        }
        let one = Encoder.tensor("s", [], floats: [1])
        expectRefusal(model(Encoder.tensor("s", [2], floats: [1, 1])), "2 scales for 1 zero points")
        expectRefusal(model(one, zero: Encoder.tensor("z", [], type: 2, field: 5, [256])), "its type cannot hold")
        expectRefusal(model(one, zero: Encoder.tensor("z", [], type: 4, field: 5, [1])), "type uint16")
        expectRefusal(model(one, zero: Encoder.tensor("z", [], floats: [1])), "zero points")
        expectRefusal(
            model(Encoder.tensor("s", [2], floats: [1, 1]), zero: Encoder.tensor("z", [2], type: 2, raw: [0, 0])),
            "axis 7")
        expectRefusal(
            .between([1, 2]) {
                $0.addGrid("x", 1, 0)
                $0.node("QuantizeLinear", ["x", "x_scale", "x_zero"], ["q"])
                $0.node("Add", ["q", "q"], ["y"], name: "sum")
            }, "'sum' (Add)", "not dequantised")
    }

    /// As ONNX Runtime quantises without calibration.
    @Test func whatEachRunWouldRoundIsNotRounded() throws {
        func model(_ build: (inout Encoder) -> Void) -> Encoder {
            .between([1, 2, 1, 3]) {
                $0.initializer(Encoder.tensor("w", [2, 2, 1, 1], type: 3, raw: [4, 254, 127, 1]))
                $0.initializer(Encoder.tensor("w_zero", [], type: 3, raw: [2]))
                $0.initializer(Encoder.tensor("w_scale", [], floats: [0.5]))
                $0.node("DynamicQuantizeLinear", ["x"], ["q", "q_scale", "q_zero"], name: "rounding")
                build(&$0)
            }
        }
        func layer(_ encoder: inout Encoder, zero: String = "q_zero") {
            encoder.node("ConvInteger", ["q", "w", zero, "w_zero"], ["sums"], name: "layer")
        }
        let whole = model {
            layer(&$0)
            $0.node("Cast", ["sums"], ["floats"], [("to", .integer(1))])
            $0.node("Mul", ["q_scale", "w_scale"], ["scale"])
            $0.node("Mul", ["floats", "scale"], ["y"])
        }
        let result = try Network(onnx: whole.bytes).run(input)[0].values
        var expected: [Float] = []
        for (a, b): (Float, Float) in [(1, -2), (62.5, -0.5)] {
            for pixel in 0..<3 { expected.append(a * input.values[pixel] + b * input.values[pixel + 3]) }
        }
        #expect(zip(result, expected).allSatisfy { abs($0 - $1) < 1e-4 }, "\(result)")

        let outputs = ["q": "not dequantised", "q_scale": "each run would choose", "q_zero": "each run would choose"]
        for (name, reason) in outputs {
            expectRefusal(model { $0.node("Identity", [name], ["y"]) }, reason)
        }
        expectRefusal(model { $0.node("DequantizeLinear", ["q", "w_scale"], ["y"]) }, "not dequantised")
        expectRefusal(
            model {
                $0.initializer(Encoder.tensor("five", [], type: 2, raw: [5]))
                layer(&$0, zero: "five")
                $0.node("Cast", ["sums"], ["y"], [("to", .integer(1))])
            }, "'layer' (ConvInteger)", "zero point")
    }

    /// The biases' scale is a product, which may be too small for a float.
    @Test func biasesInTinyStepsAreZero() throws {
        for type in [3, 6] {
            let model = Encoder.between([1, 1, 1, 1]) {
                $0.addGrid("x", 1e-30, 0)
                $0.addGrid("w", 1e-30, 0)
                $0.addGrid("c", 1, 0)
                $0.initializer(Encoder.tensor("k", [1, 1, 1, 1], type: 2, raw: [7]))
                $0.initializer(Encoder.tensor("b", [1], type: type, field: 5, [9]))
                $0.node("QuantizeLinear", ["x", "x_scale", "x_zero"], ["q"])
                $0.node(
                    "QLinearConv", ["q", "x_scale", "x_zero", "k", "w_scale", "w_zero", "c_scale", "c_zero", "b"],
                    ["y"])
            }
            #expect(try Network(onnx: model.bytes).run(Tensor([1, 1, 1, 1], [1]))[0].values == [0])
        }
    }
}
