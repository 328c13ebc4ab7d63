// A network: nodes in an order in which they can run, with inferred shapes. Built by appending; checked as it grows.

/// A directed acyclic graph of operations with inferred shapes and weights.
///
/// A value is named by the node that makes it, so node ids double as tensor names. Nodes stand in an order in which
/// they can run. Engines read a network and never change it; weights are shared copy-on-write.
public struct Network: Sendable {
    public typealias NodeID = Int

    public struct Node: Sendable {
        /// Unique in its network; what errors and tables call it.
        public let name: String
        public let operation: Operation
        public let inputs: [NodeID]
        /// Shape of its one output.
        public let shape: Shape
    }

    public let name: String
    public private(set) var nodes: [Node] = []
    /// Input nodes, in the order in which a run takes them.
    public private(set) var inputs: [NodeID] = []
    /// Nodes whose values a run returns, in order.
    public private(set) var outputs: [NodeID] = []
    /// Files besides its model's that weights were read from.
    public package(set) var weightFiles: [String] = []
    private var names: Set<String> = []

    public init(name: String) { self.name = name }

    /// Appends a node and infers its shape.
    /// - Parameter name: defaults to the operation's name and the node's number.
    /// - Throws: `NetworkError` naming the node when the operation cannot take these inputs.
    @discardableResult
    public mutating func append(_ operation: Operation, _ inputs: NodeID..., name: String? = nil) throws(NetworkError)
        -> NodeID
    {
        try append(operation, inputs, name: name)
    }

    /// Appends a node with its inputs in an array.
    @discardableResult
    public mutating func append(_ operation: Operation, _ inputs: [NodeID], name: String? = nil) throws(NetworkError)
        -> NodeID
    {
        let name = name ?? "\(operation.name)_\(nodes.count)"
        guard !names.contains(name) else {
            throw NetworkError(node: name, reason: "two nodes have this name")
        }
        guard inputs.allSatisfy(nodes.indices.contains) else {
            throw NetworkError(node: name, reason: "an input is not a node above it")
        }
        let shape: Shape
        do {
            shape = try operation.outputShape(inputs.map { nodes[$0].shape })
        } catch {
            throw NetworkError(node: name, reason: error.reason)
        }
        names.insert(name)
        nodes.append(Node(name: name, operation: operation, inputs: inputs, shape: shape))
        if operation.isInput { self.inputs.append(nodes.count - 1) }
        return nodes.count - 1
    }

    /// Declares what a run returns.
    public mutating func setOutputs(_ outputs: NodeID...) { setOutputs(outputs) }

    /// Declares what a run returns, in an array.
    public mutating func setOutputs(_ outputs: [NodeID]) {
        precondition(!outputs.isEmpty && outputs.allSatisfy(nodes.indices.contains))
        self.outputs = outputs
    }

    /// How many nodes read each node's value, outputs of the network not counted.
    public var readerCounts: [Int] {
        nodes.reduce(into: [Int](repeating: 0, count: nodes.count)) { counts, node in
            for input in node.inputs { counts[input] += 1 }
        }
    }

    /// Multiply–accumulates of one node for the whole batch; only layers with weights count, as in the published figures.
    public func multiplyAccumulates(of node: Node) -> Int {
        (node.operation.definition as? any WeightedLayer)?
            .multiplyAccumulates(node.inputs.map { nodes[$0].shape }, node.shape) ?? 0
    }

    /// Multiply–accumulates of one run.
    public var multiplyAccumulates: Int { nodes.reduce(0) { $0 + multiplyAccumulates(of: $1) } }

    /// Weights and biases.
    public var parameterCount: Int {
        nodes.compactMap(parameters).reduce(0) { $0 + $1.weights.shape.count + $1.bias.count }
    }

    /// What weights, biases and the weights' grids take: a byte for a number of 8 bits, 4 for others.
    public var parameterByteCount: Int {
        nodes.compactMap(parameters).reduce(0) { sum, layer in
            let weights = layer.weights.shape.count
            return sum + (layer.grid.map { weights + 5 * $0.scales.count } ?? 4 * weights) + 4 * layer.bias.count
        }
    }

    /// Of a layer with weights; nil for other nodes.
    func parameters(of node: Node) -> LayerParameters? { node.operation.parameters }
}

/// A network that cannot be built: which node, and why.
public struct NetworkError: Error, CustomStringConvertible {
    public let node: String
    public let reason: String

    public init(node: String, reason: String) { (self.node, self.reason) = (node, reason) }
    public var description: String { "node '\(node)': \(reason)" }
}
