// BF16 in the oneDNN engine: near the reference, on every operation, on the built-in networks.
import Kernels
import Testing

@Suite(
    "CPU engine in BF16", .serialized,
    .enabled(if: CPUEngine.supports(.bf16), "this CPU has no instructions for BF16"))
struct CPUPrecisionTests {
    /// BF16 keeps 8 bits of a value: 0.4 % at worst, and a few layers add up.
    static let tolerance = 0.02

    @Test(
        "computes nearly what the reference computes",
        arguments: [
            AlgorithmSelection.measured(mixesLibraries: false), .always(.library), .always(.winograd),
            .always(.winograd4),
        ])
    func matchesReference(_ tuning: AlgorithmSelection) throws {
        let engine = CPUEngine(threads: 1, precision: .bf16, layers: tuning)
        for (example, expected) in zip(ConformanceCase.all, try ConformanceCase.allExpected.get()) {
            var outputs = expected.map { Tensor($0.shape, [Float](repeating: .nan, count: $0.shape.count)) }
            try engine.compile(example.network).makeContext().run(example.inputs, into: &outputs)
            for (output, wanted) in zip(outputs, expected) {
                let error = output.relativeError(to: wanted)
                #expect(error <= Self.tolerance, "\(example.name): relative error \(error)")
            }
        }
    }

    @Test(
        "finds the reference's best class",
        .enabled(if: BuiltInNetwork.areAffordable, BuiltInNetwork.whyNot), arguments: BuiltInNetworkTests.names)
    func networks(_ name: String) throws {
        let example = BuiltInNetwork.named(name)
        let context = try CPUEngine(threads: 1, precision: .bf16).compile(example.network).makeContext()
        for (inputs, expected) in zip(example.inputs, example.expected) {
            var outputs = example.network.makeOutputs()
            try context.run(inputs, into: &outputs)
            let error = outputs[0].relativeError(to: expected)
            // Not FP32 under another name, and not nonsense.
            #expect(error > 1e-5 && error < 0.2, "relative error \(error)")
            let best = expected.values.indices.max { expected.values[$0] < expected.values[$1] }
            #expect(outputs[0].values.indices.max { outputs[0].values[$0] < outputs[0].values[$1] } == best)
        }
    }

    @Test func residualsAndConcatenationsStayInBF16() throws {
        var random = SeededValues(seed: 5)
        let window = Window(height: 3, width: 3, padding: Padding(1))
        var network = Network(name: "mixed")
        let input = try network.append(.tensor([1, 32, 16, 16]))
        let a = try network.append(random.convolution(32, 32, window, .relu), input)
        let b = try network.append(random.convolution(32, 16, window), a)
        let joined = try network.append(.concatenation(), a, b)
        let c = try network.append(random.convolution(48, 48, window), joined)
        network.setOutputs(try network.append(.addition(.relu), c, joined))
        let inputs = [NetworkInput.tensor(random.tensor([1, 32, 16, 16]))]
        var expected = network.makeOutputs()
        try ReferenceEngine().compile(network).makeContext().run(inputs, into: &expected)
        for tuning in [AlgorithmSelection.always(.blocked), .always(.winograd)] {
            let context = try CPUEngine(threads: 1, precision: .bf16, layers: tuning).compile(network).makeContext()
            var outputs = network.makeOutputs()
            try context.run(inputs, into: &outputs)
            #expect(outputs[0].relativeError(to: expected[0]) < Self.tolerance)
            let nodes = try context.profile(inputs).map(\.node)
            #expect(!nodes.contains(joined), "the concatenation cost a step")
        }
    }
}
