// What the CPU's two libraries compute with 8-bit numbers, and on which bytes. A value, used when compiling.
import EnginePlanning
import NetworkGraph

typealias CPUQuantizedLayers = QuantizedLayers<CPUQuantizedKernels>

/// Whose kernels compute: oneDNN's on unsigned bytes.
struct CPUQuantizedKernels: QuantizedKernels {
    /// How a layer with weights is computed, by one library or both.
    struct Layer: Sendable {
        /// Whether oneDNN can, but for its overflow channels.
        var isOneDNNs = false
        /// Output channels whose weights oneDNN's bytes have no room for.
        var overflowChannels: [Int] = []
        /// How XNNPACK does, but for the addition of a residual; nil if it can't.
        var xnnpack: XNNPACKQuantizedConvolution?
    }

    let areSigned: Bool
    let oneDNN: Bool
    let xnnpack: Bool

    func layer(
        _ layer: Convolution, _ group: CPUQuantizedLayers.Group, input: QuantizationGrid, residual: QuantizationGrid?,
        shapes: (input: Shape, output: Shape)
    ) -> Layer? {
        var made = Layer()
        if oneDNN, let weights = layer.weightGrid {
            made.overflowChannels = weights.overflowChannels(layer.weights)
            // They are computed from unsigned bytes to unsigned bytes, without a residual.
            made.isOneDNNs =
                made.overflowChannels.isEmpty
                || group.grid != nil && residual == nil
                    && OverflowChannels.fit(made.overflowChannels, of: layer, shapes.input, shapes.output)
        }
        if xnnpack, let grid = group.grid {
            made.xnnpack =
                if let residual {
                    addend(of: group, residual, grid).flatMap {
                        XNNPACKQuantizedConvolution(layer, input, $0, .identity)
                    }
                } else {
                    XNNPACKQuantizedConvolution(layer, input, grid, group.activation)
                }
        }
        return made.isOneDNNs || made.xnnpack != nil ? made : nil
    }

    /// A grid for what a convolution gives to a sum, which the network has none for: as wide as the sum's own allows it
    /// to matter.
    /// - Returns: nil if XNNPACK can't add on such grids.
    private func addend(
        of group: CPUQuantizedLayers.Group, _ residual: QuantizationGrid, _ result: QuantizationGrid
    ) -> QuantizationGrid? {
        let (low, high) = (
            max(result.range.low, group.activation.range.low), min(result.range.high, group.activation.range.high)
        )
        guard low < high else { return nil }
        let grid = QuantizationGrid(covering: low - residual.range.high...high - residual.range.low)
            .on(signed: areSigned)
        // Its own rounding shows in the result.
        guard grid.scale <= 3 * result.scale else { return nil }
        return XNNPACKQuantizedAddition(grid, residual, result, group.activation, count: 1) == nil ? nil : grid
    }
}

extension CPUQuantizedLayers {
    /// On unsigned bytes where oneDNN computes, which is the faster with them; else on those that XNNPACK can compute
    /// more with: its weights have a scale for each channel where bytes are signed, and a zero point where they aren't.
    init(_ network: Network, _ fusion: LayerFusion, oneDNN: Bool, xnnpack: Bool) {
        func kernels(areSigned: Bool) -> CPUQuantizedKernels {
            CPUQuantizedKernels(areSigned: areSigned, oneDNN: oneDNN, xnnpack: xnnpack)
        }
        guard oneDNN || xnnpack else {
            self.init(noneBy: kernels(areSigned: false))
            return
        }
        self.init(network, fusion, by: kernels(areSigned: false))
        guard !oneDNN else { return }
        let signed = CPUQuantizedLayers(network, fusion, by: kernels(areSigned: true))
        if signed.multiplyAccumulates(in: network) >= multiplyAccumulates(in: network) { self = signed }
    }

    /// Whether only XNNPACK computes some of its layers with weights.
    var needXNNPACK: Bool { groups.values.contains { $0.layer?.xnnpack != nil && !$0.isOneDNNs } }

    private func multiplyAccumulates(in network: Network) -> Int {
        groups.keys.reduce(0) { $0 + network.multiplyAccumulates(of: network.nodes[$1]) }
    }
}

extension CPUQuantizedLayers.Group {
    /// Whether oneDNN can compute a layer with weights.
    var isOneDNNs: Bool { layer?.isOneDNNs ?? false }
}
