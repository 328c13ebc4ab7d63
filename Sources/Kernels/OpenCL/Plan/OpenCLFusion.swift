// Which nodes run inside others, and which inputs get a border of zeros. Decided once, before memory is laid out.
import EnginePlanning
import NetworkGraph

struct OpenCLFusion {
    /// By node that runs inside another: whose value is written instead of its own.
    private(set) var host: [Int: Int] = [:]
    /// By node whose value is written so: the one that leads what computes it.
    private(set) var guest: [Int: Int] = [:]
    /// By network input: zeros around it, so that convolutions read it without testing for its edges.
    private(set) var halo: [Int: Padding] = [:]
    /// Convolutions with floats and what runs inside of them, by the convolution.
    private(set) var groups: [Int: LayerFusion.Group] = [:]
    /// Nodes that an output needs.
    let live: Set<Int>
    /// What is computed with 8-bit numbers. It, too, says who runs inside of whom.
    let quantized: OpenCLQuantizedLayers
    /// By node whose value lies in memory as bytes: the grid whose q they are.
    private(set) var grids: [Int: QuantizationGrid] = [:]
    /// Nodes that take bytes as they are; all others take floats.
    private var bytesReaders: Set<Int> = []

    /// Inputs with fewer channels than this are read a window's row at a time: a tap alone is too little work.
    private static let fewChannels = 8

    init(_ network: Network, usesQuantizedKernels: Bool = false) {
        let readers = network.readerCounts
        let unrounded = LayerFusion(network)
        live = unrounded.live
        quantized =
            usesQuantizedKernels
            ? OpenCLQuantizedLayers(network, unrounded, by: OpenCLQuantizedKernels())
            : OpenCLQuantizedLayers(noneBy: OpenCLQuantizedKernels())
        for (leader, group) in quantized.groups { take(leader, group, network, readers) }
        for (leader, group) in LayerFusion(network, except: bytesReaders, addsToRounded: true).groups {
            guard case .convolution = network.nodes[leader].operation, group.result != leader else { continue }
            groups[leader] = group
            run([leader] + group.followers, in: group.result)
        }
        for (id, node) in network.nodes.enumerated() where !bytesReaders.contains(id) {
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

    /// A group's last node runs all of it.
    private mutating func take(
        _ leader: Int, _ group: OpenCLQuantizedLayers.Group, _ network: Network, _ readers: [Int]
    ) {
        let members = [leader] + group.followers
        bytesReaders.formUnion(members)
        if let grid = group.grid { grids[group.result] = grid }
        run(members, in: group.result)
        // What comes in is rounded on its way, if nobody else takes it.
        if case .unary(.quantize) = network.nodes[leader].operation {
            let input = network.nodes[leader].inputs[0]
            if network.nodes[input].operation.isInput, readers[input] == 1, !network.outputs.contains(input) {
                (host[input], guest[leader]) = (leader, input)
            }
        }
    }

    /// - Parameter members: the first leads.
    private mutating func run(_ members: [Int], in result: Int) {
        for member in members where member != result { host[member] = result }
        if members[0] != result { guest[result] = members[0] }
    }

    func takesBytes(_ id: Int) -> Bool { bytesReaders.contains(id) }

    /// Whether a node only gives its input's bytes another name.
    func isRenaming(_ id: Int, in network: Network) -> Bool {
        guard case .unary(.quantize) = network.nodes[id].operation, guest[id] == nil, let grid = grids[id] else {
            return false
        }
        return grids[network.nodes[id].inputs[0]] == grid
    }

    /// Whether a convolution of this input takes each row of its window as one run of values.
    static func readsRows(_ layer: Convolution, of input: Network.Node) -> Bool {
        input.operation.isInput && layer.groups == 1 && !layer.window.isDilated && layer.window.width > 1
            && layer.inputChannels < fewChannels
    }
}

typealias OpenCLQuantizedLayers = QuantizedLayers<OpenCLQuantizedKernels>

/// What the kernels compute with 8-bit numbers: any weights of 8 bits, and bytes that are moved.
struct OpenCLQuantizedKernels: QuantizedKernels {
    /// There is one way.
    struct Layer: Sendable {}

    var areSigned: Bool { true }

    func layer(
        _ layer: Convolution, _ group: OpenCLQuantizedLayers.Group, input: QuantizationGrid,
        residual: QuantizationGrid?, shapes: (input: Shape, output: Shape)
    ) -> Layer? {
        // Sums fit in 32 bits; those of depthwise layers are floats.
        let products = layer.weights.shape.count / layer.outputChannels
        return products <= (layer.inputChannels / layer.groups == 1 ? 256 : 33_000) ? Layer() : nil
    }
}
