// XNNPACK's part of what is computed with integers: bytes in, bytes out, channels last as oneDNN's.
import COneDNN
import CXNNPACK
import NetworkGraph

extension CPUPlanner {
    /// A layer with weights. Residuals are added in a step of their own.
    mutating func addXNNPACKQuantized(
        _ id: Network.NodeID, _ layer: XNNPACKQuantizedConvolution, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) {
        let node = network.nodes[id]
        let source: Value
        if case .fullyConnected = node.operation {
            source = try rows(node.inputs[0], [node.shape[0], layer.layer.inputChannels], for: id)
        } else {
            source = integer(node.inputs[0]).value
        }
        let result = try makeInteger(of: id)
        addStep(id, xnnpackStep(id, layer), [source, result])
        if let sum = xnnpackSum(id, layer, group) {
            addStep(id, .quantizedAddition(sum), [result, integer(group.residual!.value).value, result])
        }
        setResult(result, group)
    }

    /// A layer with weights that oneDNN can't compute with integers.
    mutating func addOnlyXNNPACKs(_ id: Network.NodeID, _ group: CPUQuantizedLayers.Group) throws(CPULibraryError) {
        guard let layer = group.layer?.xnnpack else {
            preconditionFailure("a layer that no library computes with integers")
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
            layer.output, integer(residual.value).grid, grid, group.activation, count: network.nodes[id].shape.count)
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
        switch layers {
        case .given(let algorithms): return algorithms[node] == .xnnpack ? group.layer?.xnnpack : nil
        case .measured:
            // Where oneDNN adds a residual, it is rounded only once.
            guard let layer = group.layer?.xnnpack, group.residual == nil else { return nil }
            let limit =
                try nanoseconds(primitive, more: scaling.operands.map { ($0.0, $0.1) })
                + (wide.map(Self.nanoseconds) ?? 0)
            guard try nanoseconds([xnnpackStep(id, layer)], limit: limit) < limit else { return nil }
            plan.algorithms.byNode[node.name] = .xnnpack
            return layer
        }
    }

    /// - Returns: false if XNNPACK can't.
    mutating func addXNNPACKQuantizedAddition(_ id: Network.NodeID, _ group: CPUQuantizedLayers.Group)
        throws(CPULibraryError)
        -> Bool
    {
        let inputs = network.nodes[id].inputs.map { integer($0) }
        guard
            let sum = XNNPACKQuantizedAddition(
                inputs[0].grid, inputs[1].grid, group.grid!, group.activation, count: network.nodes[id].shape.count)
        else { return false }
        let result = try makeInteger(of: id)
        addStep(id, .quantizedAddition(sum), [inputs[0].value, inputs[1].value, result])
        setResult(result, group)
        return true
    }

    /// - Returns: false if XNNPACK can't.
    mutating func addXNNPACKQuantizedPooling(
        _ id: Network.NodeID, _ pooling: Pooling, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) -> Bool {
        let node = network.nodes[id]
        let (input, shape, grid) = (integer(node.inputs[0]), network.nodes[node.inputs[0]].shape, group.grid!)
        let source = XNNPACKLayer.Map(shape, pixelStride: shape[1])
        switch pooling.kind {
        case .maximum:
            guard pooling.isSupportedByXNNPACK, grid == input.grid else { return false }
            let result = try makeInteger(of: id)
            addStep(
                id,
                .quantizedMaximum(
                    pooling.window, isSigned: grid.isSigned, source: source,
                    target: XNNPACKLayer.Map(node.shape, pixelStride: shape[1])), [input.value, result])
            setResult(result, group)
        case .average where pooling.window == Window(height: shape[2], width: shape[3]):
            guard let mean = XNNPACKQuantizedMean(input.grid, grid, group.activation) else { return false }
            let result = try makeInteger(of: id)
            addStep(id, .quantizedMean(mean, source: source), [input.value, result])
            setResult(result, group)
        case .average:
            guard
                let layer = XNNPACKQuantizedConvolution(
                    averaging: pooling, channels: shape[1], input.grid, grid, group.activation)
            else { return false }
            try addXNNPACKQuantized(id, layer, group)
        }
        return true
    }
}
