// Quantised networks in the CPU engine: bytes and whole numbers, and the reference's results.
import Testing

@testable import Kernels

@Suite("Quantised networks on CPUs")
struct CPUIntegerTests {
    @Test("a layer between two grids is the reference's, but for numbers half-way", arguments: QuantizedCase.layers)
    func layers(_ example: QuantizedCase) throws { try check(example) }

    @Test("layers behind one another, sums, concatenations, reshapes", arguments: QuantizedCase.graphs)
    func graphs(_ example: QuantizedCase) throws { try check(example) }

    @Test(
        "activations, residuals and roundings run inside of layers",
        .enabled(if: OneDNNUnit.multipliesBytes, "this CPU has no instructions for products of bytes"))
    func fusion() throws {
        for example in QuantizedCase.layers + QuantizedCase.graphs.prefix(1) {
            let network = example.network
            let timings = try CPUEngine(threads: 1).compile(network).makeContext().profile(example.inputs)
            for node in timings.map({ network.nodes[$0.node] }) {
                if example.name.contains("around 100") || example.name.contains("with its padding") { continue }
                #expect(node.operation.name != "addition")
                // The last, and the residual's.
                if case .unary = node.operation { #expect(node.inputs == [0], "\(example.name): \(node.name)") }
            }
        }
    }

    @Test("results don't depend on what else was compiled", arguments: [1, 2])
    func threads(_ threads: Int) throws {
        let example = QuantizedCase.graphs[0]
        var (once, again) = (example.network.makeOutputs(), example.network.makeOutputs())
        try CPUEngine(threads: 1).compile(example.network).makeContext().run(example.inputs, into: &once)
        try CPUEngine(threads: threads, library: .oneDNN, tuning: .off).compile(example.network).makeContext()
            .run(example.inputs, into: &again)
        #expect(once == again)
    }

    /// Every number within one step of its grid, and nearly all the same.
    private func check(_ example: QuantizedCase) throws {
        var expected = example.network.makeOutputs()
        try ReferenceEngine().compile(example.network).makeContext().run(example.inputs, into: &expected)
        var outputs = expected.map { Tensor($0.shape, [Float](repeating: .nan, count: $0.shape.count)) }
        let context = try CPUEngine(threads: 1).compile(example.network).makeContext()
        for _ in 0..<2 {
            try context.run(example.inputs, into: &outputs)
            for (position, grid) in example.grids.enumerated() {
                guard let grid else {
                    #expect(outputs[position].relativeError(to: expected[position]) < 1e-5, "\(example.name)")
                    continue
                }
                let steps = zip(outputs[position].values, expected[position].values).map { abs($0 - $1) / grid.scale }
                let different = steps.filter { !($0 < 0.5) }.count
                #expect(steps.allSatisfy { $0 < 1.5 }, "\(example.name): \(steps.max() ?? 0) steps")
                #expect(different * 500 <= steps.count, "\(example.name): \(different) of \(steps.count) differ")
                // Neither all zeros nor all at the ends.
                #expect(Set(expected[position].values).count > 8, "\(example.name) tells nothing")
            }
        }
    }
}
