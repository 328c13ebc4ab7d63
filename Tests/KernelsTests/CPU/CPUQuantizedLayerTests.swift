// Quantised networks in the CPU engine: bytes and whole numbers, and the reference's results.
import Testing

@testable import CPUKernels
@testable import NetworkGraph

@Suite("Quantised networks on CPUs")
struct CPUQuantizedLayerTests {
    @Test(
        "a layer between two grids is the reference's, but for numbers half-way",
        arguments: EngineUnderTest.integer)
    func layers(_ engine: EngineUnderTest) throws {
        for example in QuantizedCase.layers { try check(example, engine) }
    }

    @Test("layers behind one another, sums, concatenations, reshapes", arguments: EngineUnderTest.integer)
    func graphs(_ engine: EngineUnderTest) throws {
        for example in QuantizedCase.graphs { try check(example, engine) }
    }

    @Test("activations and roundings run inside of layers", arguments: QuantizedCase.layers)
    func fusion(_ example: QuantizedCase) {
        let layers = Self.oneDNNs(example.network)
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

    @Test("oneDNN computes layers with a few overflow channels")
    func overflowChannels() {
        let examples = QuantizedCase.layers.filter { $0.name.contains("overflow channels") }
        let groups = examples.compactMap { Self.oneDNNs($0.network).groups[2] }
        let channels: [[Int]] = [[22, 23], [0, 1], [3], [9], [7, 8, 9], [15, 16, 17], [32]]
        #expect(groups.map { $0.layer?.overflowChannels } == channels)
        #expect(groups.filter(\.isOneDNNs).count == channels.count)
    }

    /// Wide channels are computed on their inputs with the padding around them, which would take gigabytes here.
    @Test func paddingBeyondMeasureIsNotOneDNNs() {
        let window = Window(height: 3, width: 3, stride: 30_000, padding: Padding(40_000))
        let grid = QuantizationGrid.unsigned(2.0 / 255, 117)
        let example = QuantizedCase("far padding", [1, 20, 5, 5]) { network, random in
            let rounded = try network.append(.unary(.quantize(grid)), 0)
            let layer = random.quantizedConvolution(
                20, 24, window, perChannel: false, zeroPoint: 70, overflowChannels: 3...3)
            return [try network.append(.unary(.quantize(grid)), try network.append(layer, rounded))]
        }
        #expect(Self.oneDNNs(example.network).groups[2] == nil)
    }

    @Test func residualsAreAddedByConvolutions() throws {
        let network = QuantizedCase.graphs[0].network
        let layers = Self.oneDNNs(network)
        let adding = try #require(layers.groups.values.first { $0.residual != nil })
        #expect(network.outputs == [adding.result] && adding.activation == .relu)
        #expect(QuantizedCase.graphs[2].name == "a sum that isn't rounded")
        let unrounded = QuantizedCase.graphs[2].network
        #expect(Self.oneDNNs(unrounded).absorbed.isEmpty)
    }

    @Test("bytes are moved as bytes", arguments: QuantizedCase.moved)
    func moved(_ example: QuantizedCase) {
        let layers = Self.oneDNNs(example.network)
        for (id, node) in example.network.nodes.enumerated() where !node.operation.isInput {
            #expect(layers.groups[id] != nil || layers.absorbed.contains(id), "\(example.name): '\(node.name)'")
        }
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

    private static func oneDNNs(_ network: Network) -> CPUQuantizedLayers {
        CPUQuantizedLayers(network, LayerFusion(network), oneDNN: true, xnnpack: false)
    }

    /// Every number within one step of its grid, and nearly all the same.
    private func check(_ example: QuantizedCase, _ engine: EngineUnderTest) throws {
        let name = "\(example.name), \(engine.name)"
        var expected = example.network.makeOutputs()
        try ReferenceEngine().compile(example.network).makeContext().run(example.inputs, into: &expected)
        var outputs = expected.map { Tensor($0.shape, [Float](repeating: .nan, count: $0.shape.count)) }
        let context = try engine.make().compile(example.network).makeContext()
        let isOneDNNs = OneDNNUnit.multipliesBytes && engine.name == "CPU, 1 thread"
        let hasXNNPACK = !isOneDNNs && !engine.name.hasPrefix("oneDNN,")
        // XNNPACK rounds what is to be added to a residual, too, in steps that may be a few times the sum's.
        let roundsTwice = hasXNNPACK && ["a residual", "two grids"].contains { example.name.contains($0) }
        for _ in 0..<2 {
            try context.run(example.inputs, into: &outputs)
            for (position, grid) in example.grids.enumerated() {
                guard let grid else {
                    let error = outputs[position].relativeError(to: expected[position])
                    // A number half-way that another layer reads is a step in what that gives.
                    #expect(error < (hasXNNPACK ? 1e-3 : 1e-5), "\(name): \(error)")
                    continue
                }
                let steps = zip(outputs[position].values, expected[position].values).map { abs($0 - $1) / grid.scale }
                let different = steps.filter { !($0 < 0.5) }.count
                #expect(steps.allSatisfy { $0 < (roundsTwice ? 2.5 : 1.5) }, "\(name): \(steps.max() ?? 0) steps")
                let isNearlySame = roundsTwice || different <= max(steps.count / 500, 1)
                #expect(isNearlySame, "\(name): \(different) of \(steps.count) differ")
                // Neither all zeros nor all at the ends.
                #expect(Set(expected[position].values).count > 8, "\(example.name) tells nothing")
            }
        }
    }
}
