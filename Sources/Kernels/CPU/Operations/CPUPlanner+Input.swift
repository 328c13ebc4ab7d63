// What a network is fed, and what is the same in every run.
import NetworkGraph

extension CPUPlanner {
    mutating func addInput(_ id: Network.NodeID, _ node: Network.Node) throws(CPULibraryError) {
        let grid = gridOfFrames(id, node)
        var value = try grid == nil ? makeValue(.plain(extents(node.shape))) : makeBytes(of: id)
        value.grid = grid
        setValue(value, of: id)
        // Inputs are written before the first step.
        arena.touch(value.buffer, at: 0)
        let position = network.inputs.firstIndex(of: id)!
        plan.inputs.append(CPUPlan.Input(position: position, node: id, buffer: value.buffer, grid: grid))
    }

    /// The grid that frames are rounded to before anything else; nil where they aren't, or are needed as they are, too.
    private func gridOfFrames(_ id: Network.NodeID, _ node: Network.Node) -> QuantizationGrid? {
        guard case .image = node.operation, !network.outputs.contains(id), fusion.readers[id].count == 1,
            case .unary(.quantize) = network.nodes[fusion.readers[id][0]].operation
        else { return nil }
        return quantizedLayers.groups[fusion.readers[id][0]]?.grid
    }

    mutating func addConstant(_ id: Network.NodeID, _ tensor: Tensor) throws(CPULibraryError) {
        let value = makeValue(try .plain(extents(tensor.shape)))
        plan.constants.append((tensor, value.buffer))
        setValue(value, of: id)
    }
}
