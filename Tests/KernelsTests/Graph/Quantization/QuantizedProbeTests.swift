// Quantised models that oneDNN's reorders computed wrongly: what ONNX Runtime says of a picture of one colour.
import Foundation
import Kernels
import Testing

@Suite(
    "Quantised models that went wrong",
    .enabled(if: GoldenRun.folder != nil, "COEXEC_DATA is not set"))
struct QuantizedProbeTests {
    static let engines =
        EngineUnderTest.integer + EngineUnderTest.openCL.filter { $0.skipReason == nil && !$0.name.contains("FP16") }

    /// Sum, sum of squares and greatest of the output's values, by ONNX Runtime 1.32; of any size, the picture is the
    /// same to the network.
    private static let wanted: [(model: String, sum: Double, squares: Double, greatest: Float)] = [
        ("q_slice_18x8x8", 55.68, 124.819, 0.99), ("q_out_64x7x7", 44.098, 461.198, 0.9),
    ]

    private static let picture = try! Image(width: 3, height: 2, pixels: (0..<6).flatMap { _ in [UInt8(200), 90, 30] })

    private func run(_ name: String, _ engine: any Engine) throws -> [[Float]] {
        let folder = try #require(GoldenRun.folder)
        let network = try Network(modelFile: "\(folder)/probes/onnx/\(name).onnx")
        var outputs = network.makeOutputs()
        try engine.compile(network).makeContext().run([.images([Self.picture])], into: &outputs)
        return outputs.map(\.values)
    }

    @Test("planes and pixels of 64 channels and of 18", arguments: engines)
    func small(_ engine: EngineUnderTest) throws {
        for (model, sum, squares, greatest) in Self.wanted {
            let values = try run(model, engine.make())[0]
            let found = values.reduce(0.0) { $0 + Double($1) }
            let square = values.reduce(0.0) { $0 + Double($1) * Double($1) }
            // A step in a few values, where they lie half-way.
            #expect(abs(found - sum) < 0.02 * squares, "\(model): \(found)")
            #expect(abs(square - squares) < 0.02 * squares, "\(model): \(square)")
            #expect(abs(try #require(values.max()) - greatest) < 0.04, "\(model)")
            let exact = try run(model, ReferenceEngine())[0]
            #expect(cosineSimilarity(values, exact) > 0.999, "\(model)")
        }
    }
}
