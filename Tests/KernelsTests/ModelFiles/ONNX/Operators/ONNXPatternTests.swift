// Patterns that exporters write, on the reference and on oneDNN: what they compute, and into how few layers they go.
import Foundation
import Testing

@testable import CPUKernels
@testable import NetworkGraph

@Suite("ONNX patterns")
struct ONNXPatternTests {
    private var random = SeededValues(seed: 11)

    /// A model of x, built by a closure that ends in y.
    private func model(_ extents: [Int], opset: Int = 17, _ build: (inout ONNXEncoder) -> Void) -> ONNXEncoder {
        .between(extents, opset: opset, build)
    }

    /// Imports a model, runs it on the reference and on both libraries of the CPU and compares them.
    /// - Returns: the names of its operations, and what it computes.
    @discardableResult
    private func run(
        _ model: ONNXEncoder, _ input: Tensor, batch: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (names: [String], output: Tensor) {
        let network = try Network(onnx: model.bytes, batch: batch)
        let output = try network.run(input)[0]
        for algorithm in [LayerAlgorithm.blocked, .xnnpack] {
            var outputs = network.makeOutputs()
            try CPUEngine(threads: 1, layers: .always(algorithm)).compile(network).makeContext()
                .run([.tensor(input)], into: &outputs)
            let error = outputs[0].relativeError(to: output)
            #expect(error < 1e-5, "\(algorithm) differs by \(error)", sourceLocation: sourceLocation)
        }
        return (network.operationNames, output)
    }

    /// Elements of a small map: 0, 1, 2, …
    private func counted(_ shape: Shape) -> Tensor { Tensor(shape, (0..<shape.count).map(Float.init)) }

    @Test mutating func weightsMayBeInputsToo() throws {
        // IR versions below 4 list initializers among the inputs; PyTorch hands shared weights on through Identity.
        let model = self.model([1, 2, 1, 1]) {
            $0.input("w", [1, 2, 1, 1])
            $0.initializer("w", [1, 2, 1, 1], [3, 4])
            $0.node("Identity", ["w"], ["shared"])
            $0.node("Conv", ["x", "shared"], ["c"])
            $0.node("Conv", ["x", "w"], ["d"])
            $0.node("Mul", ["c", "d"], ["y"])
        }
        #expect(try run(model, Tensor([1, 2, 1, 1], [1, 1])).output.values == [49])
    }

    @Test func inputsKeepTheirOrder() throws {
        var model = ONNXEncoder()
        for name in ["a", "unused", "b", "c"] { model.input(name, [1]) }
        model.node("Tanh", ["c"], ["t"])
        model.node("Sub", ["b", "a"], ["d"])
        model.node("Mul", ["t", "d"], ["y"])
        model.output("y")
        let network = try Network(onnx: model.bytes)
        #expect(network.inputs.map { network.nodes[$0].name } == ["a", "b", "c"])
    }

    @Test func constantNodesOfAllKinds() throws {
        // MobileNetV2: Clip with bounds from Constant nodes; ReduceMean and Reshape with lists from them.
        let model = self.model([2, 2, 2, 2], opset: 18) {
            $0.node("Constant", [], ["low"], [("value_float", .float(0))])
            $0.node("Constant", [], ["high"], [("value", .tensor(ONNXEncoder.tensor("", [], floats: [6])))])
            $0.node("Constant", [], ["axes"], [("value_ints", .integers([-1, -2]))])
            $0.node("Constant", [], ["scales"], [("value_floats", .floats([1, 10]))])
            $0.node("Constant", [], ["axis"], [("value_int", .integer(0))])
            $0.node("Clip", ["x", "low", "high"], ["c"])
            $0.node("ReduceMean", ["c", "axes"], ["m"], [("keepdims", .integer(0))])
            $0.node("Mul", ["m", "scales"], ["s"])
            $0.node("Gather", ["s", "axis"], ["g"], [("axis", .integer(1))])
            $0.node("Unsqueeze", ["g", "axis"], ["y"])
        }
        let (names, y) = try run(model, counted([2, 2, 2, 2]))
        #expect(y == Tensor([1, 2], [1.5, 6]))
        #expect(names.prefix(3) == ["tensor", "activation", "global_average_pooling"])
    }

    @Test(arguments: [1, 3]) func flattensByItsShape(batch: Int) throws {
        // x.view(x.shape[0], -1) with an open batch, as PyTorch's tracer writes it.
        var model = ONNXEncoder(opset: 11)
        model.input("x", [nil, 2, 3])
        model.initializer(ONNXEncoder.tensor("zero", [], integers: [0]))
        model.initializer("rest", [-1])
        model.node("Shape", ["x"], ["s"])
        model.node("Gather", ["s", "zero"], ["n"], [("axis", .integer(0))])
        model.node("Unsqueeze", ["n"], ["batch"], [("axes", .integers([0]))])
        model.node("Concat", ["batch", "rest"], ["target"], [("axis", .integer(-1))])
        model.node("Reshape", ["x", "target"], ["y"])
        model.output("y")
        let x = counted([batch, 2, 3])
        #expect(try run(model, x, batch: batch).output == Tensor([batch, 6], x.values))
    }

    @Test func padsArePutInOrder() throws {
        // F.pad(x, (1, 2)): the pads are extended, turned round and cast, all of it constant.
        let model = self.model([1, 1, 1, 2], opset: 11) {
            $0.initializer("given", [1, 2])
            $0.initializer("six", [6])
            $0.initializer("pairs", [-1, 2])
            $0.initializer("flat", [-1])
            $0.initializer("last", [-1])
            $0.initializer("first", [.min + 1])
            $0.initializer("zero", [0])
            $0.node(
                "ConstantOfShape", ["six"], ["zeros"],
                [("value", .tensor(ONNXEncoder.tensor("", [1], integers: [0])))])
            $0.node("Concat", ["given", "zeros"], ["all"], [("axis", .integer(0))])
            $0.node("Reshape", ["all", "pairs"], ["table"])
            $0.node("Slice", ["table", "last", "first", "zero", "last"], ["turned"])
            $0.node("Transpose", ["turned"], ["columns"], [("perm", .integers([1, 0]))])
            $0.node("Reshape", ["columns", "flat"], ["list"])
            $0.node("Cast", ["list"], ["pads"], [("to", .integer(7))])
            $0.node("Pad", ["x", "pads"], ["y"], [("mode", .text("constant"))])
        }
        let (names, y) = try run(model, Tensor([1, 1, 1, 2], [7, 8]))
        #expect(names == ["tensor", "pad"])
        #expect(y == Tensor([1, 1, 1, 5], [0, 7, 8, 0, 0]))
    }

    @Test mutating func squeezeAndExcitation() throws {
        let (down, up) = (random.floats(4 * 2), random.floats(2 * 4))
        let model = self.model([1, 4, 3, 3], opset: 13) {
            $0.initializer("down", [2, 4, 1, 1], down)
            $0.initializer("up", [4, 2, 1, 1], up)
            $0.node("GlobalAveragePool", ["x"], ["g"])
            $0.node("Conv", ["g", "down"], ["d"])
            $0.node("Sigmoid", ["d"], ["s"])
            // SiLU
            $0.node("Mul", ["d", "s"], ["a"])
            $0.node("Conv", ["a", "up"], ["u"])
            $0.node("HardSigmoid", ["u"], ["h"])
            $0.node("Mul", ["h", "x"], ["y"])
        }
        let x = random.tensor([1, 4, 3, 3])
        let means = (0..<4).map { x.values[$0 * 9..<$0 * 9 + 9].reduce(0, +) / 9 }
        let hidden = (0..<2).map { o -> Float in
            let sum = (0..<4).reduce(0) { $0 + down[o * 4 + $1] * means[$1] }
            return sum / (1 + exp(-sum))
        }
        let gates = (0..<4).map { o -> Float in
            let sum = (0..<2).reduce(0) { $0 + up[o * 2 + $1] * hidden[$1] }
            return min(max(0.2 * sum + 0.5, 0), 1)
        }
        let wanted = Tensor(x.shape, x.values.enumerated().map { $0.element * gates[$0.offset / 9] })
        #expect(try run(model, x).output.relativeError(to: wanted) < 1e-5)
    }

    @Test func hardSwishOfParts() throws {
        // x · relu6(x + 3) ÷ 6
        let model = self.model([1, 1, 1, 4], opset: 11) {
            for (name, value) in [("three", 3), ("six", 6), ("zero", 0)] as [(String, Float)] {
                $0.initializer(name, [], [value])
            }
            $0.node("Add", ["x", "three"], ["a"])
            $0.node("Clip", ["a", "zero", "six"], ["c"])
            $0.node("Mul", ["x", "c"], ["m"])
            $0.node("Div", ["m", "six"], ["y"])
        }
        let y = try run(model, Tensor([1, 1, 1, 4], [-4, -1, 1, 5])).output
        let expected: [Float] = [0, -1 / 3, 2 / 3, 5]
        #expect(y.relativeError(to: Tensor([1, 1, 1, 4], expected)) < 1e-6)
    }

    @Test func normalisationInFrontOfConvolution() throws {
        // DenseNet: BatchNormalization, Relu, Conv, then everything joined.
        let model = self.model([1, 2, 1, 2], opset: 9) {
            $0.initializer("scale", [2], [2, 1])
            $0.initializer("shift", [2], [0, 1])
            $0.initializer("mean", [2], [1, 0])
            $0.initializer("variance", [2], [1, 4])
            $0.initializer("w", [1, 2, 1, 1], [1, 10])
            $0.node(
                "BatchNormalization", ["x", "scale", "shift", "mean", "variance"], ["n"],
                [("epsilon", .float(0)), ("momentum", .float(0.9))])
            $0.node("Relu", ["n"], ["r"])
            $0.node("Conv", ["r", "w"], ["c"])
            $0.node("Concat", ["x", "c"], ["y"], [("axis", .integer(-3))])
        }
        let (names, y) = try run(model, Tensor([1, 2, 1, 2], [0, 3, -4, 6]))
        #expect(y.values == [0, 3, -4, 6, 0, 44])
        #expect(names == ["tensor", "depthwise", "convolution", "concatenation"])
    }

    @Test func channelsAreShuffled() throws {
        let model = self.model([1, 4, 1, 2], opset: 7) {
            $0.initializer("groups", [1, 2, 2, 1, 2])
            $0.initializer("flat", [1, 4, 1, 2])
            $0.node("Reshape", ["x", "groups"], ["g"])
            $0.node("Transpose", ["g"], ["t"], [("perm", .integers([0, 2, 1, 3, 4]))])
            $0.node("Reshape", ["t", "flat"], ["y"])
        }
        #expect(try run(model, counted([1, 4, 1, 2])).output.values == [0, 1, 4, 5, 2, 3, 6, 7])
    }

    @Test func poolingOfInceptionAndResNet() throws {
        let average = model([1, 1, 2, 2], opset: 10) {
            $0.node(
                "AveragePool", ["x"], ["y"],
                [
                    ("kernel_shape", .integers([3, 3])), ("strides", .integers([1, 1])),
                    ("pads", .integers([1, 1, 1, 1])), ("count_include_pad", .integer(1)),
                ])
        }
        #expect(try run(average, Tensor([1, 1, 2, 2], [9, 9, 9, 9])).output.values == [4, 4, 4, 4])
        // Six columns in threes by two hang over by one, the last of which would start in the padding.
        let maximum = model([1, 1, 1, 6], opset: 10) {
            $0.node(
                "MaxPool", ["x"], ["y"],
                [
                    ("kernel_shape", .integers([1, 3])), ("strides", .integers([1, 2])),
                    ("pads", .integers([0, 1, 0, 1])), ("ceil_mode", .integer(1)),
                ])
        }
        #expect(try run(maximum, counted([1, 1, 1, 6])).output.values == [1, 3, 5, 5])
    }

    @Test func softmaxOfOldOpsetsFlattens() throws {
        for (opset, wanted) in [(12, Float(0.25)), (13, 0.5)] {
            let model = self.model([1, 2, 2], opset: opset) {
                $0.node("Softmax", ["x"], ["y"], [("axis", .integer(1))])
            }
            #expect(try run(model, Tensor([1, 2, 2], [3, 3, 3, 3])).output.values.allSatisfy { $0 == wanted })
        }
    }

    @Test func matrixWithBiasIsOneLayer() throws {
        // Keras writes MatMul and Add, PyTorch Gemm; alpha and beta go into weights and biases.
        let matrix: [Float] = [1, 2, 3, 4, 5, 6]
        let product = model([1, 2]) {
            $0.initializer("w", [2, 3], matrix)
            $0.initializer("b", [3], [1, 1, 1])
            $0.node("MatMul", ["x", "w"], ["m"])
            $0.node("Add", ["m", "b"], ["y"])
        }
        let gemm = model([2, 1]) {
            $0.initializer("w", [2, 3], matrix)
            $0.initializer("b", [1], [4])
            $0.node(
                "Gemm", ["x", "w", "b"], ["y"],
                [("transA", .integer(1)), ("alpha", .float(2)), ("beta", .float(0.5))])
        }
        for (model, shape, wanted) in [
            (product, [1, 2], [10, 13, 16]), (gemm, [2, 1], [20, 26, 32]),
        ] as [(ONNXEncoder, Shape, [Float])] {
            let (names, y) = try run(model, Tensor(shape, [1, 2]))
            #expect(y == Tensor([1, 3], wanted))
            #expect(names.last == "fully_connected")
        }
    }

    @Test func scalesAreAppliedInFP32() throws {
        // 3 · 7⁄3 is 7 in FP32, as runtimes and ONNX's shape inference have it, and a little less in FP64.
        let model = self.model([1, 1, 1, 3]) {
            $0.initializer("scales", [4], [1, 1, 1, 7 / 3])
            $0.node("Resize", ["x", "", "scales"], ["y"])
        }
        #expect(try run(model, counted([1, 1, 1, 3])).output.shape == [1, 1, 1, 7])
    }
}
