// Padding as frameworks state it ("same", "ceil mode"), turned into the explicit rows and columns of `Padding`.

extension Padding {
    /// TensorFlow's SAME: ⌈extent ÷ stride⌉ positions; where the padding is odd, the far edge gets the larger half.
    public static func same(
        height: Int, width: Int, kernelHeight: Int, kernelWidth: Int, stride: Int = 1, dilation: Int = 1
    ) -> Padding {
        func total(_ extent: Int, _ kernel: Int) -> Int {
            let positions = (extent + stride - 1) / stride
            return max((positions - 1) * stride + (kernel - 1) * dilation + 1 - extent, 0)
        }
        let (rows, columns) = (total(height, kernelHeight), total(width, kernelWidth))
        return Padding(top: rows / 2, left: columns / 2, bottom: rows - rows / 2, right: columns - columns / 2)
    }

    /// Caffe's and PyTorch's ceil mode for pooling: positions round up, and the far edges hang over as far as the last
    /// window needs. A last window that would start in the far padding is dropped.
    public func roundingUp(height: Int, width: Int, kernelHeight: Int, kernelWidth: Int, stride: Int) -> Padding {
        func far(_ extent: Int, _ kernel: Int, near: Int, far: Int) -> Int {
            var positions = (extent + near + far - kernel + stride - 1) / stride + 1
            if (positions - 1) * stride >= extent + near { positions -= 1 }
            return max((positions - 1) * stride + kernel - extent - near, far)
        }
        return Padding(
            top: top, left: left, bottom: far(height, kernelHeight, near: top, far: bottom),
            right: far(width, kernelWidth, near: left, far: right))
    }
}
