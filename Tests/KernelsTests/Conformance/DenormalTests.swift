// Numbers below the normal range are zero: in what files hold, and in what engines compute on lanes' threads.
import CoExec
import Foundation
import Testing

@testable import NetworkGraph

@Suite("Numbers below the normal range")
struct DenormalTests {
    /// x · 1e-20 · 1e-20 · 1e30 in three layers: 1e-10 x exactly, 0 where what lies between is flushed.
    private func chain(_ shape: Shape) throws -> Network {
        let channels = shape[1]
        var network = Network(name: "tiny")
        var last = try network.append(.tensor(shape))
        for factor: Float in [1e-20, 1e-20, 1e30] {
            var weights = Tensor(zeros: [channels, channels, 1, 1])
            for channel in 0..<channels { weights.values[channel * channels + channel] = factor }
            last = try network.append(
                .convolution(
                    Convolution(
                        weights: weights, bias: [Float](repeating: 0, count: channels),
                        window: Window(height: 1, width: 1))), last)
        }
        network.setOutputs(last)
        return network
    }

    private final class Lane: @unchecked Sendable {  // written by its thread, read after that was joined
        var result: Result<[Float], any Error>?
    }

    static let engines =
        EngineUnderTest.runnable.filter {
            !$0.name.contains("reference") && !$0.name.contains("FP16") && !$0.name.contains("measured, 1")
        }

    /// On all threads that a lane computes with: pools of threads inherit a lane's mode, OpenCL devices get an option.
    @Test("what engines compute on a lane is flushed", arguments: engines)
    func lanes(_ engine: EngineUnderTest) throws {
        let network = try chain([1, 16, 24, 24])
        let input = Tensor([1, 16, 24, 24], [Float](repeating: 1, count: 16 * 24 * 24))
        let lane = Lane()
        let thread = try CoExec.Thread(name: "lane", flushesDenormals: true) {
            lane.result = Result {
                var outputs = network.makeOutputs()
                try engine.make().compile(network).makeContext().run([.tensor(input)], into: &outputs)
                return outputs[0].values
            }
        }
        thread.join()
        let values = try #require(lane.result).get()
        #expect(values.allSatisfy { $0 == 0 }, "\(Set(values))")
    }

    @Test("weights and constants of files are flushed")
    func files() throws {
        let tiny = Float.leastNormalMagnitude / 4
        var onnx = ONNXEncoder()
        onnx.input("x", [1, 2])
        onnx.initializer("w", [2, 2], [1, tiny, 0, -tiny])
        onnx.initializer("b", [2], [2, 3 * tiny])
        onnx.initializer("c", [1, 2], [-tiny, 1.5])
        onnx.node("Gemm", ["x", "w", "b"], ["g"])
        onnx.node("Relu", ["g"], ["r"])
        onnx.node("Sub", ["r", "c"], ["y"])
        onnx.output("y")
        let network = try Network(onnx: onnx.bytes)
        var seen: [[Float]] = []
        for node in network.nodes {
            switch node.operation {
            case .fullyConnected(let layer): seen += [layer.weights.values, layer.bias]
            case .constant(let tensor): seen.append(tensor.values)
            default: break
            }
        }
        #expect(seen == [[1, 0, 0, 0], [2, 0], [0, 1.5]], "\(seen)")

        var tflite = TFLiteEncoder()
        let x = tflite.tensor("x", [1, 2])
        let w = tflite.tensor("w", [1, 2], bytes: [tiny, 2].flatMap(\.bitPattern.bytes))
        let b = tflite.tensor("b", [1], bytes: tiny.bitPattern.bytes)
        let y = tflite.tensor("y", [1, 1])
        tflite.operation(9, [x, w, b], [y], (8, []))
        (tflite.inputs, tflite.outputs) = ([x], [y])
        guard case .fullyConnected(let layer) = try tflite.network().nodes[1].operation else {
            Issue.record("no layer")
            return
        }
        #expect(layer.weights.values == [0, 2] && layer.bias == [0])
    }
}
