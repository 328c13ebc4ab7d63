// The CPU engine: compiles networks for oneDNN and XNNPACK. A value, shared by any threads.
import COneDNN
import EnginePlanning
import NetworkGraph
import Synchronization

/// Runs networks on CPU cores with oneDNN (https://github.com/oneapi-src/oneDNN), in FP32 or BF16, and with XNNPACK
/// (https://github.com/google/XNNPACK), in FP32 or 8 bits.
///
/// Layers of quantised networks (those whose weights and inputs lie on grids) are computed with integers: by oneDNN on
/// CPUs that add up products of bytes exactly (AVX-512 or AVX2 with VNNI), where weights minus their zero point fit in
/// signed bytes, but for a few channels; by XNNPACK on any CPU, where results lie on grids, too. What neither takes is
/// computed with floats on the same grids.
///
/// Layouts are kept between layers, activations run inside of convolutions, and concatenation costs nothing where
/// layouts allow it. The algorithms for a network's layers are timed on the CPU that compiles, and the fastest are
/// taken; results differ between them in the last bits.
public struct CPUEngine: Engine {
    /// Whose kernels compute.
    public enum Library: String, Sendable, CaseIterable {
        /// The one that is the faster for each layer, or, without measuring, for this kind of CPU: oneDNN on x86,
        /// XNNPACK on Arm.
        case fastest
        /// XNNPACK's not at all.
        case oneDNN = "onednn"
        /// oneDNN's only for what XNNPACK lacks.
        case xnnpack
    }

    /// Threads of each context, its caller's included.
    public let threads: Int
    public let precision: Precision
    public let library: Library
    private var tuning: Tuning
    private let processor: String
    /// Nil for what `library` and `tuning` say.
    private let layers: AlgorithmSelection?

    /// - Parameters:
    ///   - threads: one at least, and no more than the CPUs that its lane may use: with more, threads wait for each
    ///     other.
    ///   - precision: BF16 needs a CPU with instructions for it (`supports`). There, layers whose fastest algorithm is FP32
    ///     (Winograd's algorithm) are computed in FP32.
    ///   - tuning: whether algorithms are timed, and remembered. Timing takes seconds a network.
    ///   - processor: tells the CPUs that compute from others, for what is remembered.
    public init(
        threads: Int, precision: Precision = .fp32, library: Library = .fastest, tuning: Tuning = .off,
        processor: String = ""
    ) {
        (self.threads, self.precision, self.library) = (threads, precision, library)
        (self.tuning, self.processor, layers) = (tuning, processor, nil)
    }

    /// An engine that computes layers by given algorithms, or measures them without remembering.
    package init(threads: Int, precision: Precision = .fp32, layers: AlgorithmSelection) {
        precondition(threads > 0, "an engine needs a thread")
        (self.threads, self.precision, self.library, self.layers) = (threads, precision, .fastest, layers)
        (tuning, processor) = (.off, "")
    }

    /// Whether this CPU computes in a precision; emulated BF16 would be slower than FP32, and FP16 is a GPU's.
    public static func supports(_ precision: Precision) -> Bool {
        let needed = dnnl_cpu_isa_avx512_core_bf16.rawValue
        return switch precision {
        case .fp32: true
        case .bf16: dnnl_get_effective_cpu_isa().rawValue & needed == needed
        case .fp16: false
        }
    }

    public var name: String {
        let version = dnnl_version()!.pointee
        let oneDNN = "oneDNN \(version.major).\(version.minor).\(version.patch)"
        return switch library {
        case .fastest: precision == .fp32 ? "\(oneDNN), \(XNNPACK.name)" : oneDNN
        case .oneDNN: oneDNN
        case .xnnpack: XNNPACK.name
        }
    }

    /// - Throws: `CPULibraryError` naming the node that could not be compiled, or no node where there is no thread, or
    ///   the CPU lacks the precision or the library.
    public func compile(_ network: Network) throws -> any CompiledNetwork {
        // One at a time, so that none disturbs another's timing.
        try compiling.withLock { _ in try made(network, CPUConstants()) }
    }

    private func made(_ network: Network, _ constants: CPUConstants) throws -> CPUNetwork {
        guard threads > 0 else { throw refusal("oneDNN", "an engine of \(threads) threads") }
        guard Self.supports(precision) else { throw refusal("oneDNN", "this CPU has no instructions for it") }
        if library == .xnnpack {
            guard precision == .fp32 else { throw refusal("XNNPACK", "it computes in fp32 only") }
            if let problem = XNNPACK.initialization { throw problem }
        }
        let unit = try OneDNNUnit()
        let (plan, isToBeTuned): (CPUPlan, Bool)
        if let layers {
            (plan, isToBeTuned) = (try makePlan(network, unit, layers, constants), false)
        } else {
            (plan, isToBeTuned) = try fastestPlan(network, unit, constants)
        }
        return CPUNetwork(
            network: network, unit: unit, plan: plan, constants: constants, threads: threads, isToBeTuned: isToBeTuned)
    }

    /// Of what the engine was made with.
    private func refusal(_ library: String, _ reason: String) -> CPULibraryError {
        CPULibraryError(
            library: library, node: nil, call: precision.rawValue,
            status: Int32(bitPattern: dnnl_unimplemented.rawValue), reason: reason, isUnimplemented: true)
    }

    private func makePlan(
        _ network: Network, _ unit: OneDNNUnit, _ layers: AlgorithmSelection, _ constants: CPUConstants,
        begun: LayerAlgorithms? = nil
    ) throws -> CPUPlan {
        // Where XNNPACK has most of the work, oneDNN's threads would only wait on the CPUs of XNNPACK's.
        try CPUPlanner.plan(
            network, unit, layers, precision, threads: layers.prefersXNNPACK ? 1 : threads, tuning, begun: begun,
            sharing: constants)
    }

    /// The plan for the algorithms that are remembered or measured, or for the usual ones, and whether those are to be
    /// measured yet.
    private func fastestPlan(
        _ network: Network, _ unit: OneDNNUnit, _ constants: CPUConstants
    ) throws -> (CPUPlan, isToBeTuned: Bool) {
        if library == .xnnpack { return (try makePlan(network, unit, .always(.xnnpack), constants), false) }
        var measured: CPUPlan?
        let algorithms = try tuning.choice(for: key(network)) {
            measured = try measuredPlan(network, unit, constants)
            return measured?.algorithms
        }
        if let measured { return (measured, false) }
        let usual = try makePlan(
            network, unit, .given(algorithms ?? LayerAlgorithms(otherwise: usualAlgorithm(network))), constants)
        return (usual, algorithms == nil && tuning.mode == .whileRunning)
    }

    private func key(_ network: Network) -> TuningKey {
        TuningKey(
            "layers",
            [
                // What was the fastest of fewer ways is measured anew.
                "algorithms": LayerAlgorithm.allCases.map(\.rawValue).joined(separator: " "),
                "engine": name, "network": network.structureDigest, "precision": precision.rawValue,
                "processor": processor, "threads": "\(threads)",
            ])
    }

    /// Without measuring.
    private func usualAlgorithm(_ network: Network) -> LayerAlgorithm {
        if mayUseXNNPACK {
            let quantized = CPUQuantizedLayers(
                network, LayerFusion(network), oneDNN: OneDNNUnit.multipliesBytes, xnnpack: true)
            if quantized.needXNNPACK { return .xnnpack }
        }
        #if arch(arm64)
            return mayUseXNNPACK ? .xnnpack : .library
        #else
            return .blocked
        #endif
    }

    private var mayUseXNNPACK: Bool { library == .fastest && precision == .fp32 && XNNPACK.initialization == nil }

    /// Times the algorithms of each layer. Layer by layer the fastest isn't always the fastest network, so whole plans
    /// are timed against each other, too.
    /// - Returns: nil if interrupted.
    /// - Throws: `UnfinishedMeasurement` if broken off in turn with frames.
    private func measuredPlan(
        _ network: Network, _ unit: OneDNNUnit, _ constants: CPUConstants
    ) throws -> CPUPlan? {
        // In one plan, two libraries' threads would take turns on the same CPUs.
        var candidates = [
            AlgorithmSelection.measured(mixesLibraries: threads == 1 && mayUseXNNPACK), .always(.library),
        ]
        if mayUseXNNPACK { candidates.append(.always(.xnnpack)) }
        var fastest: (plan: CPUPlan, nanoseconds: Int)?
        var found = tuning.begun(for: key(network), as: LayerAlgorithms.self)
        for candidate in candidates {
            let plan = try makePlan(network, unit, candidate, constants, begun: found)
            if case .measured = candidate { found = plan.algorithms }
            let time = try nanoseconds(plan, network, unit, limit: fastest?.nanoseconds ?? .max)
            guard !tuning.isInterrupted() else {
                if let found, tuning.turns != nil { throw UnfinishedMeasurement(found: found) }
                return nil
            }
            if time < fastest?.nanoseconds ?? .max { fastest = (plan, time) }
        }
        return fastest?.plan
    }

    /// Shortest of a few runs of a plan.
    /// - Parameter limit: a plan that takes twice as long isn't timed a second time.
    private func nanoseconds(_ plan: CPUPlan, _ network: Network, _ unit: OneDNNUnit, limit: Int) throws -> Int {
        let context = try CPUContext(network, unit, plan, threads: threads)
        return try CPUTimer(tuning, threads: threads).shortest(evicting: false, limit: limit, context.runSteps)
    }
}

extension CPUEngine: MeasuringEngine {
    /// Not one at a time with others: those mustn't wait for as long as frames hold this one up.
    package func compile(
        _ network: Network, insteadOf running: any CompiledNetwork, measuringIn turns: any MeasuringTurns
    ) throws -> (any CompiledNetwork)? {
        var engine = self
        engine.tuning = tuning.measuring(in: turns)
        do {
            return try engine.made(network, (running as? CPUNetwork)?.constants ?? CPUConstants())
        } catch let unfinished as UnfinishedMeasurement {
            if !unfinished.found.byNode.isEmpty {
                engine.tuning.keep(begun: unfinished.found, for: key(network))
            }
            return nil
        }
    }
}

private let compiling = Mutex<Void>(())

/// Sets how many threads oneDNN uses when called from this thread. The number is each thread's own.
func setOneDNNThreads(_ threads: Int) { omp_set_num_threads(Int32(threads)) }

/// A plan, its weights and primitives.
private struct CPUNetwork: CompiledNetwork {
    let network: Network
    let unit: OneDNNUnit
    let plan: CPUPlan
    let constants: CPUConstants
    let threads: Int
    let isToBeTuned: Bool

    /// - Throws: `CPULibraryError` if a library has no memory left.
    func makeContext() throws -> any ExecutionContext { try CPUContext(network, unit, plan, threads: threads) }
}
