// Whole networks that ONNX Runtime quantised, with an input and what ONNX Runtime computed: Scripts/quantized-models
// makes them.
import Foundation
import Testing

@testable import CPUKernels
@testable import ModelFiles
@testable import NetworkGraph

@Suite(
    "Models quantised by ONNX Runtime", .serialized,
    .enabled(if: QuantizedModels.folders != nil, "COEXEC_QUANTIZED_MODELS is not set"))
struct ONNXQuantizedModelTests {
    /// ONNX Runtime multiplies by scales in another order, and some of its operators read tables: values near the
    /// middle of two steps go the other way here and there, and what follows spreads that. Seen was one step at most.
    @Test(arguments: QuantizedModels.folders ?? [])
    func agrees(_ folder: URL) throws {
        let network = try Network(onnxFile: folder.appending(path: "model.onnx").path)
        func tensor(_ name: String) throws -> ONNXConstant {
            try ONNXBackendCase.constant(
                Array(try Data(contentsOf: folder.appending(path: "test_data_set_0/\(name)_0.pb"))))
        }
        let input = try #require(try tensor("input").tensor)
        let expected = try #require(try tensor("output").tensor)
        var engines: [any Engine] = [
            CPUEngine(threads: 1, layers: .always(.blocked)), CPUEngine(threads: 1, library: .xnnpack),
        ]
        if input.shape.count < 10_000 { engines.append(ReferenceEngine()) }
        if OpenCLUnderTest.skipReason == nil { engines.append(try OpenCLUnderTest.engine()) }
        var step: Float?
        if case .unary(.quantize(let grid)) = network.nodes[network.outputs[0]].operation { step = grid.scale }
        for engine in engines {
            var outputs = network.makeOutputs()
            try engine.compile(network).makeContext().run([.tensor(input)], into: &outputs)
            let cosine = cosineSimilarity(outputs[0].values, expected.values)
            let difference = zip(outputs[0].values, expected.values).map { abs($0 - $1) }.max() ?? 0
            let steps = step.map { "\((difference / $0).rounded()) steps" } ?? "\(difference)"
            print("\(folder.lastPathComponent), \(engine.name): cosine \(cosine), largest difference \(steps)")
            #expect(outputs[0].shape == expected.shape)
            #expect(cosine > 0.999, "\(engine.name)")
            if let step { #expect(difference < 2.5 * step, "\(engine.name)") }
        }
    }
}

private enum QuantizedModels {
    static let folders: [URL]? = ProcessInfo.processInfo.environment["COEXEC_QUANTIZED_MODELS"].map { path in
        let folders = try? FileManager.default.contentsOfDirectory(
            at: URL(fileURLWithPath: path), includingPropertiesForKeys: nil)
        return (folders ?? []).filter { $0.hasDirectoryPath }.sorted { $0.path < $1.path }
    }
}
