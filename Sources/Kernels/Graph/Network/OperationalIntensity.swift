// How much a node computes for each byte that it must move: what bounds it, the cores or the memory.

extension Network {
    /// The fewest bytes that a node moves for the whole batch: inputs, weights, bias and result, once each. Of a layer
    /// whose weights lie on a grid, each takes a byte but biases.
    public func minimumBytes(of node: Node, in precision: Precision = .fp32) -> Int {
        let parameters = parameters(of: node)
        let weights = parameters.map { $0.weights.shape.count + $0.bias.count } ?? 0
        let values = node.inputs.reduce(node.shape.count + weights) { $0 + nodes[$1].shape.count }
        guard let parameters, parameters.grid != nil else { return values * precision.byteCount }
        return values + 3 * parameters.bias.count
    }

    /// Operational intensity in FLOP/byte: 2 × multiply–accumulates ÷ `minimumBytes` (Williams, Waterman, Patterson,
    /// "Roofline", 2009, section 3); nil for nodes without multiply–accumulates.
    public func operationalIntensity(of node: Node, in precision: Precision = .fp32) -> Double? {
        let operations = 2 * multiplyAccumulates(of: node)
        return operations > 0 ? Double(operations) / Double(minimumBytes(of: node, in: precision)) : nil
    }
}
