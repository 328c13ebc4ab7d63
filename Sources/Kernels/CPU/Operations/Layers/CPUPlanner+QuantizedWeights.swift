// What convolutions and fully connected layers with 8-bit numbers share: scales, channels that oneDNN's bytes have no room
// for, and XNNPACK's part, which computes either as a convolution.
import COneDNN
import CXNNPACK
import EnginePlanning
import NetworkGraph

extension CPUPlanner {
    /// What becomes of a layer's sums: activation(factor · sum + bias), both in steps of the result's grid if it has
    /// one.
    struct Rescaling {
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

    /// A weight that oneDNN's bytes have room for.
    static func narrowed(_ step: Float) -> Float { min(max(step, -128), 127) }

    /// The channels whose weights it has none for.
    func overflowChannels(
        _ id: Network.NodeID, _ layer: Convolution, _ group: CPUQuantizedLayers.Group, _ steps: [Float],
        _ rescaling: Rescaling
    ) -> OverflowChannels? {
        guard !group.layer!.overflowChannels.isEmpty else { return nil }
        let shapes = mapShapes(id)
        return OverflowChannels(
            group.layer!.overflowChannels, of: layer, steps: steps, factors: rescaling.factors,
            biases: rescaling.biases,
            group.grid!.bounds(group.activation),
            inputZeroPoint: bytes(of: network.nodes[id].inputs[0]).grid!.zeroPoint,
            shapes.source, shapes.target)
    }

    mutating func addStep(_ id: Network.NodeID, _ wide: OverflowChannels, _ source: Value, _ result: Value) {
        for operand in [source, result] { arena.touch(operand.buffer, at: plan.steps.count) }
        plan.steps.append(
            CPUPlan.Step(node: id, work: .overflowChannels(wide, source: source.buffer, result: result.buffer)))
    }

    // MARK: XNNPACK

    /// A layer with weights. Residuals are added in a step of their own.
    mutating func addXNNPACKQuantized(
        _ id: Network.NodeID, _ layer: XNNPACKQuantizedConvolution, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) {
        let node = network.nodes[id]
        let source: Value
        if case .fullyConnected = node.operation {
            source = try rows(node.inputs[0], [node.shape[0], layer.layer.inputChannels], for: id)
        } else {
            source = bytes(of: node.inputs[0])
        }
        let result = try makeBytes(of: id)
        addStep(id, xnnpackStep(id, layer), [source, result])
        if let sum = xnnpackSum(id, layer, group) {
            addStep(id, .quantizedAddition(sum), [result, bytes(of: group.residual!.value), result])
        }
        setResult(result, group)
    }

    /// A layer with weights that oneDNN can't compute.
    mutating func addOnlyXNNPACKs(_ id: Network.NodeID, _ group: CPUQuantizedLayers.Group) throws(CPULibraryError) {
        guard let layer = group.layer?.xnnpack else {
            preconditionFailure("a layer that no library computes")
        }
        if case .measured = layers { plan.algorithms.byNode[network.nodes[id].name] = .xnnpack }
        try addXNNPACKQuantized(id, layer, group)
    }

    private func xnnpackStep(_ id: Network.NodeID, _ layer: XNNPACKQuantizedConvolution) -> XNNPACKLayer {
        let shapes = mapShapes(id)
        return .quantizedConvolution(
            layer, source: XNNPACKLayer.Map(shapes.source, pixelStride: shapes.source[1]),
            target: XNNPACKLayer.Map(shapes.target, pixelStride: shapes.target[1]))
    }

    /// A layer's input and result as feature maps, a fully connected layer's rows as maps of one pixel.
    func mapShapes(_ id: Network.NodeID) -> (source: Shape, target: Shape) {
        let node = network.nodes[id]
        guard case .fullyConnected(let layer) = node.operation else {
            return (network.nodes[node.inputs[0]].shape, node.shape)
        }
        let kernel = layer.weights.shape
        return (Shape([node.shape[0], kernel[1], 1, 1]), Shape([node.shape[0], kernel[0], 1, 1]))
    }

    /// What is added behind a layer.
    private func xnnpackSum(
        _ id: Network.NodeID, _ layer: XNNPACKQuantizedConvolution, _ group: CPUQuantizedLayers.Group
    ) -> XNNPACKQuantizedAddition? {
        guard let residual = group.residual, let grid = group.grid else { return nil }
        let sum = XNNPACKQuantizedAddition(
            layer.output, bytes(of: residual.value).grid!, grid, group.activation, count: network.nodes[id].shape.count)
        precondition(sum != nil, "XNNPACK adds what `CPUQuantizedLayers` says")
        return sum
    }

    /// How XNNPACK computes a layer with weights that oneDNN could compute, too; nil if oneDNN does. All values lie as
    /// both want them, so that the faster layer makes the faster network.
    mutating func xnnpackChoice(
        _ id: Network.NodeID, _ group: CPUQuantizedLayers.Group, insteadOf primitive: OneDNNPrimitive,
        _ scaling: OneDNNScaling, _ wide: OverflowChannels?
    ) throws(CPULibraryError) -> XNNPACKQuantizedConvolution? {
        let node = network.nodes[id]
        switch selection(of: node) {
        case .given(let algorithms): return algorithms[node] == .xnnpack ? group.layer?.xnnpack : nil
        case .measured:
            // Where oneDNN adds a residual, it is rounded only once.
            plan.algorithms.byNode[node.name] = .library
            guard let layer = group.layer?.xnnpack, group.residual == nil else { return nil }
            let limit =
                try nanoseconds(primitive, more: scaling.operands.map { ($0.0, $0.1) })
                + (wide.map(nanoseconds) ?? 0)
            guard try nanoseconds([xnnpackStep(id, layer)], limit: limit) < limit else { return nil }
            plan.algorithms.byNode[node.name] = .xnnpack
            return layer
        }
    }
}
