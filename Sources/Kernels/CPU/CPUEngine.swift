// The CPU engine on oneDNN: compiles networks to its primitives. A value, shared by any threads.
import COneDNN

/// Runs networks on CPU cores with oneDNN (https://github.com/oneapi-src/oneDNN), in FP32 or BF16.
///
/// Layouts are kept between layers, activations and residual additions run inside convolutions, and concatenation
/// costs nothing where layouts and a batch of one allow it. Compiling times the ways that oneDNN can compute the
/// convolutions and takes the fastest on the CPU that it runs on; results differ between them in the last bits.
public struct CPUEngine: Engine {
    /// Threads of each context, its caller's included.
    public let threads: Int
    public let precision: Precision
    private let tuning: LayerTuning

    /// - Parameters:
    ///   - threads: no more than the CPUs that its lane may use: with more, oneDNN's threads wait for each other.
    ///   - precision: BF16 needs a CPU with instructions for it (`supports`). There, layers whose fastest way is FP32
    ///     (Winograd's algorithm) are computed in FP32.
    public init(threads: Int, precision: Precision = .fp32) {
        self.init(threads: threads, precision: precision, tuning: .measured)
    }

    /// An engine that computes layers with weights in one way only.
    package init(threads: Int, precision: Precision = .fp32, tuning: LayerTuning) {
        precondition(threads > 0, "an engine needs a thread")
        (self.threads, self.precision, self.tuning) = (threads, precision, tuning)
    }

    /// Whether this CPU computes in a precision; emulated BF16 would be slower than FP32.
    public static func supports(_ precision: Precision) -> Bool {
        let needed = dnnl_cpu_isa_avx512_core_bf16.rawValue
        return precision == .fp32 || dnnl_get_effective_cpu_isa().rawValue & needed == needed
    }

    public var name: String {
        guard let version = dnnl_version()?.pointee else { return "oneDNN" }
        return "oneDNN \(version.major).\(version.minor).\(version.patch)"
    }

    /// - Throws: `OneDNNError` naming the node that oneDNN could not compile, or no node where the CPU lacks the
    ///   precision.
    public func compile(_ network: Network) throws -> any CompiledNetwork {
        guard Self.supports(precision) else {
            throw OneDNNError(
                node: nil, call: precision.rawValue, status: Int32(bitPattern: dnnl_unimplemented.rawValue),
                reason: "this CPU has no instructions for it")
        }
        useThreads()
        let unit = try OneDNNUnit()
        var plan = try CPUPlanner.plan(network, unit, tuning, precision)
        if tuning == .measured, plan.differsFromLibrary {
            plan = try faster(plan, try CPUPlanner.plan(network, unit, .library, precision), network, unit)
        }
        return CPUNetwork(network: network, unit: unit, plan: plan, engine: self)
    }

    /// Runs two plans in turn and takes the one with the shortest run.
    private func faster(
        _ first: CPUPlan, _ second: CPUPlan, _ network: Network, _ unit: OneDNNUnit
    ) throws -> CPUPlan {
        let contexts = [try CPUContext(network, unit, first), try CPUContext(network, unit, second)]
        var shortest = [Int.max, Int.max]
        let clock = ContinuousClock()
        for _ in 0..<4 {
            for (index, context) in contexts.enumerated() {
                let start = clock.now
                try context.runSteps()
                shortest[index] = min(shortest[index], (clock.now - start).nanoseconds)
            }
        }
        return shortest[0] <= shortest[1] ? first : second
    }

    /// Sets how many threads oneDNN uses when called from this thread. The number is each thread's own; primitives are
    /// cut for the number at compile time, so all threads that use a network must set the same.
    func useThreads() { omp_set_num_threads(Int32(threads)) }
}

/// A plan, its weights and primitives.
private struct CPUNetwork: CompiledNetwork {
    let network: Network
    let unit: OneDNNUnit
    let plan: CPUPlan
    let engine: CPUEngine

    /// - Throws: `OneDNNError` if oneDNN has no memory left.
    func makeContext() throws -> any ExecutionContext {
        engine.useThreads()
        return try CPUContext(network, unit, plan)
    }
}
