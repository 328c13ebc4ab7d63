// Sliding windows, and pooling over them: MAX_POOL_2D, AVERAGE_POOL_2D, L2_POOL_2D.
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
        let pooled = try pooled(operands, try planar(try node(operands[0])), kind)
        return try activated(pooled, try operands.activation(5))
    }

    private mutating func pooled(
        _ operands: TFLiteOperands, _ input: TFLiteNode, _ kind: Pooling.Kind
    ) throws(ImportFailure) -> TFLiteNode {
        let kernel = (
            height: try operands.extent(4, "filter_height"), width: try operands.extent(3, "filter_width")
        )
        let window = try window(operands, input.extents, kernel: kernel, dilations: nil)
        let isGlobal = [kernel.height, kernel.width] == Array(input.extents[1...2]) && window.padding == .none
        let id = try emit(
            kind == .average && isGlobal ? .globalAveragePooling : .pooling(Pooling(kind, window: window)), input.id)
        let shape = draft.nodes[id].shape
        // The largest of a grid's numbers is one of them; the mean needn't be.
        return TFLiteNode(
            id, TFLiteNode.planarAxes.map { shape[$0] }, .planar, grid: kind == .maximum ? input.grid : nil)
    }

    /// √ of the mean of squares.
    mutating func l2Pooling(_ operands: TFLiteOperands) throws(ImportFailure) -> TFLiteNode {
        let squares = try square(try planar(try node(operands[0])))
        let mean = try pooled(operands, squares, .average)
        return try activated(try applied(.squareRoot, mean), try operands.activation(5))
    }
}
