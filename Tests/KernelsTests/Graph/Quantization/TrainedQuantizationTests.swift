// Trained networks after quantising, on pictures: near what they say in FP32, also on pictures that no range was chosen
// by.
import Foundation
import Testing

@testable import CPUKernels
@testable import NetworkGraph

private let isMissing = GoldenRun.folder == nil

@Suite("Trained networks in 8 bits", .enabled(if: !isMissing, "COEXEC_DATA is not set"))
struct TrainedQuantizationTests {
    /// Quantised models are taken as the real networks that they approximate.
    private static let models = [
        "vww_96_float", "cifar10_resnet8_float", "mobilenet_v1_0.25_128_quant", "mobilenet_v1_0.75_192_quant",
    ]

    @Test("values before the softmax keep their direction", arguments: models)
    func staysNear(_ name: String) throws {
        let runs = GoldenRun.all.filter { $0.model.hasSuffix("/\(name).tflite") }
        let model = try Network(tfliteFile: try #require(runs.first?.model))
        let network = try model.withoutGrids()
        let shape = network.nodes[network.inputs[0]].shape
        let pictures = runs.map { Tensor(shape, $0.input) }
        let mirrored = pictures.map(\.mirrored)
        let engine = CPUEngine(threads: 1)
        for method in [.extremes, .standard] as [Calibration.Method] {
            let calibration = try Calibration(
                network, on: pictures.map { [.tensor($0)] }, method: method, by: engine)
            let quantized = network.quantized(calibration)
            for (kind, inputs) in [("seen", pictures), ("mirrored", mirrored)] {
                let cosines = try inputs.map { try Self.cosine(network, quantized, $0, engine) }
                print("\(name), \(method), \(kind): \(cosines.map { String(format: "%.5f", $0) })")
                #expect(cosines.allSatisfy { $0 > 0.995 }, "\(name), \(method), \(kind)")
            }
        }
    }

    private static func cosine(
        _ network: Network, _ other: Network, _ input: Tensor, _ engine: any Engine
    ) throws -> Double {
        let scores = try [network, other].map { network -> [Float] in
            var network = network
            // In front of the softmax, which is the last but for roundings.
            let softmax = try #require(network.nodes.indices.last { network.nodes[$0].operation.name == "softmax" })
            network.setOutputs(network.nodes[softmax].inputs[0])
            var outputs = network.makeOutputs()
            try engine.compile(network).makeContext().run([.tensor(input)], into: &outputs)
            return outputs[0].values
        }
        return cosineSimilarity(scores[0], scores[1])
    }
}

extension Network {
    /// The network of real numbers that a quantised one approximates.
    fileprivate func withoutGrids() throws -> Network {
        var result = Network(name: name)
        var places: [NodeID] = []
        for node in nodes {
            let inputs = node.inputs.map { places[$0] }
            switch node.operation {
            case .unary(.quantize): places.append(inputs[0])
            case .convolution(let layer):
                let real = Convolution(
                    weights: layer.weights, bias: layer.bias, window: layer.window, groups: layer.groups,
                    activation: layer.activation)
                places.append(try result.append(.convolution(real), inputs, name: node.name))
            case .fullyConnected(let layer):
                let real = FullyConnected(weights: layer.weights, bias: layer.bias, activation: layer.activation)
                places.append(try result.append(.fullyConnected(real), inputs, name: node.name))
            default: places.append(try result.append(node.operation, inputs, name: node.name))
            }
        }
        result.setOutputs(outputs.map { places[$0] })
        return result
    }
}

extension Tensor {
    /// N×H×W×C, columns from right to left.
    fileprivate var mirrored: Tensor {
        let (width, channels) = (shape[2], shape[3])
        return Tensor(
            shape,
            values.indices.map { index in
                let (row, place) = index.quotientAndRemainder(dividingBy: width * channels)
                let column = width - 1 - place / channels
                return values[(row * width + column) * channels + place % channels]
            })
    }
}
