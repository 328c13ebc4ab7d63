// How much a node computes for each byte that it must move: what bounds it, the cores or the memory.

extension Network {
    /// The fewest bytes that a node moves for the whole batch: inputs, weights, bias and result, once each.
    public func minimumBytes(of node: Node, in precision: Precision = .fp32) -> Int {
        let weights =
            switch node.operation {
            case .convolution(let c): c.weights.shape.count + c.bias.count
            case .fullyConnected(let f): f.weights.shape.count + f.bias.count
            default: 0
            }
        let values = node.inputs.reduce(node.shape.count + weights) { $0 + nodes[$1].shape.count }
        return values * precision.byteCount
    }

    /// Operational intensity in FLOP/byte: 2 × multiply–accumulates ÷ `minimumBytes` (Williams, Waterman, Patterson,
    /// "Roofline", 2009, section 3); nil for nodes without multiply–accumulates.
    public func operationalIntensity(of node: Node, in precision: Precision = .fp32) -> Double? {
        let operations = 2 * multiplyAccumulates(of: node)
        return operations > 0 ? Double(operations) / Double(minimumBytes(of: node, in: precision)) : nil
    }
}
