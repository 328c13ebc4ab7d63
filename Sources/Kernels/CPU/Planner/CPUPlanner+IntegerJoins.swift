// Additions, pooling and concatenation of bytes.
import COneDNN
import NetworkGraph

extension CPUPlanner {
    /// Without instructions for bytes, oneDNN has none of these that is fast.
    private var takesXNNPACKsJoins: Bool { prefersXNNPACK || !quantizedLayers.kernels.oneDNN }

    /// q = a · qa + b · qb + what all zero points come to.
    mutating func addQuantizedAddition(
        _ id: Network.NodeID, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) {
        if takesXNNPACKsJoins, try addXNNPACKQuantizedAddition(id, group) { return }
        let inputs = network.nodes[id].inputs.map { integer($0) }
        let grid = group.grid!
        let scaling = try OneDNNScaling()
        var offset = Double(grid.zeroPoint)
        for (role, input) in zip([DNNL_ARG_SRC_0, DNNL_ARG_SRC_1], inputs) {
            let factor = Double(input.grid.scale) / Double(grid.scale)
            try scaling.setOperandScale(role, Float(factor))
            offset -= factor * Double(input.grid.zeroPoint)
        }
        if offset != 0 { try scaling.addLinear(1, Float(offset)) }
        try scaling.addActivation(grid.clamp(group.activation))
        let (first, second) = (inputs[0].value, inputs[1].value)
        let primitive = try OneDNNPrimitive("quantized addition", unit) {
            COneDNN_binary(
                $0, $1, dnnl_binary_add, first.layout.pointer, second.layout.pointer, first.layout.pointer,
                scaling.pointer)
        }
        let result = makeValue(first.layout)
        try addStep(
            id, primitive, [(DNNL_ARG_SRC_0, first), (DNNL_ARG_SRC_1, second), (DNNL_ARG_DST, result)],
            constants: scaling.operands)
        setResult(result, group)
    }

    mutating func addQuantizedPooling(
        _ id: Network.NodeID, _ pooling: Pooling, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) {
        if takesXNNPACKsJoins, try addXNNPACKQuantizedPooling(id, pooling, group) { return }
        let input = integer(network.nodes[id].inputs[0])
        let grid = group.grid!
        let (source, target) = (input.value.layout, try integerLayout(network.nodes[id].shape))
        let (window, padding) = (pooling.window, pooling.window.padding)
        let scaling = try OneDNNScaling()
        if grid != input.grid {
            let factor = Double(input.grid.scale) / Double(grid.scale)
            try scaling.addLinear(
                Float(factor), Float(Double(grid.zeroPoint) - factor * Double(input.grid.zeroPoint)))
        }
        try scaling.addActivation(grid.clamp(group.activation))
        let algorithm = pooling.kind == .maximum ? dnnl_pooling_max : dnnl_pooling_avg_exclude_padding
        let primitive = try OneDNNPrimitive("quantized pooling", unit) {
            COneDNN_pooling(
                $0, $1, algorithm, source.pointer, target.pointer, window.strides.map(Int64.init),
                [Int64(window.height), Int64(window.width)], window.dilations.map { Int64($0 - 1) },
                [Int64(padding.top), Int64(padding.left)],
                [Int64(padding.bottom), Int64(padding.right)], scaling.pointer)
        }
        let result = makeValue(target)
        try addStep(
            id, primitive, [(DNNL_ARG_SRC, input.value), (DNNL_ARG_DST, result)], constants: scaling.operands)
        setResult(result, group)
    }

    /// Of what is moved to the result's grid first, if it lies on another.
    mutating func addQuantizedConcatenation(
        _ id: Network.NodeID, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) {
        var inputs: [Value] = []
        for input in network.nodes[id].inputs { inputs.append(try bytes(of: input, on: group.grid!, for: id)) }
        let target = try integerLayout(network.nodes[id].shape)
        let attributes = try OneDNNAttributes()
        let sources: [OpaquePointer?] = inputs.map(\.layout.pointer)
        let primitive = try OneDNNPrimitive("quantized concatenation", unit) {
            COneDNN_concatenation($0, $1, target.pointer, Int32(sources.count), 1, sources, attributes.pointer)
        }
        let result = makeValue(target)
        let arguments = inputs.enumerated().map { (DNNL_ARG_MULTIPLE_SRC + Int32($0), $1) }
        try addStep(id, primitive, arguments + [(DNNL_ARG_DST, result)])
        setResult(result, group)
    }
}
