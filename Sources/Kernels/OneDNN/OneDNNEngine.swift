// The CPU engine on oneDNN: compiles networks to its primitives. A value, shared by any threads.
import COneDNN

/// Runs networks on CPU cores with oneDNN (https://github.com/oneapi-src/oneDNN), in FP32.
///
/// Convolutions choose their layouts and keep them between layers; activations and residual additions run inside
/// convolutions; concatenations of a batch of one cost nothing.
public struct OneDNNEngine: Engine {
    /// Threads of each context, its caller's included.
    public let threads: Int

    /// - Parameter threads: no more than the CPUs that its lane may use: with more, oneDNN's threads wait for each other.
    public init(threads: Int) {
        precondition(threads > 0, "an engine needs a thread")
        self.threads = threads
    }

    public var name: String {
        guard let version = dnnl_version()?.pointee else { return "oneDNN" }
        return "oneDNN \(version.major).\(version.minor).\(version.patch)"
    }

    /// - Throws: `OneDNNError` naming the node that oneDNN could not compile.
    public func compile(_ network: Network) throws -> any CompiledNetwork {
        useThreads()
        let unit = try OneDNNUnit()
        return OneDNNNetwork(network: network, unit: unit, plan: try OneDNNPlanner.plan(network, unit), engine: self)
    }

    /// Sets how many threads oneDNN uses when called from this thread. The number is each thread's own; primitives are
    /// cut for the number at compile time, so all threads that use a network must set the same.
    func useThreads() { omp_set_num_threads(Int32(threads)) }
}

/// A plan, its weights and primitives.
private struct OneDNNNetwork: CompiledNetwork {
    let network: Network
    let unit: OneDNNUnit
    let plan: OneDNNPlan
    let engine: OneDNNEngine

    /// - Throws: `OneDNNError` if oneDNN has no memory left.
    func makeContext() throws -> any ExecutionContext {
        engine.useThreads()
        return try OneDNNContext(network, unit, plan)
    }
}
