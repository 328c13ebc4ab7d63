// What the importer makes of a model: layers that engines run well, nothing that does nothing.
import Kernels
import Testing

@Suite("ONNX import")
struct ONNXImportTests {
    @Test func classifierBecomesFewLayers() throws {
        let network = try Network(onnx: ONNXEncoder.classifier().bytes, batch: 2)
        #expect(
            network.operationNames == [
                "tensor", "convolution", "sigmoid", "addition", "max_pooling", "fully_connected", "softmax",
            ])
        #expect(network.nodes[0].shape == [2, 2, 6, 6])
        guard case .convolution(let layer) = network.nodes[1].operation else { return }
        #expect(layer.activation == .relu)
        #expect(layer.window.padding == Padding(1))
        #expect(network.nodes[1].name == "conv")
    }

    @Test func foldedScalingComputesTheSame() throws {
        // y = 2 · (w x + 1) − 3, then ÷ 4, by batch normalisation, subtraction and division.
        var model = ONNXEncoder()
        model.input("x", [1, 1, 1, 2])
        model.initializer("w", [2, 1, 1, 1], [1, 10])
        model.initializer("one", [2], [1, 1])
        model.initializer("two", [2], [2, 2])
        model.initializer("zero", [2], [0, 0])
        model.initializer("three", [1, 2, 1, 1], [3, 3])
        model.initializer("four", [], [4])
        model.node("Conv", ["x", "w", "one"], ["c"])
        model.node("BatchNormalization", ["c", "two", "zero", "zero", "one"], ["n"], [("epsilon", .float(0))])
        model.node("Sub", ["n", "three"], ["s"])
        model.node("Div", ["s", "four"], ["y"])
        model.output("y")
        let network = try Network(onnx: model.bytes)
        #expect(network.operationNames == ["tensor", "convolution"])
        let y = try network.run(Tensor([1, 1, 1, 2], [1, 2]))[0]
        #expect(y == Tensor([1, 2, 1, 2], [0.25, 0.75, 4.75, 9.75]))
    }

    @Test func scalingWithOtherReadersIsNotFolded() throws {
        var model = ONNXEncoder()
        model.input("x", [1, 1, 1, 2])
        model.initializer("w", [1, 1, 1, 1], [3])
        model.initializer("two", [], [2])
        model.node("Conv", ["x", "w"], ["c"])
        model.node("Mul", ["c", "two"], ["doubled"])
        model.node("Relu", ["c"], ["r"])
        for name in ["c", "doubled", "r"] { model.output(name) }
        let outputs = try Network(onnx: model.bytes).run(Tensor([1, 1, 1, 2], [1, -1]))
        #expect(outputs.map(\.values) == [[3, -3], [6, -6], [3, 0]])
    }

    @Test func scalingBehindAnActivationStaysBehindIt() throws {
        var model = ONNXEncoder()
        model.input("x", [1, 1, 1, 2])
        model.initializer("w", [1, 1, 1, 1], [1])
        model.initializer("minus", [], [-1])
        model.node("Conv", ["x", "w"], ["c"])
        model.node("Relu", ["c"], ["r"])
        model.node("Mul", ["r", "minus"], ["y"])
        model.output("y")
        #expect(try Network(onnx: model.bytes).run(Tensor([1, 1, 1, 2], [5, -5]))[0].values == [-5, 0])
    }

    @Test func shapeArithmeticFolds() throws {
        // The way PyTorch writes x.view(x.size(0), -1).
        var model = ONNXEncoder()
        model.input("x", [2, 3, 4, 5])
        model.initializer("zero", [0])
        model.initializer("rest", [-1])
        model.node("Shape", ["x"], ["s"])
        model.node("Gather", ["s", "zero"], ["batch"], [("axis", .integer(0))])
        model.node("Concat", ["batch", "rest"], ["target"], [("axis", .integer(0))])
        model.node("Reshape", ["x", "target"], ["y"])
        model.output("y")
        let network = try Network(onnx: model.bytes)
        #expect(network.operationNames == ["tensor", "reshape"])
        #expect(network.nodes[1].shape == [2, 60])
    }

    @Test func whatNoOutputNeedsIsLeftOut() throws {
        var model = ONNXEncoder()
        model.input("x", [2])
        model.input("unused", [7], type: 16)
        model.initializer("huge", [1 << 40, 1 << 40], [])
        model.node("Relu", ["x"], ["y"])
        model.node("Nonsense", ["huge"], ["z"])
        model.output("y")
        #expect(try Network(onnx: model.bytes).operationNames == ["tensor", "activation"])
    }

    @Test func nodesMayStandInAnyOrder() throws {
        var model = ONNXEncoder()
        model.node("Tanh", ["a"], ["y"])
        model.node("Relu", ["x"], ["a"])
        model.input("x", [2])
        model.output("y")
        #expect(try Network(onnx: model.bytes).operationNames == ["tensor", "activation", "tanh"])
    }

    @Test func framesTakeThePlaceOfTheInput() throws {
        var model = ONNXEncoder()
        model.input("pixels", [nil, 3, 4, 5])
        model.node("Relu", ["pixels"], ["y"])
        model.output("y")
        let network = try Network(onnx: model.bytes, batch: 3, image: .imageNet)
        guard case .image(let image) = network.nodes[0].operation else {
            Issue.record("no image input")
            return
        }
        #expect((image.batch, image.height, image.width) == (3, 4, 5))
        #expect(throws: ONNXError.self) { try Network(onnx: ONNXEncoder.classifier().bytes, image: .imageNet) }
    }

    @Test func framesMayBeTakenPixelByPixel() throws {
        // TensorFlow's models: a transposition in front of the first convolution.
        var model = ONNXEncoder()
        model.input("pixels", [nil, 4, 5, 3])
        model.node("Transpose", ["pixels"], ["planes"], [("perm", .integers([0, 3, 1, 2]))])
        model.node("Relu", ["planes"], ["y"])
        model.output("y")
        let network = try Network(onnx: model.bytes, image: .imageNet)
        #expect(network.operationNames == ["image", "activation"])
        #expect(network.nodes[0].shape == [1, 3, 4, 5])
        model.node("Tanh", ["pixels"], ["t"])
        model.output("t")
        #expect(try Network(onnx: model.bytes, image: .imageNet).nodes.last?.shape == [1, 4, 5, 3])
    }

    @Test func transpositionsInARowAreOne() throws {
        var model = ONNXEncoder()
        model.input("x", [2, 3, 4])
        model.node("Transpose", ["x"], ["t"], [("perm", .integers([1, 2, 0]))])
        model.node("Transpose", ["t"], ["y"], [("perm", .integers([0, 2, 1]))])
        model.output("y")
        let network = try Network(onnx: model.bytes)
        #expect(network.operationNames == ["tensor", "transpose"])
        let y = try network.run(Tensor([2, 3, 4], (0..<24).map(Float.init)))[0]
        #expect(y.shape == [3, 2, 4])
        #expect(Array(y.values.prefix(12)) == [0, 1, 2, 3, 12, 13, 14, 15, 4, 5, 6, 7])
    }

    @Test func countingPaddingStopsWhereCeilModeHangsOver() throws {
        // 1 2 3 between one zero each, in threes: (0 1 2) and (3 0 …), the second of which counts two elements.
        var model = ONNXEncoder()
        model.input("x", [1, 1, 3])
        model.node(
            "AveragePool", ["x"], ["y"],
            [
                ("kernel_shape", .integers([3])), ("strides", .integers([3])), ("pads", .integers([1, 1])),
                ("ceil_mode", .integer(1)), ("count_include_pad", .integer(1)),
            ])
        model.output("y")
        #expect(try Network(onnx: model.bytes).run(Tensor([1, 1, 3], [1, 2, 3]))[0].values == [1, 1.5])
    }

    @Test func argMaxIsGivenInFloats() throws {
        var model = ONNXEncoder()
        model.input("x", [2, 3])
        model.node("ArgMax", ["x"], ["y"], [("axis", .integer(1)), ("keepdims", .integer(0))])
        model.output("y")
        #expect(try Network(onnx: model.bytes).run(Tensor([2, 3], [1, 5, 5, 9, 8, 7]))[0] == Tensor([2], [1, 0]))
    }
}
