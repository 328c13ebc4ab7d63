// XNNPACK's weights are packed once for all lanes, and freed with the last.
import Testing

@testable import CPUKernels
@testable import NetworkGraph

@Suite("XNNPACK's memory", .enabled(if: XNNPACK.initialization == nil, "XNNPACK doesn't know this CPU"))
struct XNNPACKMemoryTests {
    private let size = 1 << 11

    @Test func contextsShareWeightsAndOutliveThePlan() throws {
        var random = SeededValues(seed: 8)
        var network = Network(name: "large")
        let input = try network.append(.tensor([1, size]))
        let layer = FullyConnected(
            weights: random.tensor([size, size]), bias: random.floats(size), activation: .relu)
        network.setOutputs(try network.append(.fullyConnected(layer), input))
        let inputs = [NetworkInput.tensor(random.tensor([1, size]))]
        var expected = network.makeOutputs()
        try ReferenceEngine().compile(network).makeContext().run(inputs, into: &expected)

        let weightBytes = size * size * MemoryLayout<Float>.stride
        var compiled: (any CompiledNetwork)? = try CPUEngine(threads: 1, library: .xnnpack).compile(network)
        var contexts = try (0..<3).map { _ in try compiled!.makeContext() }
        #expect(XNNPACKMemory.blockCount(ofAtLeast: weightBytes) <= 1, "each context has weights of its own")
        compiled = nil
        while let context = contexts.popLast() {
            var outputs = network.makeOutputs()
            try context.run(inputs, into: &outputs)
            #expect(outputs[0].relativeError(to: expected[0]) < 1e-5)
        }
        #expect(XNNPACKMemory.blockCount(ofAtLeast: weightBytes) == 0, "nobody frees the weights")
    }
}
