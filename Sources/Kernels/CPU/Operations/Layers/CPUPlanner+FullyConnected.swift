// Fully connected layers. One frame reads each weight once, so that the layout of the weights decides how near a layer
// comes to the memory's bandwidth; oneDNN's own choice is made for batches. With floats by either library, or with
// 8-bit numbers by either.
import COneDNN
import EnginePlanning
import NetworkGraph

extension CPUPlanner {
    mutating func addFullyConnected(
        _ id: Network.NodeID, _ layer: FullyConnected, _ quantized: CPUQuantizedLayers.Group?
    ) throws(CPULibraryError) {
        if let quantized { return try addQuantizedFullyConnected(id, layer, quantized) }
        let node = network.nodes[id]
        let group = fusion.groups[id]!
        let (batch, outputs, features) = (node.shape[0], layer.weights.shape[0], layer.weights.shape[1])
        let bias = try OneDNNLayout.plain([outputs])
        let attributes = try OneDNNAttributes(activation: group.activation)
        guard
            let primitive = try choose(
                id, layer,
                { [unit, type] tag throws(CPULibraryError) in
                    let source = try OneDNNLayout.plain([batch, features], type)
                    let weights = try OneDNNLayout([outputs, features], tag, type)
                    let target = try OneDNNLayout.plain([batch, outputs])
                    return try .innerProduct(unit, from: source, weights, bias, to: target, attributes)
                })
        else {
            let source = try plain(node.inputs[0], for: id)
            let target = makeValue(try .plain([batch, outputs]))
            addStep(id, .fullyConnected(layer, group.activation, batch: batch), [source, target])
            setValue(target, of: group.result)
            return
        }
        // The weights' columns are in C×H×W order: a feature map in plain order is its own flattening.
        let from = Value(
            layout: try primitive.source(), buffer: try plain(node.inputs[0], type, for: id).buffer)
        let result = makeValue(try primitive.destination())
        let chosen = try primitive.weights()
        try addStep(
            id, primitive, [(DNNL_ARG_SRC, from), (DNNL_ARG_DST, result)],
            constants: [
                (DNNL_ARG_WEIGHTS, chosen, try self.weights(layer.weights, [outputs, features], in: chosen, of: id)),
                (DNNL_ARG_BIAS, bias, try constant(layer.bias, [outputs], in: bias)),
            ])
        setValue(result, of: group.result)
    }

    /// - Returns: nil for XNNPACK.
    private mutating func choose(
        _ id: Network.NodeID, _ layer: FullyConnected,
        _ make: (dnnl_format_tag_t) throws(CPULibraryError) -> OneDNNPrimitive
    ) throws(CPULibraryError) -> OneDNNPrimitive? {
        let node = network.nodes[id]
        let tags: [(LayerAlgorithm, dnnl_format_tag_t)] = [
            (.rows, dnnl_ab), (.columns, dnnl_ba), (.blocks16, dnnl_AB16b16a), (.blocks32, dnnl_AB16b32a),
        ]
        switch selection(of: node) {
        case .given(let algorithms):
            if algorithms[node] == .xnnpack, supportsXNNPACK(id) { return nil }
            for (algorithm, tag) in tags where algorithm == algorithms[node] {
                if let made = try available({ () throws(CPULibraryError) in try make(tag) }) { return made }
            }
            return try make(dnnl_format_tag_any)
        case .measured(let mixesLibraries):
            var best: (primitive: OneDNNPrimitive, algorithm: LayerAlgorithm) = (
                try make(dnnl_format_tag_any), .library
            )
            var shortest = try nanoseconds(best.primitive)
            for (algorithm, tag) in tags {
                guard let other = try available({ () throws(CPULibraryError) in try make(tag) }) else { continue }
                let time = try nanoseconds(other, limit: shortest)
                if time < shortest { (best, shortest) = ((other, algorithm), time) }
            }
            plan.algorithms.byNode[node.name] = best.algorithm
            guard mixesLibraries, supportsXNNPACK(id),
                try nanoseconds(
                    [.fullyConnected(layer, fusion.groups[id]!.activation, batch: node.shape[0])], limit: shortest)
                    < shortest
            else { return best.primitive }
            plan.algorithms.byNode[node.name] = .xnnpack
            return nil
        }
    }

    // MARK: 8 bits

    /// oneDNN's has no zero point for its input; Σ w (q − z) = Σ w q − z Σ w, so that it goes into the bias.
    private mutating func addQuantizedFullyConnected(
        _ id: Network.NodeID, _ layer: FullyConnected, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) {
        guard group.isOneDNNs else { return try addOnlyXNNPACKs(id, group) }
        let node = network.nodes[id]
        let (batch, outputs, features) = (node.shape[0], layer.weights.shape[0], layer.weights.shape[1])
        let (grid, inputGrid) = (layer.weightGrid!, bytes(of: node.inputs[0]).grid!)
        let steps = grid.steps(layer.weights)
        let narrow = steps.map(Self.narrowed)
        var rescaling = Rescaling(grid, layer.bias, inputGrid, group)
        let wide = overflowChannels(id, Convolution(layer), group, steps, rescaling)
        for output in 0..<outputs where inputGrid.zeroPoint != 0 {
            let sum = narrow[output * features..<(output + 1) * features].reduce(0.0) { $0 + Double($1) }
            rescaling.biases[output] -= rescaling.factors[output] * Double(inputGrid.zeroPoint) * sum
        }
        let scaling = try OneDNNScaling()
        try scaling.setChannelScales(rescaling.factors.map { Float($0) }, isGrouped: false)
        try scaling.addActivation(rescaling.activation)

        let source = try rows(node.inputs[0], [batch, features], for: id)
        let weights = try OneDNNLayout.any([outputs, features], dnnl_s8)
        let bias = try OneDNNLayout.plain([outputs])
        let target = try OneDNNLayout.plain([batch, outputs], group.grid == nil ? dnnl_f32 : byteType)
        let primitive = try OneDNNPrimitive.innerProduct(
            unit, from: source.layout, weights, bias, to: target, scaling)
        if let layer = try xnnpackChoice(id, group, insteadOf: primitive, scaling, wide) {
            return try addXNNPACKQuantized(id, layer, group)
        }
        let result = makeValue(target)
        let chosen = try primitive.weights()
        try addStep(
            id, primitive, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, result)],
            constants: [
                (DNNL_ARG_WEIGHTS, chosen, try constant(narrow, [outputs, features], in: chosen)),
                (DNNL_ARG_BIAS, bias, try constant(rescaling.constants, [outputs], in: bias)),
            ] + scaling.operands)
        if let wide { addStep(id, wide, source, result) }
        setResult(result, group)
    }
}
