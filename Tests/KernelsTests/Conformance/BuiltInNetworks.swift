// Built-in networks at full size with what the reference makes of two pictures, computed once in a test process.
import Foundation
import Kernels
import Synchronization
import Testing

struct BuiltInNetwork: Sendable, CustomTestStringConvertible {
    let network: Network
    /// Two runs' inputs, and the outputs for each.
    let inputs: [[NetworkInput]]
    let expected: [Tensor]

    var testDescription: String { network.name }

    private init(_ name: String) {
        do {
            network = try NetworkCatalog.make(name)
            var random = SeededValues(seed: 3)
            let shadePixels: [UInt8] = (0..<160 * 90 * 3).map { (place: Int) in UInt8(place / 3 % 160) }
            let shades = try Image(width: 160, height: 90, pixels: shadePixels)
            inputs = [[.images([random.image(width: 320, height: 180)])], [.images([shades])]]
            let context = try ReferenceEngine().compile(network).makeContext()
            var expected: [Tensor] = []
            for input in inputs {
                var outputs = network.makeOutputs()
                try context.run(input, into: &outputs)
                expected.append(outputs[0])
            }
            self.expected = expected
        } catch {
            preconditionFailure("\(name): \(error)")
        }
    }

    /// Seconds each in a release build, minutes in a debug one; made when first asked for.
    static func named(_ name: String) -> BuiltInNetwork {
        made.withLock { made in
            if let known = made[name] { return known }
            let fresh = BuiltInNetwork(name)
            made[name] = fresh
            return fresh
        }
    }

    private static let made = Mutex<[String: BuiltInNetwork]>([:])

    #if DEBUG
        static let areAffordable = false
    #else
        static let areAffordable = true
    #endif
    static let whyNot: Comment = "the reference takes minutes in a debug build; run with -c release"
}

@Suite("Built-in networks at full size", .enabled(if: BuiltInNetwork.areAffordable, BuiltInNetwork.whyNot), .serialized)
struct BuiltInNetworkTests {
    private static let smallNames = ["mobilenet_v1", "squeezenet"]
    /// Under AddressSanitizer the large ones would take most of the time, and have no code of their own.
    static let names =
        ProcessInfo.processInfo.environment["COEXEC_SMALL_NETWORKS"] == nil ? NetworkCatalog.studyNames : smallNames

    @Test("pictures get different, sane probabilities", arguments: names)
    func outputs(_ name: String) {
        let expected = BuiltInNetwork.named(name).expected
        for output in expected {
            #expect(output.values.allSatisfy { $0.isFinite && $0 >= 0 })
            #expect(abs(output.values.reduce(0, +) - 1) < 1e-4)
            // Neither one class takes all, nor do all get the same.
            let largest = output.values.max() ?? 0
            #expect(largest > 0.0015 && largest < 0.9)
        }
        #expect(expected[0].relativeError(to: expected[1]) > 0.01)
    }

    @Test("computes what the reference computes", arguments: EngineUnderTest.runnable, names)
    func matchesReference(_ engine: EngineUnderTest, _ name: String) throws {
        guard Self.smallNames.contains(name) || Self.usualEngines.contains(engine.name) else { return }
        let example = BuiltInNetwork.named(name)
        let context = try engine.make().compile(example.network).makeContext()
        for (inputs, expected) in zip(example.inputs, example.expected) {
            var outputs = example.network.makeOutputs()
            try context.run(inputs, into: &outputs)
            #expect(outputs[0].relativeError(to: expected) <= engine.tolerance)
        }
    }

    /// These run all networks; the others are made of the same parts, and run the small ones.
    private static let usualEngines: Set<String> = [
        "CPU, 1 thread", "CPU, measured, 2 threads", "CPU, Winograd, 4×4, 2 threads", "OpenCL",
    ]

    /// As users make them; the small cases of the conformance suite run on all engines with batches.
    static let defaultEngines = EngineUnderTest.runnable.filter { ["CPU, 1 thread", "OpenCL"].contains($0.name) }

    @Test("a batch of two is two runs", arguments: defaultEngines, names)
    func batch(_ engine: EngineUnderTest, _ name: String) throws {
        let example = BuiltInNetwork.named(name)
        let network = try NetworkCatalog.make(name, batch: 2)
        let images = example.inputs.flatMap { inputs -> [Image] in
            if case .images(let images) = inputs[0] { images } else { [] }
        }
        var outputs = network.makeOutputs()
        try engine.make().compile(network).makeContext().run([.images(images)], into: &outputs)
        let expected = Tensor(outputs[0].shape, example.expected.flatMap(\.values))
        #expect(outputs[0].relativeError(to: expected) <= engine.tolerance)
    }
}
