// A network and what an engine makes of it. Owned by the device; lanes and the thread that tunes ask for it.

import Kernels
import Synchronization

/// What is compiled when it is first asked for, again where that is lost, and in better ways where those are found.
final class Compilation: Sendable {
    struct Made {
        let compiled: any CompiledNetwork
        /// How many were made before.
        let generation: Int
    }

    let network: Network
    let engine: any Engine
    private let made = Mutex<Made?>(nil)

    init(_ network: Network, _ engine: any Engine) { (self.network, self.engine) = (network, engine) }

    /// The latest, compiled on the calling thread if there is none, which must be bound to the device's CPUs.
    /// - Parameter lost: a generation that isn't good any more.
    func current(after lost: Int? = nil) throws -> Made {
        try made.withLock { made in
            if let made, made.generation != lost { return made }
            let fresh = Made(compiled: try engine.compile(network), generation: (made?.generation ?? -1) + 1)
            made = fresh
            return fresh
        }
    }

    /// A context of the latest. Where none can be made of that, it may have been lost as well, so that one of another
    /// compilation is tried.
    /// - Parameter lost: a generation that isn't good any more.
    func makeContext(after lost: Int? = nil) throws -> (context: any ExecutionContext, generation: Int) {
        let made = try current(after: lost)
        if let context = try? made.compiled.makeContext() { return (context, made.generation) }
        let anew = try current(after: made.generation)
        return (try anew.compiled.makeContext(), anew.generation)
    }

    /// Puts a better one in the place of the latest.
    func replace(with compiled: any CompiledNetwork) -> Made {
        made.withLock { made in
            let fresh = Made(compiled: compiled, generation: (made?.generation ?? -1) + 1)
            made = fresh
            return fresh
        }
    }
}
