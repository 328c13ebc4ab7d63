// What a run moves between a processor and memory, by the network's shapes alone.

/// How a processor runs networks, as far as it decides what crosses its bus to memory.
public struct MemoryTraffic: Sendable {
    public let precision: Precision
    /// What a layer's values, but its weights, fit in doesn't cross the bus: a processor's last cache of its own.
    public let cacheBytes: Int
    /// Convolutions write their input's windows side by side (im2col), and read them as one matrix.
    public let copiesColumns: Bool

    /// - Precondition: a cache of no bytes or some.
    public init(precision: Precision = .fp32, cacheBytes: Int, copiesColumns: Bool = false) {
        precondition(cacheBytes >= 0)
        (self.precision, self.cacheBytes, self.copiesColumns) = (precision, cacheBytes, copiesColumns)
    }

    /// Bytes of one run: all weights, since a network's are more than a cache, and inputs, columns and result of each
    /// node for which the cache is too small. Concatenations and reshapes are free: what they join is written in place.
    public func bytes(of network: Network) -> Int { network.nodes.reduce(0) { $0 + bytes(of: $1, in: network) } }

    private func bytes(of node: Network.Node, in network: Network) -> Int {
        switch node.operation {
        case .image, .tensor, .constant, .concatenation, .reshape: return 0
        default: break
        }
        let values = node.inputs.reduce(node.shape.count) { $0 + network.nodes[$1].shape.count }
        let columns = copiesColumns ? columnCount(of: node) : 0
        let isHeld = (values + columns) * precision.byteCount <= cacheBytes
        return weightBytes(of: node, in: network) + (isHeld ? 0 : (values + 2 * columns) * precision.byteCount)
    }

    /// Elements of the matrix that a convolution multiplies by its weights; none for one channel by channel.
    private func columnCount(of node: Network.Node) -> Int {
        guard case .convolution(let layer) = node.operation, layer.groups == 1 else { return 0 }
        return node.shape.count / layer.bias.count * (layer.weights.shape.count / layer.bias.count)
    }

    private func weightBytes(of node: Network.Node, in network: Network) -> Int {
        guard let layer = network.parameters(of: node) else { return 0 }
        let weights = layer.weights.shape.count
        guard layer.grid == nil else { return weights + 4 * layer.bias.count }
        return (weights + layer.bias.count) * precision.byteCount
    }
}
