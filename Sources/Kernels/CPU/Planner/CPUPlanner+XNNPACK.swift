// Whether XNNPACK computes a step, and how it sees values: feature maps with their channels last.
import COneDNN
import NetworkGraph

extension CPUPlanner {
    /// Layers without weights follow their input's layout: where its channels lie last, XNNPACK goes on, if it has a part
    /// in the plan.
    func takesXNNPACK(_ input: Network.NodeID) -> Bool {
        if prefersXNNPACK { return true }
        guard layers.takesXNNPACK, XNNPACK.initialization == nil else { return false }
        return network.nodes[input].shape.rank == 4 && value(input).pixelStride != nil
    }

    /// Whether XNNPACK computes all that it can.
    var prefersXNNPACK: Bool { layers.prefersXNNPACK && type == dnnl_f32 && XNNPACK.initialization == nil }

    /// Whether XNNPACK can compute a layer with weights, with all that runs in its group.
    func supportsXNNPACK(_ id: Network.NodeID) -> Bool {
        type == dnnl_f32 && XNNPACK.initialization == nil && fusion.groups[id]!.activation.isSupportedByXNNPACK
    }

    /// Without instructions for bytes, oneDNN has no additions and pools of them that are fast.
    var takesXNNPACKsQuantized: Bool { prefersXNNPACK || !quantizedLayers.kernels.oneDNN }

    func map(_ id: Network.NodeID, _ value: Value) -> XNNPACKLayer.Map {
        XNNPACKLayer.Map(network.nodes[id].shape, pixelStride: value.pixelStride!)
    }
}
