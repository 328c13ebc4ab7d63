// The algorithms for layers with weights, and which of them a network's layers take. Values.
import NetworkGraph

/// What computes a layer with weights: a library, its algorithm, its layout of weights.
package enum LayerAlgorithm: String, Codable, Sendable, CaseIterable {
    /// oneDNN's own choice of layouts; the direct algorithm.
    case library
    /// oneDNN's convolution with channels in blocks of 16, where it has a kernel for them; the direct algorithm.
    case blocked
    /// Winograd's algorithm in oneDNN (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016):
    /// convolutions of 3×3 kernels with stride 1.
    case winograd
    /// The same of our own, in tiles of 2×2 or 4×4 results: newer oneDNN and XNNPACK have none.
    case winograd2
    case winograd4
    /// oneDNN's 1×1 convolution with the depthwise one behind it in one primitive, which keeps rows between the two in
    /// the cache.
    case fused
    /// oneDNN's fully connected layer with weights in rows, in columns, which suits many rows of input (a transformer's
    /// tokens), or in blocks of 16×16 or 16×32.
    case rows
    case columns
    case blocks16
    case blocks32
    /// XNNPACK's operator.
    case xnnpack
}

/// The algorithm of each layer of a network. A layer that it doesn't fit takes the next best one.
package struct LayerAlgorithms: Codable, Equatable, Sendable {
    /// Layers that aren't named; if it is `xnnpack`, layers without weights are XNNPACK's as well.
    var otherwise: LayerAlgorithm
    /// By the node's name.
    package var byNode: [String: LayerAlgorithm] = [:]

    package init(otherwise: LayerAlgorithm) { self.otherwise = otherwise }

    subscript(node: Network.Node) -> LayerAlgorithm { byNode[node.name] ?? otherwise }
}

/// How a planner finds the algorithm of a layer.
package enum AlgorithmSelection: Equatable, Sendable {
    case given(LayerAlgorithms)
    /// Times the algorithms of each layer when compiling, and takes the fastest.
    /// - `mixesLibraries`: XNNPACK's among them, for layers between oneDNN's.
    case measured(mixesLibraries: Bool)

    /// Whether XNNPACK computes all that it can.
    var prefersXNNPACK: Bool {
        if case .given(let algorithms) = self { algorithms.otherwise == .xnnpack } else { false }
    }

    /// Whether XNNPACK may compute layers with weights.
    var takesXNNPACK: Bool {
        switch self {
        case .given(let algorithms): algorithms.otherwise == .xnnpack || algorithms.byNode.values.contains(.xnnpack)
        case .measured(let mixesLibraries): mixesLibraries
        }
    }

    /// One wherever it fits.
    package static func always(_ algorithm: LayerAlgorithm) -> AlgorithmSelection {
        .given(LayerAlgorithms(otherwise: algorithm))
    }
}
