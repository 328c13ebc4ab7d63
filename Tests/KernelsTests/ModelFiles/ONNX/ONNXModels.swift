// Small ONNX models that several tests start from, and how they are run.
import Kernels
import Testing

extension ONNXEncoder {
    /// A model from an input `x` of these extents to an output `y`; `build` adds what is between.
    static func between(_ extents: [Int], opset: Int = 17, _ build: (inout ONNXEncoder) -> Void) -> ONNXEncoder {
        var model = ONNXEncoder(opset: opset)
        model.input("x", extents)
        build(&model)
        model.output("y")
        return model
    }

    /// Pad, convolution, batch normalisation, Relu, a residual addition, pooling, a fully connected layer and softmax,
    /// on 1×2×6×6; external-looking names, typed and raw data, attributes of every kind that layers have.
    static func classifier() -> ONNXEncoder {
        var model = ONNXEncoder(opset: 13)
        model.input("x", [nil, 2, 6, 6])
        var random = SeededValues(seed: 5)
        let weights = random.floats(3 * 2 * 3 * 3).flatMap {
            withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init)
        }
        model.initializer(tensor("w", [3, 2, 3, 3], raw: weights))
        for name in ["scale", "shift", "mean"] { model.initializer(name, [3], random.floats(3)) }
        model.initializer("variance", [3], [0.5, 1, 2])
        model.initializer("pads", [0, 0, 1, 1, 0, 0, 1, 1])
        model.initializer("shape", [0, -1])
        model.initializer("dense", [4, 27], random.floats(4 * 27))
        model.node("Pad", ["x", "pads"], ["padded"])
        model.node("Conv", ["padded", "w"], ["c"], name: "conv", [("kernel_shape", .integers([3, 3]))])
        model.node(
            "BatchNormalization", ["c", "scale", "shift", "mean", "variance"], ["n"], [("epsilon", .float(0.001))])
        model.node("Relu", ["n"], ["r"])
        model.node("Dropout", ["r"], ["d"])
        model.node("Sigmoid", ["d"], ["s"])
        model.node("Add", ["d", "s"], ["sum"])
        model.node(
            "MaxPool", ["sum"], ["p"], name: "pool",
            [("kernel_shape", .integers([2, 2])), ("strides", .integers([2, 2]))])
        model.node("Reshape", ["p", "shape"], ["flat"])
        model.node("Gemm", ["flat", "dense"], ["y"], [("transB", .integer(1))])
        model.node("Softmax", ["y"], ["probabilities"], [("axis", .integer(1))])
        model.output("probabilities")
        return model
    }
}

extension ONNXEncoder {
    /// A 1×1 convolution in 8 bits on 1×2×1×3, as pairs of Q and DQ.
    static func quantizedLayer() -> ONNXEncoder {
        .between([1, 2, 1, 3]) {
            $0.addGrid("x", 0.1, 10)
            $0.addGrid("c", 0.5, 0, type: 3)
            $0.addWeights()
            $0.addPair("x", grid: "x")
            $0.node("DequantizeLinear", ["w_q", "w_scale", "w_zero"], ["w"], [("axis", .integer(0))])
            $0.node("DequantizeLinear", ["b_q", "b_scale"], ["b"], [("axis", .integer(0))])
            $0.node("Conv", ["x_r", "w", "b"], ["c"])
            $0.addPair("c", grid: "c")
            $0.node("Identity", ["c_r"], ["y"])
        }
    }

    /// Adds scalars `NAME_scale` and `NAME_zero`.
    mutating func addGrid(_ name: String, _ scale: Float, _ zeroPoint: Int, type: Int = 2) {
        initializer("\(name)_scale", [], [scale])
        initializer(Self.tensor("\(name)_zero", [], type: type, field: 5, [zeroPoint]))
    }

    /// Rounds a value to a grid: `OF_q` in 8 bits, `OF_r` in floats.
    mutating func addPair(_ of: String, grid: String) {
        let parameters = ["\(grid)_scale", "\(grid)_zero"]
        node("QuantizeLinear", [of] + parameters, ["\(of)_q"])
        node("DequantizeLinear", ["\(of)_q"] + parameters, ["\(of)_r"])
    }

    /// Adds weights 2×2×1×1 in steps of 0.5 and 0.25, biases in steps of 0.05 and 0.025.
    mutating func addWeights() {
        initializer(Self.tensor("w_q", [2, 2, 1, 1], type: 3, raw: [4, 254, 127, 1]))
        initializer("w_scale", [2], [0.5, 0.25])
        initializer(Self.tensor("w_zero", [2], type: 3, raw: [0, 0]))
        initializer(Self.tensor("b_q", [2], type: 6, field: 5, [10, -20]))
        initializer("b_scale", [2], [0.05, 0.025])
    }
}

extension Network {
    /// What the reference computes for tensors.
    func run(_ inputs: Tensor...) throws -> [Tensor] {
        var outputs = makeOutputs()
        try ReferenceEngine().compile(self).makeContext().run(inputs.map(NetworkInput.tensor), into: &outputs)
        return outputs
    }

    var operationNames: [String] { nodes.map(\.operation.name) }
}

/// Checks that a model is refused, by a message that holds every one of these words.
func expectRefusal(
    _ model: ONNXEncoder, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
    do {
        _ = try Network(onnx: model.bytes)
        Issue.record("imported", sourceLocation: sourceLocation)
    } catch {
        for word in words {
            #expect(error.description.contains(word), "\(error)", sourceLocation: sourceLocation)
        }
    }
}
