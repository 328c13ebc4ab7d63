// Winograd's algorithm against the reference, with every kind of device's traits: the conformance suite's small layers
// seldom take it.
import Testing

@testable import CPUKernels
@testable import NetworkGraph
@testable import OpenCLKernels

@Suite("OpenCL Winograd", .enabled(if: OpenCLUnderTest.skipReason == nil, "needs an OpenCL device"))
struct OpenCLWinogradTests {
    private static let kinds: [(name: String, traits: OpenCLTraits)] = [
        ("AVX-512", .cpu(16, 1)), ("AVX2", .cpu(8, 1)), ("NEON or SSE", .cpu(4, 1)), ("GPU", .gpu(2)),
    ]

    private static func convolution(
        _ inputs: Int, _ outputs: Int, _ padding: Padding = Padding(1), _ activation: Activation = .identity
    ) -> Operation {
        var random = SeededValues(seed: 5)
        return random.convolution(inputs, outputs, Window(height: 3, width: 3, padding: padding), activation)
    }

    private func check(_ network: Network, _ traits: OpenCLTraits, _ comment: Comment) throws {
        let plan = OpenCLPlan(network, traits)
        #expect(plan.steps.contains { $0.kernel == "transform_input" }, "\(comment): taken the direct configuration")
        let inputs: [NetworkInput] = network.inputs.map {
            var random = SeededValues(seed: 3)
            return .tensor(random.tensor(network.nodes[$0].shape))
        }
        var expected = network.makeOutputs()
        try ReferenceEngine().compile(network).makeContext().run(inputs, into: &expected)
        var outputs = network.makeOutputs()
        try OpenCLUnderTest.engine(traits).compile(network).makeContext().run(inputs, into: &outputs)
        for (output, wanted) in zip(outputs, expected) {
            #expect(output.relativeError(to: wanted) < 1e-5, comment)
        }
    }

    @Test func sizesThatFillTilesAndThatDont() throws {
        for (name, traits) in Self.kinds {
            for (batch, height, width) in [(1, 12, 12), (2, 13, 15), (1, 16, 9)] {
                var network = Network(name: "sizes")
                let input = try network.append(.tensor([batch, 65, height, width]))
                network.setOutputs(try network.append(Self.convolution(65, 83, Padding(1), .relu), input))
                try check(network, traits, "\(name), batch \(batch), \(height)×\(width)")
            }
        }
    }

    @Test func eachSideHasItsOwnPadding() throws {
        for (name, traits) in Self.kinds {
            for padding in [Padding.none, Padding(top: 2, left: 0, bottom: 1, right: 3)] {
                var network = Network(name: "padding")
                let input = try network.append(.tensor([1, 64, 14, 14]))
                network.setOutputs(try network.append(Self.convolution(64, 64, padding), input))
                try check(network, traits, "\(name), \(padding)")
            }
        }
    }

    @Test func sumsAndJoinsAreWrittenInPlace() throws {
        for (name, traits) in Self.kinds {
            var network = Network(name: "block")
            let input = try network.append(.tensor([1, 64, 13, 13]))
            let a = try network.append(Self.convolution(64, 64), input)
            let sum = try network.append(.addition(.clip(low: -2, high: 3)), input, a)
            let b = try network.append(Self.convolution(64, 67), sum)
            network.setOutputs(try network.append(.concatenation(), sum, b))
            try check(network, traits, "\(name)")
        }
    }
}
