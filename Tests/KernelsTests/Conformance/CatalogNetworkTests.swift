// The built-in networks beside the study's five, with small pictures: engines agree on all of them.
import Kernels
import Testing

@Suite(
    "Built-in networks with small pictures", .enabled(if: BuiltInNetwork.areAffordable, BuiltInNetwork.whyNot),
    .serialized)
struct CatalogNetworkTests {
    /// Networks that take the reference a second or two.
    static let small = [
        "conv_cifar10_16", "mnasnet", "mobilenet_v2", "nasnet_mobile", "shufflenet_v2", "shufflenet_v2_0.5",
        "squeezenet_1.1",
    ]
    static let others = NetworkCatalog.names.filter { !NetworkCatalog.studyNames.contains($0) }

    @Test("computes what the reference computes", arguments: small)
    func matchesReference(_ name: String) throws {
        let network = try Self.network(name)
        let expected = try Self.output(of: network, ReferenceEngine())
        let output = try Self.output(of: network, CPUEngine(threads: 1))
        #expect(output.relativeError(to: expected) < 1e-4)
    }

    /// Engines that have no code in common.
    static let engines = EngineUnderTest.runnable.filter { ["XNNPACK, 1 thread", "OpenCL"].contains($0.name) }

    @Test("engines agree", arguments: others)
    func enginesAgree(_ name: String) throws {
        let network = try Self.network(name)
        let expected = try Self.output(of: network, CPUEngine(threads: 1, library: .oneDNN))
        #expect(expected.values.allSatisfy { $0.isFinite && $0 >= 0 })
        #expect(abs(expected.values.reduce(0, +) - 1) < 1e-4)
        for engine in Self.engines {
            let clock = ContinuousClock.now
            let output = try Self.output(of: network, engine.make())
            print("AGREE", name, engine.name, output.relativeError(to: expected), ContinuousClock.now - clock)
            #expect(output.relativeError(to: expected) <= engine.tolerance, "\(engine)")
        }
    }

    private static func network(_ name: String) throws -> Network {
        try NetworkCatalog.make(name, side: name.hasPrefix("conv") ? nil : 96)
    }

    private static func output(of network: Network, _ engine: any Engine) throws -> Tensor {
        var random = SeededValues(seed: 3)
        var outputs = network.makeOutputs()
        try engine.compile(network).makeContext()
            .run([.images([random.image(width: 160, height: 90)])], into: &outputs)
        return outputs[0]
    }
}
