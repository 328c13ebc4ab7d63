// Padding as frameworks state it ("same", "ceil mode"), turned into the explicit rows and columns of `Padding`.

extension Padding {
    /// TensorFlow's SAME: ⌈extent ÷ stride⌉ positions; where the padding is odd, the far edge gets the larger half.
    public static func same(
        height: Int, width: Int, kernelHeight: Int, kernelWidth: Int, stride: Int = 1, dilation: Int = 1
    ) -> Padding {
        let rows = Window.Axis(kernel: kernelHeight, stride: stride, dilation: dilation).same(extent: height)
        let columns = Window.Axis(kernel: kernelWidth, stride: stride, dilation: dilation).same(extent: width)
        return Padding(top: rows.near, left: columns.near, bottom: rows.far, right: columns.far)
    }

    /// Caffe's and PyTorch's ceil mode for pooling: positions round up, and the far edges hang over as far as the last
    /// window needs. A last window that would start in the far padding is dropped.
    public func roundingUp(height: Int, width: Int, kernelHeight: Int, kernelWidth: Int, stride: Int) -> Padding {
        let rows = Window.Axis(kernel: kernelHeight, stride: stride, near: top, far: bottom)
        let columns = Window.Axis(kernel: kernelWidth, stride: stride, near: left, far: right)
        return Padding(
            top: top, left: left, bottom: rows.roundingUp(extent: height).far,
            right: columns.roundingUp(extent: width).far)
    }
}

extension Window.Axis {
    /// The same axis with SAME padding: ⌈extent ÷ stride⌉ positions.
    /// - Parameter largerNear: whether the near edge gets the larger half of odd padding (ONNX's SAME_LOWER).
    package func same(extent: Int, largerNear: Bool = false) -> Window.Axis {
        let positions = (extent + stride - 1) / stride
        let total = max((positions - 1) * stride + span - extent, 0)
        let near = largerNear ? total - total / 2 : total / 2
        return Window.Axis(kernel: kernel, stride: stride, dilation: dilation, near: near, far: total - near)
    }

    /// The same axis with positions rounded up and a far edge that hangs over as the last window needs.
    package func roundingUp(extent: Int) -> Window.Axis {
        var positions = max(extent + near + far - span + stride - 1, 0) / stride + 1
        if (positions - 1) * stride >= extent + near { positions -= 1 }
        let needed = (positions - 1) * stride + span - extent - near
        return Window.Axis(kernel: kernel, stride: stride, dilation: dilation, near: near, far: max(needed, far))
    }
}
