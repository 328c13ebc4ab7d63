// Which layers XNNPACK computes with integers, on which bytes; trained networks in it.
import Testing

@testable import CPUKernels
@testable import NetworkGraph

@Suite("XNNPACK on bytes", .enabled(if: XNNPACK.initialization == nil, "XNNPACK doesn't know this CPU"))
struct XNNPACKQuantizedTests {
    private func layers(_ network: Network) -> CPUQuantizedLayers {
        CPUQuantizedLayers(network, LayerFusion(network), oneDNN: false, xnnpack: true)
    }

    private func layers(_ network: Network, areSigned: Bool) -> CPUQuantizedLayers {
        CPUQuantizedLayers(
            network, LayerFusion(network),
            by: CPUQuantizedKernels(areSigned: areSigned, oneDNN: false, xnnpack: true))
    }

    @Test("weights with a scale for each channel make bytes signed, those around 100 unsigned")
    func signs() throws {
        for example in QuantizedCase.layers where example.name.hasPrefix("3×3, ") {
            #expect(layers(example.network).kernels.areSigned)
            #expect(layers(example.network).groups[2]?.layer?.xnnpack != nil)
            #expect(layers(example.network, areSigned: false).groups[2] == nil)
        }
        let unsigned = try #require(QuantizedCase.layers.first { $0.name.contains("around 100") })
        #expect(!layers(unsigned.network).kernels.areSigned)
        #expect(layers(unsigned.network).groups[2]?.layer?.xnnpack?.kernelZeroPoint == 100)
        #expect(layers(unsigned.network, areSigned: true).groups[2] == nil)
    }

    @Test("results that aren't rounded are left to others")
    func floats() {
        for example in QuantizedCase.layers where example.name.contains("to floats") {
            #expect(layers(example.network).groups.isEmpty)
        }
    }

    @Test("what XNNPACK's scales can't say is left to others")
    func limits() throws {
        let point = Window(height: 1, width: 1)
        func made(
            scale: Float, weight: Float = 100, bias: Float = 0, _ output: QuantizationGrid = .signed(1),
            _ activation: Activation = .identity
        ) -> XNNPACKQuantizedConvolution? {
            let layer = Convolution(
                weights: Tensor([1, 1, 1, 1], [weight * scale]), bias: [bias], window: point,
                weightGrid: WeightGrid(scales: [scale], zeroPoints: [0], isSigned: true))
            return XNNPACKQuantizedConvolution(layer, .signed(1), output, activation)
        }
        #expect(made(scale: 1) != nil && made(scale: 1, weight: -127) != nil)
        #expect(made(scale: 256) == nil && made(scale: .leastNonzeroMagnitude) == nil)
        #expect(made(scale: 1, weight: -128) == nil)
        // As large as TFLite makes those of channels with hardly any weights.
        #expect(made(scale: 1, bias: 0x1p30 + 128) != nil)
        #expect(made(scale: 1, bias: 0x1p31) == nil && made(scale: 1, bias: .nan) == nil)
        #expect(made(scale: 1, .signed(1), .clip(low: 200, high: 300)) == nil)
        #expect(made(scale: 1, .signed(1), .relu)?.bounds == 0...127)
        #expect(made(scale: 1, .signed(2, -100), .clip(low: 0, high: 6))?.bounds == -100 ... -97)
        #expect(XNNPACKQuantizedAddition(.signed(1), .signed(1), .signed(1), .identity, count: 1) != nil)
        #expect(XNNPACKQuantizedAddition(.signed(256), .signed(1), .signed(1), .identity, count: 1) == nil)
        #expect(XNNPACKQuantizedAddition(.signed(1), .signed(1), .signed(1), .relu, count: 1) == nil)
    }

    @Test(
        "trained networks stay within two steps",
        .enabled(if: GoldenRun.folder != nil, "COEXEC_DATA is not set"), arguments: GoldenRun.all)
    func golden(_ run: GoldenRun) throws { try run.check(CPUEngine(threads: 1, library: .xnnpack)) }

    @Test(
        "no float passes between a trained network's layers",
        .enabled(if: GoldenRun.folder != nil, "COEXEC_DATA is not set"), arguments: GoldenRun.all)
    func steps(_ run: GoldenRun) throws {
        guard run.step != nil else { return }
        // A transpose in front of the first layer would make that one's input floats.
        let network = try Network(modelFile: run.model)
        let plan = try CPUPlanner.plan(network, OneDNNUnit(), .always(.xnnpack), .fp32, threads: 1, .off)
        for step in plan.steps {
            guard case .xnnpack(let layer, _) = step.work else { continue }
            if case .convolution = layer { Issue.record("\(network.nodes[step.node].name) is computed with floats") }
            if case .fullyConnected = layer { Issue.record("\(network.nodes[step.node].name) is computed with floats") }
        }
    }
}
