// What models in 8 bits take and hold besides: bytes of pictures as they are, and scales of 0.
import Testing

@testable import NetworkGraph

@Suite("ONNX bytes")
struct ONNXBytesTests {
    static let engines =
        [EngineUnderTest("reference") { ReferenceEngine() }] + EngineUnderTest.integer
        + EngineUnderTest.openCL.filter { $0.skipReason == nil && !$0.name.contains("FP16") }

    private func run(_ network: Network, _ engine: EngineUnderTest, _ input: NetworkInput) throws -> [Float] {
        var outputs = network.makeOutputs()
        try engine.make().compile(network).makeContext().run([input], into: &outputs)
        return outputs[0].values
    }

    /// Means of a picture's channels: of bytes, 2 and 3 the types uint8 and int8, channels last or first.
    @Test("frames are bytes, whatever normalisation is asked for", arguments: engines)
    func pictures(_ engine: EngineUnderTest) throws {
        let image = try Image(width: 4, height: 4, pixels: (0..<16).flatMap { _ in [UInt8(128), 7, 255] })
        for (type, shift) in [(2, Float(0)), (3, -128)] {
            for (extents, axes) in [([1, 4, 4, 3], [1, 2]), ([1, 3, 4, 4], [2, 3])] {
                var model = ONNXEncoder()
                model.input("x", extents, type: type)
                model.node("Cast", ["x"], ["f"], [("to", .integer(1))])
                model.node("ReduceMean", ["f"], ["y"], [("axes", .integers(axes)), ("keepdims", .integer(0))])
                model.output("y")
                let network = try Network(onnx: model.bytes, image: .imageNet)
                let means = try run(network, engine, .images([image]))
                let wanted: [Float] = [128 + shift, 7 + shift, 255 + shift]
                #expect(zip(means, wanted).allSatisfy { abs($0 - $1) < 1e-3 }, "\(type), \(extents): \(means)")
            }
        }
    }

    /// A layer between grids; of three channels of weights, the second's scale is 0 or below the normal range.
    private func layer(_ scale: Float, isMatrix: Bool, weightType: Int, integerBias: Bool) -> ONNXEncoder {
        .between(isMatrix ? [1, 2] : [1, 2, 2, 2]) {
            $0.addGrid("x", 0.1, 10)
            $0.addGrid("c", 0.05, 100)
            let weights: [UInt8] = [4, 2, 90, 120, 6, 8]
            $0.initializer(
                ONNXEncoder.tensor("w_q", isMatrix ? [3, 2] : [3, 2, 1, 1], type: weightType, raw: weights))
            $0.initializer("w_scale", [3], [0.25, scale, 0.125])
            $0.initializer(ONNXEncoder.tensor("w_zero", [3], type: weightType, raw: [0, 0, 0]))
            if integerBias {
                $0.initializer(ONNXEncoder.tensor("b_q", [3], type: 6, field: 5, [20, 40, -8]))
                $0.initializer("b_scale", [3], [0.025, scale, 0.0125])
                $0.node("DequantizeLinear", ["b_q", "b_scale"], ["b"], [("axis", .integer(0))])
            } else {
                $0.initializer("b", [3], [0.5, 1.25, -0.1])
            }
            $0.addPair("x", grid: "x")
            $0.node("DequantizeLinear", ["w_q", "w_scale", "w_zero"], ["w"], [("axis", .integer(0))])
            if isMatrix {
                $0.node("Gemm", ["x_r", "w", "b"], ["c"], [("transB", .integer(1))])
            } else {
                $0.node("Conv", ["x_r", "w", "b"], ["c"])
            }
            $0.addPair("c", grid: "c")
            $0.node("Identity", ["c_r"], ["y"])
        }
    }

    @Test("a channel of scale 0 is its bias", arguments: engines)
    func zeroScales(_ engine: EngineUnderTest) throws {
        let grid = QuantizationGrid.unsigned(0.05, 100)
        for scale in [0, Float.leastNormalMagnitude / 2] {
            for (isMatrix, weightType, integerBias) in [
                (false, 3, false), (false, 3, true), (false, 2, false), (true, 3, false), (true, 3, true),
            ] {
                let model = layer(scale, isMatrix: isMatrix, weightType: weightType, integerBias: integerBias)
                let network = try Network(onnx: model.bytes)
                let shape: Shape = isMatrix ? [1, 2] : [1, 2, 2, 2]
                let values = try run(network, engine, .tensor(Tensor(shape, [Float](repeating: 1, count: shape.count))))
                // 1 · 4 · 0.25 + 1 · 2 · 0.25 + 0.5, and so on.
                let wanted: [Float] = [2, integerBias ? 0 : 1.25, 1.65]
                let pixels = values.count / 3
                for (index, value) in values.enumerated() {
                    let distance = abs(value - grid.rounded(wanted[index / pixels]))
                    #expect(distance < 0.051, "\(scale), matrix \(isMatrix), \(weightType), \(integerBias): \(values)")
                }
            }
        }
    }

    @Test("all weights may have the scale 0")
    func oneScale() throws {
        let model = ONNXEncoder.between([1, 2]) {
            $0.addGrid("w", 0, 0)
            $0.initializer(ONNXEncoder.tensor("w_q", [2, 2], type: 2, raw: [9, 8, 7, 6]))
            $0.node("DequantizeLinear", ["w_q", "w_scale", "w_zero"], ["w"])
            $0.initializer("b", [2], [3, -4])
            $0.node("Gemm", ["x", "w", "b"], ["y"])
        }
        #expect(try Network(onnx: model.bytes).run(Tensor([1, 2], [5, 5]))[0].values == [3, -4])
    }
}
