// Pooling: tells oneDNN the shapes and takes the layouts that it chooses, or follows XNNPACK. Of bytes, too.
import COneDNN
import EnginePlanning
import NetworkGraph

extension CPUPlanner {
    mutating func addGlobalAveragePooling(
        _ id: Network.NodeID, _ quantized: CPUQuantizedLayers.Group?
    ) throws(CPULibraryError) {
        let input = network.nodes[id].inputs[0]
        let (height, width) = (network.nodes[input].shape[2], network.nodes[input].shape[3])
        let isLong = quantized == nil && !takesXNNPACK(input) && value(input).layout.type == dnnl_f32
            && height * width > Self.longestSum
        guard isLong else {
            return try addPooling(id, Pooling(.average, window: Window(height: height, width: width)), quantized)
        }
        // Of rows, then of their means.
        let shape = network.nodes[id].shape
        let rows = try pooled(
            dense(input, for: id), [shape[0], shape[1], height, 1],
            Pooling(.average, window: Window(height: 1, width: width)), for: id)
        let means = Pooling(.average, window: Window(height: height, width: 1))
        setValue(try pooled(rows, shape.extents, means, for: id), of: id)
    }

    /// One element after another, more of them lose digits.
    private static let longestSum = 1024

    mutating func addPooling(
        _ id: Network.NodeID, _ pooling: Pooling, _ quantized: CPUQuantizedLayers.Group?
    ) throws(CPULibraryError) {
        if let quantized { return try addQuantizedPooling(id, pooling, quantized) }
        let node = network.nodes[id]
        if pooling.isSupportedByXNNPACK, takesXNNPACK(node.inputs[0]) {
            try addXNNPACKPooling(id, pooling)
            return
        }
        let source = try dense(node.inputs[0], for: id)
        setValue(try pooled(source, node.shape.extents, pooling, for: id), of: id)
    }

    /// By oneDNN, in the source's type.
    private mutating func pooled(
        _ source: Value, _ extents: [Int], _ pooling: Pooling, for id: Network.NodeID
    ) throws(CPULibraryError) -> Value {
        let target = try OneDNNLayout.any(extents, source.layout.type)
        let attributes = try OneDNNAttributes()
        let algorithm =
            switch (pooling.kind, pooling.countsPadding) {
            case (.maximum, _): dnnl_pooling_max
            case (.average, true): dnnl_pooling_avg_include_padding
            case (.average, false): dnnl_pooling_avg_exclude_padding
            }
        let primitive = try OneDNNPrimitive.pooling(
            unit, algorithm, from: source.layout, to: target, pooling.window, attributes)
        let result = makeValue(try primitive.destination())
        try addStep(id, primitive, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, result)])
        return result
    }

    private mutating func addXNNPACKPooling(_ id: Network.NodeID, _ pooling: Pooling) throws(CPULibraryError) {
        let input = network.nodes[id].inputs[0]
        let source = try channelsLast(input, for: id)
        let target = try channelsLastDestination(of: id)
        addStep(id, .pooling(pooling, source: map(input, source), target: map(id, target)), [source, target])
        setValue(target, of: id)
    }

    // MARK: 8 bits

    private mutating func addQuantizedPooling(
        _ id: Network.NodeID, _ pooling: Pooling, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) {
        if takesXNNPACKsQuantized, try addXNNPACKQuantizedPooling(id, pooling, group) { return }
        let input = bytes(of: network.nodes[id].inputs[0])
        let (inputGrid, grid) = (input.grid!, group.grid!)
        let scaling = try OneDNNScaling()
        if grid != inputGrid {
            let factor = Double(inputGrid.scale) / Double(grid.scale)
            try scaling.addLinear(
                Float(factor), Float(Double(grid.zeroPoint) - factor * Double(inputGrid.zeroPoint)))
        }
        try scaling.addActivation(grid.clamp(group.activation))
        let algorithm = pooling.kind == .maximum ? dnnl_pooling_max : dnnl_pooling_avg_exclude_padding
        let result = try makeBytes(of: id)
        let primitive = try OneDNNPrimitive.pooling(
            unit, algorithm, from: input.layout, to: result.layout, pooling.window, scaling)
        try addStep(
            id, primitive, [(DNNL_ARG_SRC, input), (DNNL_ARG_DST, result)], constants: scaling.operands)
        setResult(result, group)
    }

    /// - Returns: false if XNNPACK can't.
    private mutating func addXNNPACKQuantizedPooling(
        _ id: Network.NodeID, _ pooling: Pooling, _ group: CPUQuantizedLayers.Group
    ) throws(CPULibraryError) -> Bool {
        let node = network.nodes[id]
        let (input, shape) = (bytes(of: node.inputs[0]), network.nodes[node.inputs[0]].shape)
        let (inputGrid, grid) = (input.grid!, group.grid!)
        let source = XNNPACKLayer.Map(shape, pixelStride: shape[1])
        switch pooling.kind {
        case .maximum:
            guard pooling.isSupportedByXNNPACK, grid == inputGrid else { return false }
            let result = try makeBytes(of: id)
            addStep(
                id,
                .quantizedMaximum(
                    pooling.window, isSigned: grid.isSigned, source: source,
                    target: XNNPACKLayer.Map(node.shape, pixelStride: shape[1])), [input, result])
            setResult(result, group)
        case .average where pooling.window == Window(height: shape[2], width: shape[3]):
            guard let mean = XNNPACKQuantizedMean(inputGrid, grid, group.activation) else { return false }
            let result = try makeBytes(of: id)
            addStep(id, .quantizedMean(mean, source: source), [input, result])
            setResult(result, group)
        case .average:
            guard
                let layer = XNNPACKQuantizedConvolution(
                    averaging: pooling, channels: shape[1], inputGrid, grid, group.activation)
            else { return false }
            try addXNNPACKQuantized(id, layer, group)
        }
        return true
    }
}
