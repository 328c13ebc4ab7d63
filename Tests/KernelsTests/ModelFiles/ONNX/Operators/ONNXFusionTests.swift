// Functions that exporters write as several operators: each spelling becomes the one function.
import Foundation
import Kernels
import Testing

@Suite("ONNX fusion")
struct ONNXFusionTests {
    private let x = Tensor([1, 2, 2, 2], [-5, -2, -1, -0.5, 0.25, 1, 2.5, 7])

    /// Builds y of x and numbers, which are called what they are.
    private func model(_ numbers: [String: Float], _ build: (inout ONNXEncoder) -> Void) -> ONNXEncoder {
        .between([1, 2, 2, 2]) {
            for (name, value) in numbers { $0.initializer(name, [], [value]) }
            build(&$0)
        }
    }

    private func check(
        _ model: ONNXEncoder, _ name: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ function: (Double) -> Double
    ) throws {
        let network = try Network(onnx: model.bytes)
        #expect(network.operationNames == ["tensor", name], sourceLocation: sourceLocation)
        let expected = Tensor(x.shape, x.values.map { Float(function(Double($0))) })
        let error = try network.run(x)[0].relativeError(to: expected)
        #expect(error < 1e-6, sourceLocation: sourceLocation)
    }

    @Test func sigmoidLinearUnits() throws {
        func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }
        for inputs in [["x", "s"], ["s", "x"]] {
            try check(
                model([:]) {
                    $0.node("Sigmoid", ["x"], ["s"])
                    $0.node("Mul", inputs, ["y"])
                }, "swish", silu)
        }
        try check(
            model(["b": 1.702]) {
                $0.node("Mul", ["x", "b"], ["t"])
                $0.node("Sigmoid", ["t"], ["s"])
                $0.node("Mul", ["x", "s"], ["y"])
            }, "swish"
        ) { $0 / (1 + exp(-1.702 * $0)) }
    }

    /// A number with more axes than x gives the result its axes.
    @Test func shapesStay() throws {
        let model = ONNXEncoder.between([4]) {
            $0.initializer("1", [1, 1], [1])
            $0.node("Exp", ["x"], ["e"])
            $0.node("Add", ["e", "1"], ["s"])
            $0.node("Log", ["s"], ["y"])
        }
        let result = try Network(onnx: model.bytes).run(Tensor([4], [0, 0, 0, 0]))[0]
        #expect(result.shape == [1, 4])
    }

    @Test func hardSwishes() throws {
        func hardSwish(_ x: Double) -> Double { x * min(max(x + 3, 0), 6) / 6 }
        let numbers: [String: Float] = ["0": 0, "3": 3, "6": 6, "sixth": 1 / 6]
        let endings: [[(String, [String], String)]] = [
            [("Mul", ["x", "c"], "p"), ("Div", ["p", "6"], "y")],
            [("Div", ["c", "6"], "p"), ("Mul", ["x", "p"], "y")],
            [("Mul", ["c", "sixth"], "p"), ("Mul", ["p", "x"], "y")],
            [("Div", ["x", "6"], "p"), ("Mul", ["c", "p"], "y")],
        ]
        for ending in endings {
            try check(
                model(numbers) {
                    $0.node("Add", ["x", "3"], ["t"])
                    $0.node("Clip", ["t", "0", "6"], ["c"])
                    for (operation, inputs, output) in ending { $0.node(operation, inputs, [output]) }
                }, "hard_swish", hardSwish)
        }
        try check(
            model(numbers) {
                $0.node("Add", ["3", "x"], ["t"])
                $0.node("Clip", ["t", "0", "6"], ["c"])
                $0.node("Div", ["c", "6"], ["y"])
            }, "hard_sigmoid"
        ) { min(max($0 + 3, 0), 6) / 6 }
        try check(
            model([:]) {
                $0.node("HardSigmoid", ["x"], ["s"], [("alpha", .float(1 / 6)), ("beta", .float(0.5))])
                $0.node("Mul", ["x", "s"], ["y"])
            }, "hard_swish", hardSwish)
    }

    @Test func errorLinearUnits() throws {
        let numbers: [String: Float] = ["root": Float(2).squareRoot(), "half": 0.5, "1": 1]
        let endings: [[(String, [String], String)]] = [
            [("Mul", ["x", "s"], "p"), ("Mul", ["p", "half"], "y")],
            [("Mul", ["x", "half"], "p"), ("Mul", ["p", "s"], "y")],
            [("Mul", ["half", "s"], "p"), ("Mul", ["x", "p"], "y")],
        ]
        for ending in endings {
            try check(
                model(numbers) {
                    $0.node("Div", ["x", "root"], ["d"])
                    $0.node("Erf", ["d"], ["e"])
                    $0.node("Add", ["e", "1"], ["s"])
                    for (operation, inputs, output) in ending { $0.node(operation, inputs, [output]) }
                }, "gelu"
            ) { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) }
        }
    }

    @Test func errorLinearUnitsByTanh() throws {
        let numbers: [String: Float] = ["3": 3, "c": 0.044715, "f": 0.7978845608, "half": 0.5, "1": 1]
        func gelu(_ x: Double) -> Double { x / 2 * (1 + tanh(0.7978845608 * (x + 0.044715 * x * x * x))) }
        try check(
            model(numbers) {
                $0.node("Pow", ["x", "3"], ["cube"])
                $0.node("Mul", ["cube", "c"], ["small"])
                $0.node("Add", ["x", "small"], ["sum"])
                $0.node("Mul", ["sum", "f"], ["t"])
                $0.node("Tanh", ["t"], ["bend"])
                $0.node("Add", ["bend", "1"], ["s"])
                $0.node("Mul", ["x", "half"], ["h"])
                $0.node("Mul", ["h", "s"], ["y"])
            }, "gelu_by_tanh", gelu)
        try check(
            model(numbers) {
                $0.node("Mul", ["x", "x"], ["square"])
                $0.node("Mul", ["square", "c"], ["small"])
                $0.node("Add", ["1", "small"], ["sum"])
                $0.node("Mul", ["x", "f"], ["scaled"])
                $0.node("Mul", ["scaled", "sum"], ["t"])
                $0.node("Tanh", ["t"], ["bend"])
                $0.node("Add", ["1", "bend"], ["s"])
                $0.node("Mul", ["x", "s"], ["p"])
                $0.node("Mul", ["half", "p"], ["y"])
            }, "gelu_by_tanh", gelu)
    }

    @Test func mishes() throws {
        func mish(_ x: Double) -> Double { x * tanh(log1p(exp(x))) }
        try check(
            model([:]) {
                $0.node("Softplus", ["x"], ["p"])
                $0.node("Tanh", ["p"], ["t"])
                $0.node("Mul", ["x", "t"], ["y"])
            }, "mish", mish)
        try check(
            model(["1": 1]) {
                $0.node("Exp", ["x"], ["e"])
                $0.node("Add", ["e", "1"], ["s"])
                $0.node("Log", ["s"], ["p"])
                $0.node("Tanh", ["p"], ["t"])
                $0.node("Mul", ["t", "x"], ["y"])
            }, "mish", mish)
    }

    /// A product that only looks like one of them stays what it is.
    @Test func othersStay() throws {
        let other = model(["3": 3, "0": 0, "5": 5]) {
            $0.node("Add", ["x", "3"], ["t"])
            $0.node("Clip", ["t", "0", "5"], ["c"])
            $0.node("Mul", ["x", "c"], ["y"])
        }
        #expect(try Network(onnx: other.bytes).run(x)[0].values.last == 35)
        let two = model([:]) {
            $0.node("Neg", ["x"], ["n"])
            $0.node("Sigmoid", ["n"], ["s"])
            $0.node("Mul", ["x", "s"], ["y"])
        }
        #expect(try Network(onnx: two.bytes).operationNames.count == 4)
    }

    /// A deconvolution takes in the normalisation behind it, group by group.
    @Test func scalingGoesIntoTransposedConvolutions() throws {
        let model = ONNXEncoder.between([1, 4, 2, 2]) {
            $0.initializer("w", [4, 2, 2, 2], (0..<32).map { Float($0) / 8 - 2 })
            $0.initializer("b", [4], [1, 2, 3, 4])
            $0.initializer("scale", [4, 1, 1], [1, -2, 3, 0.5])
            $0.initializer("shift", [4, 1, 1], [4, 3, 2, 1])
            $0.node(
                "ConvTranspose", ["x", "w", "b"], ["c"], [("group", .integer(2)), ("strides", .integers([2, 2]))])
            $0.node("Mul", ["c", "scale"], ["s"])
            $0.node("Add", ["s", "shift"], ["y"])
        }
        var apart = model
        apart.output("c")
        let input = Tensor([1, 4, 2, 2], (0..<16).map { Float($0) - 7 })
        let network = try Network(onnx: model.bytes)
        #expect(network.operationNames == ["tensor", "transposed_convolution"])
        let error = try network.run(input)[0].relativeError(to: try Network(onnx: apart.bytes).run(input)[0])
        #expect(error < 1e-6)
    }
}
