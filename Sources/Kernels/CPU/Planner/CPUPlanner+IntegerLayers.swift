// Layers with weights, computed with integers: bytes in, sums in 32 bits, bytes or floats out. (Equations 6 to 9 of
// V. Peluso et al., "Inference on the Edge", 2019; zero points behind the sums as in B. Jacob et al., "Quantization and
// Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018.)
import COneDNN
import NetworkGraph

extension CPUPlanner {
    /// What becomes of a layer's sums: activation(factor · sum + bias), both in steps of the result's grid if it has
    /// one.
    private struct Rescaling {
        /// One an output channel.
        var factors: [Double]
        var biases: [Double]
        let activation: Activation

        init(_ weights: WeightGrid, _ bias: [Float], _ input: QuantizationGrid, _ group: CPUQuantizedLayers.Group) {
            let step = Double(group.grid?.scale ?? 1)
            factors = bias.indices.map { Double(input.scale) * Double(weights[$0].scale) / step }
            biases = bias.map { Double($0) / step + Double(group.grid?.zeroPoint ?? 0) }
            activation = group.grid?.clamp(group.activation) ?? group.activation
        }

        /// As oneDNN takes them.
        var constants: [Float] {
            zip(biases, factors).map { Float(OneDNNScaling.scalesBiases ? $0 / $1 : $0) }
        }
    }

    mutating func addQuantizedConvolution(
        _ id: Network.NodeID, _ layer: Convolution, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) {
        guard group.isOneDNNs else { return try addOnlyXNNPACKs(id, group) }
        let (input, kernel) = (integer(network.nodes[id].inputs[0]), layer.weights.shape)
        let grid = layer.weightGrid!
        var rescaling = Rescaling(grid, layer.bias, input.grid, group)
        let scaling = try OneDNNScaling()
        if let residual = group.residual {
            let addend = integer(residual.value).grid
            let factor = Double(addend.scale) / Double(group.grid!.scale)
            for channel in rescaling.biases.indices {
                rescaling.biases[channel] -= factor * Double(addend.zeroPoint)
            }
            try scaling.addDestination(times: Float(factor))
        }
        try scaling.setChannelScales(rescaling.factors.map { Float($0) }, isGrouped: layer.groups > 1)
        try scaling.setZeroPoint(DNNL_ARG_SRC, input.grid.zeroPoint)
        try scaling.addActivation(rescaling.activation)

        let steps = grid.steps(layer.weights)
        let wide = overflowChannels(id, layer, group, steps, rescaling)
        let source = input.value.layout
        let extents =
            layer.groups == 1
            ? kernel.extents : [layer.groups, kernel[0] / layer.groups, kernel[1], kernel[2], kernel[3]]
        let weights = try OneDNNLayout.any(extents, dnnl_s8)
        let bias = try OneDNNLayout.plain([kernel[0]])
        let target = try OneDNNLayout(
            network.nodes[id].shape.extents, dnnl_nhwc, group.grid == nil ? dnnl_f32 : byteType)
        let (window, padding) = (layer.window, layer.window.padding)
        let primitive = try OneDNNPrimitive("quantized convolution", unit) {
            COneDNN_convolution(
                $0, $1, dnnl_convolution_direct, source.pointer, weights.pointer, bias.pointer, target.pointer,
                window.strides.map(Int64.init), window.dilations.map { Int64($0 - 1) },
                [Int64(padding.top), Int64(padding.left)],
                [Int64(padding.bottom), Int64(padding.right)], scaling.pointer)
        }
        if let layer = try xnnpackChoice(id, group, insteadOf: primitive, scaling, wide) {
            return try addXNNPACKQuantized(id, layer, group)
        }
        let result =
            try group.residual.map { residual throws(CPULibraryError) in
                try destination(holding: residual.value, addedBy: residual.addition, for: id)
            } ?? makeValue(target)
        let chosen = try primitive.weights()
        try addStep(
            id, primitive, [(DNNL_ARG_SRC, input.value), (DNNL_ARG_DST, result)],
            constants: [
                (DNNL_ARG_WEIGHTS, chosen, try constant(steps.map(Self.narrowed), extents, in: chosen)),
                (DNNL_ARG_BIAS, bias, try constant(rescaling.constants, [kernel[0]], in: bias)),
            ] + scaling.operands)
        if let wide { addStep(id, wide, input.value, result) }
        setResult(result, group)
    }

    /// Where a convolution can add its result to bytes: their own place if nobody needs them afterwards, otherwise a copy.
    private mutating func destination(
        holding residual: Network.NodeID, addedBy addition: Network.NodeID, for id: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        let current = integer(residual).value
        if canOverwriteBytes(current, by: addition) { return current }
        let copy = makeValue(current.layout)
        try addReorder(current, to: copy, for: id)
        return copy
    }

    /// oneDNN's has no zero point for its input; Σ w (q − z) = Σ w q − z Σ w, so that it goes into the bias.
    mutating func addQuantizedFullyConnected(
        _ id: Network.NodeID, _ layer: FullyConnected, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) {
        guard group.isOneDNNs else { return try addOnlyXNNPACKs(id, group) }
        let node = network.nodes[id]
        let (batch, outputs, features) = (node.shape[0], layer.weights.shape[0], layer.weights.shape[1])
        let (grid, inputGrid) = (layer.weightGrid!, integer(node.inputs[0]).grid)
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
        let primitive = try OneDNNPrimitive("quantized inner product", unit) {
            COneDNN_inner_product(
                $0, $1, source.layout.pointer, weights.pointer, bias.pointer, target.pointer, scaling.pointer)
        }
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

    /// A weight that oneDNN's bytes have room for.
    private static func narrowed(_ step: Float) -> Float { min(max(step, -128), 127) }

    /// The channels whose weights it has none for.
    private func overflowChannels(
        _ id: Network.NodeID, _ layer: Convolution, _ group: CPUQuantizedLayers.Group, _ steps: [Float],
        _ rescaling: Rescaling
    ) -> OverflowChannels? {
        guard !group.layer!.overflowChannels.isEmpty else { return nil }
        let shapes = mapShapes(id)
        return OverflowChannels(
            group.layer!.overflowChannels, of: layer, steps: steps, factors: rescaling.factors,
            biases: rescaling.biases,
            group.grid!.bounds(group.activation), inputZeroPoint: integer(network.nodes[id].inputs[0]).grid.zeroPoint,
            shapes.source, shapes.target)
    }

    private mutating func addStep(_ id: Network.NodeID, _ wide: OverflowChannels, _ source: Value, _ result: Value) {
        for operand in [source, result] { arena.touch(operand.buffer, at: plan.steps.count) }
        plan.steps.append(
            CPUPlan.Step(node: id, work: .overflowChannels(wide, source: source.buffer, result: result.buffer)))
    }
}
