// Normalisation by mean and variance, whole and as exporters write it in parts: one operation, and what it computes.
import Foundation
import Kernels
import Testing

@Suite("ONNX normalisation")
struct ONNXNormalizationTests {
    private let x = Tensor([2, 3, 8], (0..<48).map { Float(($0 * 29) % 17) / 4 + 1 })
    private let scale = (0..<8).map { Float($0) - 2.5 }
    private let bias = (0..<8).map { 3 - Float($0) / 2 }

    /// A model of x with numbers, and how it is normalised.
    private func model(_ build: (inout ONNXEncoder) -> Void) -> ONNXEncoder {
        .between([2, 3, 8], opset: 17) {
            $0.initializer("scale", [8], scale)
            $0.initializer("bias", [8], bias)
            $0.initializer("two", [], [2])
            $0.initializer("epsilon", [], [0.01])
            build(&$0)
        }
    }

    private func expected(isCentred: Bool = true, _ result: (_ normal: Double, _ place: Int) -> Double) -> Tensor {
        var values: [Float] = []
        for row in 0..<6 {
            let line = x.values[row * 8..<row * 8 + 8].map(Double.init)
            let mean = isCentred ? line.reduce(0, +) / 8 : 0
            let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 8
            for (place, value) in line.enumerated() {
                values.append(Float(result((value - mean) / (variance + 0.01).squareRoot(), place)))
            }
        }
        return Tensor(x.shape, values)
    }

    private var whole: Tensor { expected { $0 * Double(scale[$1]) + Double(bias[$1]) } }

    /// Checks what a model computes, and of what operations it is, constants left out.
    private func check(
        _ model: ONNXEncoder, _ expected: Tensor, _ names: [String] = ["tensor", "normalization"],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let network = try Network(onnx: model.bytes)
        let error = try network.run(x)[0].relativeError(to: expected)
        #expect(error < 1e-6, sourceLocation: sourceLocation)
        #expect(network.operationNames.filter { $0 != "constant" } == names, sourceLocation: sourceLocation)
        // And so it comes back from a file.
        let again = try Network(onnx: try ONNXFile(network).bytes)
        #expect(try again.run(x)[0].relativeError(to: expected) < 1e-6, sourceLocation: sourceLocation)
        #expect(again.operationNames.filter { $0 != "constant" } == names, sourceLocation: sourceLocation)
    }

    @Test func wholeOperators() throws {
        try check(
            model {
                $0.node("LayerNormalization", ["x", "scale", "bias"], ["y"], [("epsilon", .float(0.01))])
            }, whole)
        try check(
            model { $0.node("SimplifiedLayerNormalization", ["x", "scale"], ["y"], [("epsilon", .float(0.01))]) },
            expected(isCentred: false) { $0 * Double(scale[$1]) }, ["tensor", "root_mean_square_normalization"])
    }

    /// As PyTorch exports them before opset 17, with two of its differences and one, quotients and products.
    @Test(arguments: [false, true], [false, true]) func parts(twice: Bool, multiplies: Bool) throws {
        let parts = model {
            $0.node("ReduceMean", ["x"], ["mean"], [("axes", .integers([-1]))])
            $0.node("Sub", ["x", "mean"], ["centred"])
            if twice { $0.node("Sub", ["x", "mean"], ["other"]) }
            $0.node("Pow", [twice ? "other" : "centred", "two"], ["squares"])
            $0.node("ReduceMean", ["squares"], ["variance"], [("axes", .integers([-1]))])
            $0.node("Add", ["variance", "epsilon"], ["sum"])
            $0.node("Sqrt", ["sum"], ["deviation"])
            if multiplies {
                $0.node("Reciprocal", ["deviation"], ["inverse"])
                $0.node("Mul", ["inverse", "scale"], ["factor"])
                $0.node("Mul", ["factor", "centred"], ["scaled"])
            } else {
                $0.node("Div", ["centred", "deviation"], ["normal"])
                $0.node("Mul", ["scale", "normal"], ["scaled"])
            }
            $0.node("Add", ["scaled", "bias"], ["y"])
        }
        try check(parts, whole)
    }

    /// As TensorFlow writes it, whose bias has the mean taken off before.
    @Test func shiftedParts() throws {
        let parts = model {
            $0.node("ReduceMean", ["x"], ["mean"], [("axes", .integers([2]))])
            $0.node("Sub", ["x", "mean"], ["difference"])
            $0.node("Mul", ["difference", "difference"], ["squares"])
            $0.node("ReduceMean", ["squares"], ["variance"], [("axes", .integers([2]))])
            $0.node("Add", ["variance", "epsilon"], ["sum"])
            $0.node("Sqrt", ["sum"], ["root"])
            $0.node("Reciprocal", ["root"], ["inverse"])
            $0.node("Mul", ["inverse", "scale"], ["factor"])
            $0.node("Mul", ["x", "factor"], ["product"])
            $0.node("Mul", ["mean", "factor"], ["taken"])
            $0.node("Sub", ["bias", "taken"], ["shift"])
            $0.node("Add", ["product", "shift"], ["y"])
        }
        try check(parts, whole)
    }

    @Test func rootMeanSquareOfParts() throws {
        let parts = model {
            $0.node("Pow", ["x", "two"], ["squares"])
            $0.node("ReduceMean", ["squares"], ["mean"], [("axes", .integers([-1]))])
            $0.node("Add", ["mean", "epsilon"], ["sum"])
            $0.node("Sqrt", ["sum"], ["root"])
            $0.node("Div", ["x", "root"], ["normal"])
            $0.node("Mul", ["normal", "scale"], ["y"])
        }
        try check(
            parts, expected(isCentred: false) { $0 * Double(scale[$1]) }, ["tensor", "root_mean_square_normalization"])
    }

    /// What is read before it is scaled stays; what only looks like a normalisation too.
    @Test func othersStay() throws {
        let read = model {
            $0.node("LayerNormalization", ["x", "ones"], ["normal"], [("epsilon", .float(0.01))])
            $0.initializer("ones", [8], [Float](repeating: 1, count: 8))
            $0.node("Mul", ["normal", "scale"], ["scaled"])
            $0.node("Sub", ["scaled", "normal"], ["y"])
        }
        let network = try Network(onnx: read.bytes)
        let error = try network.run(x)[0].relativeError(to: expected { $0 * Double(scale[$1] - 1) })
        #expect(error < 1e-6)
        // The mean over other axes than the variance.
        let other = model {
            $0.node("ReduceMean", ["x"], ["mean"], [("axes", .integers([1]))])
            $0.node("Sub", ["x", "mean"], ["centred"])
            $0.node("Pow", ["centred", "two"], ["squares"])
            $0.node("ReduceMean", ["squares"], ["variance"], [("axes", .integers([2]))])
            $0.node("Add", ["variance", "epsilon"], ["sum"])
            $0.node("Sqrt", ["sum"], ["deviation"])
            $0.node("Div", ["centred", "deviation"], ["y"])
        }
        #expect(try Network(onnx: other.bytes).operationNames.contains("normalization") == false)
    }

    @Test func extremes() throws {
        // A mean far from zero beside a small deviation, and lines that are all alike.
        let model = ONNXEncoder.between([2, 4]) {
            $0.initializer("scale", [4], [1, 1, 1, 1])
            $0.node("LayerNormalization", ["x", "scale"], ["y"])
        }
        let network = try Network(onnx: model.bytes)
        let result = try network.run(Tensor([2, 4], [10_000, 10_001, 10_002, 10_003, 7, 7, 7, 7]))[0].values
        for (value, wanted) in zip(result, [-1.34164, -0.44721, 0.44721, 1.34164, 0, 0, 0, 0] as [Float]) {
            #expect(abs(value - wanted) < 1e-3)
        }
    }
}
