// Additions: those that no convolution took in, and XNNPACK's behind a convolution. Of bytes, too.
import COneDNN
import CXNNPACK
import EnginePlanning
import NetworkGraph

extension CPUPlanner {
    /// An addition that no convolution took in.
    mutating func addAddition(
        _ id: Network.NodeID, _ activation: Activation, _ quantized: CPUQuantizedLayers.Group?
    ) throws(CPULibraryError) {
        if let quantized { return try addQuantizedAddition(id, quantized) }
        let inputs = network.nodes[id].inputs
        if inputs.contains(where: { takesXNNPACK($0) }) {
            try addXNNPACKSum(id, activation)
            return
        }
        let first = value(inputs[0])
        let second = try value(inputs[1], in: first.layout, for: id)
        let attributes = try OneDNNAttributes(activation: activation)
        let primitive = try OneDNNPrimitive.binary(unit, dnnl_binary_add, first.layout, second.layout, attributes)
        let result = makeValue(first.layout)
        try addStep(id, primitive, [(DNNL_ARG_SRC_0, first), (DNNL_ARG_SRC_1, second), (DNNL_ARG_DST, result)])
        setValue(result, of: id)
    }

    /// An addition that no convolution took in.
    private mutating func addXNNPACKSum(_ id: Network.NodeID, _ activation: Activation) throws(CPULibraryError) {
        try addXNNPACKBinary(id, CXNNPACK_add)
        addXNNPACKActivation(id, activation, value(id), count: network.nodes[id].shape.count)
    }

    /// Adds a node's value to a dense one, in the place of the latter.
    mutating func addXNNPACKAddition(
        _ id: Network.NodeID, _ first: Value, _ other: Network.NodeID, _ activation: Activation,
        result: Network.NodeID
    ) throws(CPULibraryError) {
        let second = try channelsLast(other, dense: true, for: id)
        let count = network.nodes[other].shape.count
        addStep(id, .binary(CXNNPACK_add, first: [count], second: [count]), [first, second, first])
        addXNNPACKActivation(id, activation, first, count: count)
        setValue(first, of: result)
    }

    /// In place, on a dense value.
    private mutating func addXNNPACKActivation(
        _ id: Network.NodeID, _ activation: Activation, _ value: Value, count: Int
    ) {
        if activation != .identity { addStep(id, .activation(activation, .line(count)), [value, value]) }
    }

    // MARK: 8 bits

    /// q = a · qa + b · qb + what all zero points come to.
    private mutating func addQuantizedAddition(
        _ id: Network.NodeID, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) {
        if takesXNNPACKsQuantized, try addXNNPACKQuantizedAddition(id, group) { return }
        let inputs = network.nodes[id].inputs.map { bytes(of: $0) }
        let grid = group.grid!
        let scaling = try OneDNNScaling()
        var offset = Double(grid.zeroPoint)
        for (role, input) in zip([DNNL_ARG_SRC_0, DNNL_ARG_SRC_1], inputs) {
            let factor = Double(input.grid!.scale) / Double(grid.scale)
            try scaling.setOperandScale(role, Float(factor))
            offset -= factor * Double(input.grid!.zeroPoint)
        }
        if offset != 0 { try scaling.addLinear(1, Float(offset)) }
        try scaling.addActivation(grid.clamp(group.activation))
        let (first, second) = (inputs[0], inputs[1])
        let primitive = try OneDNNPrimitive.binary(unit, dnnl_binary_add, first.layout, second.layout, scaling)
        let result = makeValue(first.layout)
        try addStep(
            id, primitive, [(DNNL_ARG_SRC_0, first), (DNNL_ARG_SRC_1, second), (DNNL_ARG_DST, result)],
            constants: scaling.operands)
        setResult(result, group)
    }

    /// - Returns: false if XNNPACK can't.
    private mutating func addXNNPACKQuantizedAddition(_ id: Network.NodeID, _ group: CPUQuantizedLayers.Group)
        throws(CPULibraryError)
        -> Bool
    {
        let inputs = network.nodes[id].inputs.map { bytes(of: $0) }
        guard
            let sum = XNNPACKQuantizedAddition(
                inputs[0].grid!, inputs[1].grid!, group.grid!, group.activation, count: network.nodes[id].shape.count)
        else { return false }
        let result = try makeBytes(of: id)
        addStep(id, .quantizedAddition(sum), [inputs[0], inputs[1], result])
        setResult(result, group)
        return true
    }
}
