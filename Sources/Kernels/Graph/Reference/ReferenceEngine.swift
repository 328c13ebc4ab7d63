// The plain Swift engine: what every other engine is compared with. Loops that are obviously right, sums in Double.
// Shared by any threads; a context belongs to the thread that runs it.

/// Runs networks with plain loops that accumulate in double precision. For checking other engines, not for speed.
public struct ReferenceEngine: Engine {
    public init() {}

    public var name: String { "reference" }

    public func compile(_ network: Network) -> any CompiledNetwork { ReferenceNetwork(network: network) }
}

/// Nothing to prepare: the network itself.
private struct ReferenceNetwork: CompiledNetwork {
    let network: Network

    func makeContext() -> any ExecutionContext { ReferenceContext(network) }
}

private final class ReferenceContext: ExecutionContext {
    private let network: Network

    init(_ network: Network) { self.network = network }

    func run(_ inputs: [NetworkInput], into outputs: inout [Tensor]) throws {
        try network.check(outputs: outputs)
        var values: [Tensor] = []
        _ = try evaluate(inputs, &values)
        for (position, id) in network.outputs.enumerated() { outputs[position] = values[id] }
    }

    func profile(_ inputs: [NetworkInput]) throws -> [NodeTiming] {
        var values: [Tensor] = []
        return try evaluate(inputs, &values)
    }

    /// Computes every node's value, in order.
    private func evaluate(_ inputs: [NetworkInput], _ values: inout [Tensor]) throws -> [NodeTiming] {
        try network.check(inputs)
        values.reserveCapacity(network.nodes.count)
        var timings: [NodeTiming] = []
        var given = inputs.makeIterator()
        let clock = ContinuousClock()
        for (id, node) in network.nodes.enumerated() {
            let start = clock.now
            if node.operation.isInput, let input = given.next() {
                values.append(Reference.input(node, input))
            } else {
                values.append(Reference.apply(node.operation, node.inputs.map { values[$0] }, node.shape))
            }
            timings.append(NodeTiming(node: id, nanoseconds: (clock.now - start).nanoseconds))
        }
        return timings
    }
}
