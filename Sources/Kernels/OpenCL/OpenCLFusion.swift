// Which nodes run inside others, and which inputs get a border of zeros. Decided once, before memory is laid out.

struct OpenCLFusion {
    /// By node: the addition that a convolution writes instead of its own value.
    private(set) var host: [Int: Int] = [:]
    /// By addition: the convolution that computes it.
    private(set) var guest: [Int: Int] = [:]
    /// By network input: zeros around it, so that convolutions read it without testing for its edges.
    private(set) var halo: [Int: Padding] = [:]

    /// Inputs with fewer channels than this are read a window's row at a time: a tap alone is too little work.
    private static let fewChannels = 8

    init(_ network: Network) {
        let readers = network.readerCounts
        for (id, node) in network.nodes.enumerated() {
            if case .addition = node.operation {
                // The later operand: the other one is there when it runs.
                let guest = node.inputs.max()!
                guard readers[guest] == 1, !network.outputs.contains(guest),
                    case .convolution(let layer) = network.nodes[guest].operation, layer.activation == .identity
                else { continue }
                host[guest] = id
                self.guest[id] = guest
            }
            if case .convolution(let layer) = node.operation, Self.readsRows(layer, of: network.nodes[node.inputs[0]]) {
                let input = node.inputs[0]
                let padding = layer.window.padding
                let other = halo[input] ?? .none
                halo[input] = Padding(
                    top: max(padding.top, other.top), left: max(padding.left, other.left),
                    bottom: max(padding.bottom, other.bottom), right: max(padding.right, other.right))
            }
        }
    }

    /// Whether a convolution of this input takes each row of its window as one run of values.
    static func readsRows(_ layer: Convolution, of input: Network.Node) -> Bool {
        input.operation.isInput && layer.groups == 1 && !layer.window.isDilated && layer.window.width > 1
            && layer.inputChannels < fewChannels
    }
}
