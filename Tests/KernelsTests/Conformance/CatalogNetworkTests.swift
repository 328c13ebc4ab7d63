// The built-in networks beside the study's five, with small pictures: engines agree on all of them. One or two of each
// family do in the short form; COEXEC_LONG_TESTS=1 asks for all.
import Foundation
import Kernels
import Testing

enum CatalogNetworks {
    private static let isLong = ProcessInfo.processInfo.environment["COEXEC_LONG_TESTS"] != nil

    static let names: [String] =
        isLong
        ? NetworkCatalog.names.filter { !NetworkCatalog.studyNames.contains($0) }
        : [
            "conv_cifar10_16", "conv_mnist_16", "densenet121", "inception_v3", "mnasnet", "mobilenet_v2",
            "nasnet_mobile", "resnet18", "shufflenet_v2", "squeezenet_1.1", "vgg11", "xception",
        ]

    /// With pictures of this side, but for those networks that have small ones anyway.
    static func make(_ name: String, side: Int) throws -> Network {
        try NetworkCatalog.make(name, side: name.hasPrefix("conv") ? nil : side)
    }
}

@Suite(
    "Built-in networks with small pictures", .enabled(if: BuiltInNetwork.areAffordable, BuiltInNetwork.whyNot),
    .serialized)
struct CatalogNetworkTests {
    /// Networks that take the reference less than a second.
    static let small = [
        "conv_cifar10_16", "conv_mnist_16", "mnasnet", "mobilenet_v2", "nasnet_mobile", "shufflenet_v2",
        "squeezenet_1.1",
    ]

    @Test("computes what the reference computes", arguments: small)
    func matchesReference(_ name: String) throws {
        let network = try CatalogNetworks.make(name, side: 96)
        let expected = try output(of: network, ReferenceEngine())
        let output = try output(of: network, CPUEngine(threads: 1))
        #expect(output.relativeError(to: expected) < 1e-4)
    }

    /// Beside oneDNN: engines that have no kernels in common with it.
    static let engines = EngineUnderTest.runnable.filter { ["XNNPACK, 1 thread", "OpenCL"].contains($0.name) }

    @Test("engines agree", arguments: CatalogNetworks.names)
    func enginesAgree(_ name: String) throws {
        let network = try CatalogNetworks.make(name, side: 96)
        let expected = try output(of: network, CPUEngine(threads: 1, library: .oneDNN))
        #expect(expected.values.allSatisfy { $0.isFinite && $0 >= 0 })
        #expect(abs(expected.values.reduce(0, +) - 1) < 1e-4)
        for engine in Self.engines {
            let output = try output(of: network, engine.make())
            #expect(output.relativeError(to: expected) <= engine.tolerance, "\(engine)")
        }
    }

    private func output(of network: Network, _ engine: any Engine) throws -> Tensor {
        var random = SeededValues(seed: 3)
        var outputs = network.makeOutputs()
        try engine.compile(network).makeContext()
            .run([.images([random.image(width: 160, height: 90)])], into: &outputs)
        return outputs[0]
    }
}
