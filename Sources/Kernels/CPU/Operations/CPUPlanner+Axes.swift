// What is made of the elements along an axis by loops of our own: sums with weights, reductions, positions.
import COneDNN
import NetworkGraph

extension CPUPlanner {
    mutating func addResampling(_ id: Network.NodeID, _ resampling: Resampling) throws(CPULibraryError) {
        let shape = network.nodes[id].shape
        let (source, order) = try ordered(network.nodes[id].inputs[0], for: id) { order in
            // Blocks that are half empty would be made larger in vain.
            guard case .blocked(let size) = order else { return true }
            return resampling.axis != 1 && shape[1].isMultiple(of: size)
        }
        let extents = network.nodes[network.nodes[id].inputs[0]].shape.extents
        let result = try makeValue(order, shape)
        addLoop(id, CPUResampling(order.line(extents, along: resampling.axis), resampling), [source, result])
        setValue(result, of: id)
    }

    /// Along axes that lie behind one another; others as the reference does.
    mutating func addReduction(_ id: Network.NodeID, _ reduction: Reduction) throws(CPULibraryError) {
        let input = network.nodes[id].inputs[0]
        let shape = network.nodes[input].shape
        let (source, order) = try ordered(input, for: id) { $0.lines(shape.extents, along: reduction.axes) != nil }
        guard let lines = order.lines(shape.extents, along: reduction.axes) else { return try addReference(id) }
        let result = try makeValue(order, network.nodes[id].shape)
        addLoop(id, CPUReduction(lines: lines, kind: reduction.kind), [source, result])
        setValue(result, of: id)
    }

    mutating func addArgMax(_ id: Network.NodeID, axis: Int, selectsLast: Bool) throws(CPULibraryError) {
        let input = network.nodes[id].inputs[0]
        let (source, order) = try ordered(input, for: id) { !$0.isBlocked || axis != 1 }
        let result = try makeValue(order, network.nodes[id].shape)
        let lines = order.line(network.nodes[input].shape.extents, along: axis)
        addLoop(id, CPUPositions(lines: lines, selectsLast: selectsLast), [source, result])
        setValue(result, of: id)
    }
}
