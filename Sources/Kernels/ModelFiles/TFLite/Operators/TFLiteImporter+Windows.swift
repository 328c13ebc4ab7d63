// Sliding windows, pooling and means: MAX_POOL_2D, AVERAGE_POOL_2D, MEAN.
import NetworkGraph

extension TFLiteImporter {
    /// Where a layer's window goes: padding, stride_w and stride_h are its first options.
    /// - Parameters:
    ///   - extents: of the input, N×H×W×C.
    ///   - dilations: which options are dilation_w_factor and dilation_h_factor, if there are any.
    func window(
        _ operands: TFLiteOperands, _ extents: [Int], kernel: (height: Int, width: Int),
        dilations: (width: Int, height: Int)?
    ) throws(ImportFailure) -> Window {
        guard max(kernel.height, kernel.width) <= ImportLimits.window else {
            throw .invalid("a kernel of \(kernel.height)×\(kernel.width)")
        }
        let isSame = try operands.isSame()
        func axis(
            _ extent: Int, _ kernel: Int, _ stride: Int, _ dilation: Int?, _ name: String
        ) throws(ImportFailure) -> Window.Axis {
            var factor = 1
            if let dilation { factor = try operands.extent(dilation, default: 1, "dilation_\(name)_factor") }
            let axis = Window.Axis(
                kernel: kernel, stride: try operands.extent(stride, "stride_\(name)"), dilation: factor)
            return isSame ? axis.same(extent: extent) : axis
        }
        return Window(
            rows: try axis(extents[1], kernel.height, 2, dilations?.height, "h"),
            columns: try axis(extents[2], kernel.width, 1, dilations?.width, "w"))
    }

    mutating func pooling(_ operands: TFLiteOperands, _ kind: Pooling.Kind) throws(ImportFailure) -> TFLiteNode {
        let input = try planar(try node(operands[0]))
        let kernel = (
            height: try operands.extent(4, "filter_height"), width: try operands.extent(3, "filter_width")
        )
        let window = try window(operands, input.extents, kernel: kernel, dilations: nil)
        let isGlobal = [kernel.height, kernel.width] == Array(input.extents[1...2]) && window.padding == .none
        let id = try emit(
            kind == .average && isGlobal ? .globalAveragePooling : .pooling(Pooling(kind, window: window)), input.id)
        let shape = draft.nodes[id].shape
        // The largest of a grid's numbers is one of them; the mean needn't be.
        let pooled = TFLiteNode(
            id, TFLiteNode.planarAxes.map { shape[$0] }, .planar, grid: kind == .maximum ? input.grid : nil)
        return try activated(pooled, try operands.activation(5))
    }

    mutating func mean(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        var input = try node(operands[0])
        let stated = try operands.integers(1, "axes")
        var axes: Set<Int> = []
        for axis in stated { axes.insert(try normalizedAxis(axis, rank: input.extents.count)) }
        if case .flattened = input.order { input = try self.stated(input) }
        // A map in the file's order becomes planes, as what made it most likely did.
        if input.extents.count == 4, axes == [1, 2] { input = try planar(input) }
        let draftAxes = axes.map(input.draftAxis).sorted()
        let isGlobal = input.order == .planar && draftAxes == [2, 3]
        let id = try emit(
            isGlobal ? .globalAveragePooling : .reduction(Reduction(.mean, axes: draftAxes)), input.id)
        let extents = input.extents.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
        let reduced = TFLiteNode(id, extents, input.order)
        guard try !operands.flag(0, "keep_dims") else { return reduced }
        return try reshaped(reduced, input.extents.indices.filter { !axes.contains($0) }.map { input.extents[$0] })
    }
}
