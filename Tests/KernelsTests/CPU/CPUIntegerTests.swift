// Quantised networks in the CPU engine: bytes and whole numbers, and the reference's results.
import Testing

@testable import Kernels

@Suite("Quantised networks on CPUs")
struct CPUIntegerTests {
    @Test("a layer between two grids is the reference's, but for numbers half-way", arguments: QuantizedCase.layers)
    func layers(_ example: QuantizedCase) throws { try check(example) }

    @Test("layers behind one another, sums, concatenations, reshapes", arguments: QuantizedCase.graphs)
    func graphs(_ example: QuantizedCase) throws { try check(example) }

    @Test("activations and roundings run inside of layers", arguments: QuantizedCase.layers)
    func fusion(_ example: QuantizedCase) {
        let layers = IntegerLayers(example.network, LayerFusion(example.network))
        if example.name.contains("around 100") || example.name.contains("with its padding") {
            #expect(layers.groups.isEmpty)
        } else if layers.groups[2]?.grid == nil {
            #expect(layers.absorbed.isEmpty && example.grids[0] == nil && layers.groups[2] != nil)
        } else if example.name.contains("maximum") {
            // The pool keeps its input's grid, and is moved to the result's.
            #expect(layers.groups.keys.sorted() == [1, 2, 3])
        } else {
            #expect(layers.groups.keys.sorted() == [1, 2] && layers.absorbed == [3])
        }
    }

    @Test func residualsAreAddedByConvolutions() throws {
        let network = QuantizedCase.graphs[0].network
        let layers = IntegerLayers(network, LayerFusion(network))
        let adding = try #require(layers.groups.values.first { $0.residual != nil })
        #expect(network.outputs == [adding.result] && adding.activation == .relu)
        #expect(QuantizedCase.graphs[2].name == "a sum that isn't rounded")
        let unrounded = QuantizedCase.graphs[2].network
        #expect(IntegerLayers(unrounded, LayerFusion(unrounded)).absorbed.isEmpty)
    }

    @Test("results don't depend on the number of threads", arguments: [1, 2])
    func threads(_ threads: Int) throws {
        let example = QuantizedCase.graphs[0]
        var (once, again) = (example.network.makeOutputs(), example.network.makeOutputs())
        try CPUEngine(threads: 1).compile(example.network).makeContext().run(example.inputs, into: &once)
        try CPUEngine(threads: threads).compile(example.network).makeContext()
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
