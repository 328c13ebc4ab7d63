// Small models whose results don't depend on what they are fed, on every engine: operators beside what ONNX Runtime
// 1.31.1 gives.
import Kernels
import Testing

@Suite("Model probes", .enabled(if: GoldenRun.folder != nil, "COEXEC_DATA is not set"))
struct ModelProbeTests {
    private static let rows: [(name: String, values: [Float])] = [
        ("layernorm", [-0.8783086, -0.29276952, 0.29276952, 0.8783086, 1.4638476]),
        ("gelu", [-0.04550028, -0.15865526, 0, 0.8413447, 1.9544997]),
        ("if_squeeze", [0, 1, 2, 3, 4]),
        ("avgpool_ceil", [0.73807144, 2.5655572, 0.8032287, -0.09990001]),
        ("maxpool_ceil", [-1, -3, -11, -13]),
    ]

    @Test(arguments: EngineUnderTest.runnable)
    func givesWhatONNXRuntimeDoes(_ engine: EngineUnderTest) throws {
        for row in Self.rows {
            let path = try #require(GoldenRun.folder) + "/probes/onnx/\(row.name).onnx"
            let network = try Network(onnxFile: path)
            let input = Tensor([1, 3, 64, 64], (0..<3 * 64 * 64).map { Float($0 % 17) })
            var outputs = network.makeOutputs()
            try engine.make().compile(network).makeContext().run([.tensor(input)], into: &outputs)
            let wanted = Tensor(outputs[0].shape, row.values)
            #expect(outputs[0].relativeError(to: wanted) <= max(engine.tolerance, 1e-6), "\(row.name): \(outputs[0])")
        }
    }
}
