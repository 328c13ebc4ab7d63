// Networks written as ONNX and read again: they must compute the same, layer by layer and grid by grid.
import Foundation
import Testing

@testable import CPUKernels
@testable import ModelFiles
@testable import NetworkGraph

@Suite("ONNX export")
struct ONNXExportTests {
    private func reread(_ network: Network) throws -> Network {
        let input = network.nodes.lazy.compactMap { node -> ImageInput? in
            guard case .image(let input) = node.operation else { return nil }
            return input
        }.first
        let image = input.map { $0.channels.count == 3 ? ImageNormalization.imageNet : .unit }
        let again = try Network(
            onnx: try ONNXFile(network).bytes, name: network.name, batch: input?.batch ?? 1, image: image)
        // How pictures are shrunk stands in no file.
        return input.map { again.resampled(by: $0.resampling) } ?? again
    }

    private func outputs(_ network: Network, _ inputs: [NetworkInput]) throws -> [Tensor] {
        var outputs = network.makeOutputs()
        try ReferenceEngine().compile(network).makeContext().run(inputs, into: &outputs)
        return outputs
    }

    private func check(_ name: String, _ network: Network, _ inputs: [NetworkInput]) throws {
        let hasNoOperator = network.nodes.contains { node in
            switch node.operation {
            case .pooling(let pooling): pooling.kind == .average && pooling.window.isDilated
            case .anchoredDetection: true
            default: false
            }
        }
        if hasNoOperator {
            #expect(throws: ONNXExportError.self, "\(name)") { _ = try ONNXFile(network) }
            return
        }
        do {
            let file = try ONNXFile(network)
            #expect(file.bytes.count == file.byteCount)
            let again = try reread(network)
            let (expected, results) = (try outputs(network, inputs), try outputs(again, inputs))
            guard results.map(\.shape) == expected.map(\.shape) else {
                Issue.record("\(name): \(results.map(\.shape)), not \(expected.map(\.shape))")
                return
            }
            // Resampling becomes products with matrices: sums in another order.
            let errors = zip(results, expected).map { $0.relativeError(to: $1) }
            #expect(errors.allSatisfy { $0 < 1e-5 }, "\(name): \(errors)")
        } catch {
            Issue.record("\(name): \(error)")
        }
    }

    @Test("every operation computes what it did") func everyOperation() throws {
        for example in ConformanceCase.all + ConformanceCase.operators {
            try check(example.name, example.network, example.inputs)
        }
    }

    @Test("quantised layers compute what they did") func quantizedLayers() throws {
        for example in QuantizedCase.layers + QuantizedCase.graphs {
            try check(example.name, example.network, example.inputs)
        }
    }

    /// A few layers behind a picture, every value that is rounded on a grid of its own.
    private func classifier(mean: [Float] = [127.5, 127.5, 127.5], scale: Float = 1 / 127.5) throws -> Network {
        var random = SeededValues(seed: 21)
        let window = Window(height: 3, width: 3, stride: 2, padding: Padding(1))
        var network = Network(name: "classifier")
        let image = try network.append(
            .image(ImageInput(height: 24, width: 24, mean: mean, scale: [scale, scale, scale])), name: "image")
        let a = try network.append(random.convolution(3, 16, window, .clip(low: 0, high: 6)), image, name: "a")
        let b = try network.append(random.convolution(16, 16, window, groups: 16, .relu), a, name: "b")
        let c = try network.append(random.convolution(16, 8, window), a, name: "c")
        let joined = try network.append(.concatenation(), b, c, name: "joined")
        let pool = Pooling(.maximum, window: Window(height: 2, width: 2, stride: 2))
        let pooled = try network.append(.pooling(pool), joined, name: "pooled")
        let layer = try network.append(random.fullyConnected(24 * 9, 10), pooled, name: "layer")
        network.setOutputs(try network.append(.softmax(), layer, name: "probabilities"))
        return network
    }

    private func frames() -> [Image] {
        var random = SeededValues(seed: 22)
        return (0..<4).map { _ in random.image(width: 40, height: 30) }
    }

    @Test("a quantised network keeps its grids, weights, biases and names")
    func keepsGrids() throws {
        let network = try classifier()
        let quantized = try network.quantized(calibratedOn: frames(), by: ReferenceEngine())
        let again = try reread(quantized)
        #expect(again.nodes.count == quantized.nodes.count)
        #expect(again.isQuantized && !network.isQuantized)
        for other in quantized.nodes {
            let node = try #require(again.nodes.first { $0.name == other.name }, "\(other.name)")
            #expect(node.shape == other.shape)
            switch (node.operation, other.operation) {
            case (.unary(.quantize(let grid)), .unary(.quantize(let expected))): #expect(grid == expected)
            case (.convolution(let layer), .convolution(let expected)):
                #expect(layer.weightGrid == expected.weightGrid && layer.weights == expected.weights)
                #expect(layer.bias == expected.bias && layer.activation == expected.activation)
            case (.fullyConnected(let layer), .fullyConnected(let expected)):
                #expect(layer.weightGrid == expected.weightGrid && layer.weights == expected.weights)
                #expect(layer.bias == expected.bias && layer.activation == expected.activation)
            default: #expect(node.operation.name == other.operation.name)
            }
        }
    }

    private static let means: [[Float]] = [[127.5, 127.5, 127.5], [0, 0, 0], [123.675, 116.28, 103.53]]

    @Test("pixels are normalised as they were", arguments: means)
    func keepsNormalization(_ mean: [Float]) throws {
        let scales: [Float] = [1 / 127.5, 1, 1 / 255]
        for scale in scales {
            let network = try classifier(mean: mean, scale: scale)
            let again = try reread(network)
            guard case .image(let image) = again.nodes[again.inputs[0]].operation else {
                Issue.record("takes no frames")
                return
            }
            for channel in 0..<3 {
                #expect(abs(image.mean[channel] - mean[channel]) < 1e-4)
                #expect(abs(image.scale[channel] / scale - 1) < 1e-6)
            }
            #expect(again.nodes.count == network.nodes.count)
        }
    }

    @Test("weights of 8 bits take a byte each") func sizes() throws {
        let network = try NetworkCatalog.make("squeezenet")
        let quantized = try network.quantized(
            calibratedOn: [SeededValues.picture()], by: CPUEngine(threads: 1))
        let (exact, small) = (try ONNXFile(network).byteCount, try ONNXFile(quantized).byteCount)
        #expect(exact > 4 * network.parameterCount && exact < 4 * network.parameterCount + 40_000)
        #expect(Double(small) < 0.28 * Double(exact))
    }

    @Test("layers whose biases no 32 bits hold keep them as floats") func largeBiases() throws {
        var network = Network(name: "biased")
        let input = try network.append(.tensor([1, 1, 2, 2]))
        let grid = QuantizationGrid(scale: 0.01, zeroPoint: 3, isSigned: false)
        let rounded = try network.append(.unary(.quantize(grid)), input)
        let weights = WeightGrid(scales: [1e-12, 0.5], zeroPoints: [0, 0], isSigned: true)
        network.setOutputs(
            try network.append(
                .convolution(
                    Convolution(
                        weights: Tensor([2, 1, 1, 1], [5e-12, 1]), bias: [0.3, 1], window: Window(height: 1, width: 1),
                        weightGrid: weights)), rounded))
        guard case .convolution(let layer) = try reread(network).nodes[2].operation else {
            Issue.record("no convolution")
            return
        }
        #expect(layer.bias == [0.3, 1] && layer.weightGrid == weights)
    }

    // MARK: Files

    @Test func filesAreWrittenWholeOrNotAtAll() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = try ONNXFile(try classifier())
        let path = folder.appending(path: "network.onnx").path
        try ONNXFile.checkWritable(path)
        try file.write(to: path)
        try ONNXFile.checkWritable(path)
        try file.write(to: path)
        #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) == file.bytes)
        #expect(try Network(modelFile: path).name == "network")
        for bad in [folder.path, folder.path + "/missing/network.onnx", "/dev/null"] {
            #expect(throws: ONNXExportError.self) { try ONNXFile.checkWritable(bad) }
        }
        #expect(throws: ONNXExportError.self) { try file.write(to: folder.path + "/missing/network.onnx") }
        // What is there stays if it can't be replaced.
        #expect(throws: ONNXExportError.self) { try file.write(to: folder.path) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["network.onnx"])
    }
}

extension SeededValues {
    fileprivate static func picture() -> Image {
        var random = SeededValues(seed: 4)
        return random.image(width: 64, height: 48)
    }
}
