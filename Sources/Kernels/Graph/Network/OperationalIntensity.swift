// How much a node computes for each byte that it must move: what bounds it, the cores or the memory.

extension Network {
    /// The fewest bytes that a node moves for the whole batch: inputs, weights, bias and result, once each. Of a layer
    /// whose weights lie on a grid, each takes a byte but biases.
    public func minimumBytes(of node: Node, in precision: Precision = .fp32) -> Int {
        let values = node.inputs.reduce(node.shape.count) { $0 + nodes[$1].shape.count }
        return values * valueBytes(at: node, in: precision) + parameterBytes(of: node, in: precision)
    }

    /// What weights and bias take of that.
    package func parameterBytes(of node: Node, in precision: Precision) -> Int {
        guard let parameters = parameters(of: node) else { return 0 }
        let (weights, biases) = (parameters.weights.shape.count, parameters.bias.count)
        return parameters.grid == nil ? (weights + biases) * precision.byteCount : weights + 4 * biases
    }

    /// What a number takes that a node reads or writes: a byte around a layer whose weights lie on a grid.
    package func valueBytes(at node: Node, in precision: Precision) -> Int {
        parameters(of: node)?.grid == nil ? precision.byteCount : 1
    }

    /// Operational intensity in FLOP/byte: 2 × multiply–accumulates ÷ `minimumBytes` (Williams, Waterman, Patterson,
    /// "Roofline", 2009, section 3); nil for nodes without multiply–accumulates.
    public func operationalIntensity(of node: Node, in precision: Precision = .fp32) -> Double? {
        let operations = 2 * multiplyAccumulates(of: node)
        return operations > 0 ? Double(operations) / Double(minimumBytes(of: node, in: precision)) : nil
    }
}
