// How networks are run: an engine compiles a network once a device; each lane runs its own context of it.

/// Something that turns networks into code for one kind of unit.
public protocol Engine: Sendable {
    /// Name and version, as reports print it.
    var name: String { get }

    /// Prepares a network: chooses layouts and algorithms, reorders and uploads weights.
    ///
    /// Call it on a thread bound to the device's CPUs: libraries start their worker threads here.
    /// - Throws: `NetworkError` for a node that the engine cannot run, or the engine's own error.
    func compile(_ network: Network) throws -> any CompiledNetwork
}

/// A network ready to run, with the weights that all lanes of a device share.
public protocol CompiledNetwork: Sendable {
    /// A lane's own state: activations, queues. Call it on the thread that will run it, or on one bound to the same
    /// CPUs.
    func makeContext() throws -> any ExecutionContext

    /// Whether its ways to compute are usual ones, which weren't measured yet, and are to be while frames run.
    var isToBeTuned: Bool { get }
}

extension CompiledNetwork {
    public var isToBeTuned: Bool { false }
}

/// Runs a compiled network, one run at a time, on one thread at a time.
public protocol ExecutionContext: AnyObject {
    /// Runs the network once.
    /// - Parameters:
    ///   - inputs: one for each input node, in `Network.inputs` order and of its kind.
    ///   - outputs: one tensor for each of `Network.outputs`, of its shape; overwritten.
    func run(_ inputs: [NetworkInput], into outputs: inout [Tensor]) throws

    /// Runs the network once and times each node, in the order in which they ran. A node fused into another has no
    /// row of its own.
    func profile(_ inputs: [NetworkInput]) throws -> [NodeTiming]

    /// Whether its unit failed in a way that this context may never recover from: then another compilation, on the
    /// same thread, starts afresh.
    var isLost: Bool { get }
}

extension ExecutionContext {
    public var isLost: Bool { false }
}

/// What is fed to one input node.
public enum NetworkInput: Sendable {
    /// For an `image` node: as many frames as its batch, of any sizes.
    case images([Image])
    /// For a `tensor` node, of its shape.
    case tensor(Tensor)
}

/// How long a node of a network took.
public struct NodeTiming: Sendable {
    public let node: Network.NodeID
    /// A second layer with weights that ran in the same primitive.
    public let partner: Network.NodeID?
    public let nanoseconds: Int

    public init(node: Network.NodeID, partner: Network.NodeID? = nil, nanoseconds: Int) {
        (self.node, self.partner, self.nanoseconds) = (node, partner, nanoseconds)
    }
}

extension Network {
    /// Zeroed tensors of the outputs' shapes, to hand to `ExecutionContext.run`.
    public func makeOutputs() -> [Tensor] { outputs.map { Tensor(zeros: nodes[$0].shape) } }
}

extension Duration {
    /// Whole nanoseconds, as timings are kept.
    package var nanoseconds: Int {
        Int(components.seconds) * 1_000_000_000 + Int(components.attoseconds / 1_000_000_000)
    }
}
