// Which engines the conformance suite runs on: one line each.
import Kernels
import Testing

/// An engine that the conformance suite makes, runs and compares with the reference.
struct EngineUnderTest: Sendable, CustomTestStringConvertible {
    let name: String
    /// Why it can't run here, for example "no OpenCL platform"; nil if it can. Any other failure fails the tests.
    let skipReason: String?
    /// Largest distance from the reference, ‖difference‖ ÷ ‖reference‖.
    let tolerance: Double
    /// Of all operations only convolutions and fully connected layers are other code than another engine's here.
    let isOfLayers: Bool
    let make: @Sendable () throws -> any Engine

    init(
        _ name: String, skipReason: String? = nil, tolerance: Double = 1e-4, isOfLayers: Bool = false,
        make: @escaping @Sendable () throws -> any Engine
    ) {
        (self.name, self.skipReason, self.tolerance, self.make) = (name, skipReason, tolerance, make)
        self.isOfLayers = isOfLayers
    }

    /// Whether it has code of its own for some node of a network.
    func isOfInterest(for network: Network) -> Bool {
        !isOfLayers || network.nodes.contains(where: \.operation.hasWeights)
    }

    var testDescription: String { name }

    static let all: [EngineUnderTest] =
        [
            EngineUnderTest("reference") { ReferenceEngine() },
            EngineUnderTest("CPU, 1 thread") { CPUEngine(threads: 1) },
            EngineUnderTest("CPU, measured, 1 thread") { CPUEngine(threads: 1, tuning: measured) },
            EngineUnderTest("CPU, measured, 2 threads") { CPUEngine(threads: 2, tuning: measured) },
            EngineUnderTest("oneDNN, measured, 2 threads") {
                CPUEngine(threads: 2, library: .oneDNN, tuning: measured)
            },
            EngineUnderTest("XNNPACK, 1 thread") { CPUEngine(threads: 1, library: .xnnpack) },
            EngineUnderTest("XNNPACK, 2 threads") { CPUEngine(threads: 2, library: .xnnpack) },
            EngineUnderTest("oneDNN and XNNPACK in turn", isOfLayers: true) { AlternatingEngine(first: .blocked, second: .xnnpack) },
            EngineUnderTest("XNNPACK and oneDNN in turn", isOfLayers: true) { AlternatingEngine(first: .xnnpack, second: .library) },
            EngineUnderTest("oneDNN, its own layouts", isOfLayers: true) { CPUEngine(threads: 1, layers: .always(.library)) },
            EngineUnderTest("oneDNN, blocked", isOfLayers: true) { CPUEngine(threads: 1, layers: .always(.blocked)) },
            EngineUnderTest("oneDNN, fused pairs", isOfLayers: true) { CPUEngine(threads: 1, layers: .always(.fused)) },
            EngineUnderTest("oneDNN, Winograd", isOfLayers: true) { CPUEngine(threads: 1, layers: .always(.winograd)) },
            EngineUnderTest("CPU, Winograd, 2×2", isOfLayers: true) { CPUEngine(threads: 1, layers: .always(.winograd2)) },
            EngineUnderTest("CPU, Winograd, 4×4, 2 threads", isOfLayers: true) { CPUEngine(threads: 2, layers: .always(.winograd4)) },
            EngineUnderTest("Winograd, 4×4, and XNNPACK in turn", isOfLayers: true) {
                AlternatingEngine(first: .winograd4, second: .xnnpack)
            },
        ] + openCL

    /// What computes quantised networks with integers on CPUs: each library, alone and among the other's.
    static let integer = [
        EngineUnderTest("CPU, 1 thread") { CPUEngine(threads: 1) },
        EngineUnderTest("CPU, measured, 1 thread") { CPUEngine(threads: 1, tuning: measured) },
        EngineUnderTest("oneDNN, 1 thread") { CPUEngine(threads: 1, library: .oneDNN) },
        EngineUnderTest("XNNPACK, 1 thread") { CPUEngine(threads: 1, library: .xnnpack) },
        EngineUnderTest("XNNPACK, 2 threads") { CPUEngine(threads: 2, library: .xnnpack) },
        EngineUnderTest("XNNPACK and oneDNN in turn") { AlternatingEngine(first: .xnnpack, second: .library) },
        EngineUnderTest("oneDNN and XNNPACK in turn") { AlternatingEngine(first: .library, second: .xnnpack) },
    ]

    /// Keeps no files.
    private static let measured = Tuning(.remembered, cache: nil)

    static let runnable = all.filter { $0.skipReason == nil }
    static let skipped = all.filter { $0.skipReason != nil }
}

/// Computes layers with weights by two algorithms in turn, so that each meets the other's layouts.
struct AlternatingEngine: Engine {
    let first: LayerAlgorithm
    let second: LayerAlgorithm

    var name: String { "\(first), \(second)" }

    func compile(_ network: Network) throws -> any CompiledNetwork {
        var algorithms = LayerAlgorithms(otherwise: .library)
        for node in network.nodes where node.operation.hasWeights {
            algorithms.byNode[node.name] = algorithms.byNode.count.isMultiple(of: 2) ? first : second
        }
        return try CPUEngine(threads: 1, layers: .given(algorithms)).compile(network)
    }
}

extension Kernels.Operation {
    fileprivate var hasWeights: Bool {
        switch self {
        case .convolution, .fullyConnected: true
        default: false
        }
    }
}
