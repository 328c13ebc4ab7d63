// The sliding window of convolutions and pooling: where it goes, and what lies around its input.

/// Rows and columns of zeros (or, for pooling, of nothing) around a feature map.
public struct Padding: Hashable, Sendable {
    public let top: Int
    public let left: Int
    public let bottom: Int
    public let right: Int

    public init(top: Int, left: Int, bottom: Int, right: Int) {
        (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
    }

    public init(_ all: Int) { self.init(top: all, left: all, bottom: all, right: all) }
    public static let none = Padding(0)
}

/// Where a sliding window of a convolution or pooling goes.
public struct Window: Hashable, Sendable {
    /// How a window goes along one axis.
    public struct Axis: Hashable, Sendable {
        /// Taps.
        public let kernel: Int
        /// Elements from one position to the next.
        public let stride: Int
        /// Elements from one tap to the next.
        public let dilation: Int
        public let near: Int
        public let far: Int

        public init(kernel: Int, stride: Int = 1, dilation: Int = 1, near: Int = 0, far: Int = 0) {
            precondition(kernel > 0 && stride > 0 && dilation > 0)
            (self.kernel, self.stride, self.dilation, self.near, self.far) = (kernel, stride, dilation, near, far)
        }

        /// Elements from the first tap to the last.
        public var span: Int { (kernel - 1) * dilation + 1 }

        /// (extent + padding − span) ÷ stride + 1, rounded down; nil where the input is smaller than one window.
        public func positions(extent: Int) -> Int? {
            let room = extent + near + far - span
            return room < 0 ? nil : room / stride + 1
        }

        /// The taps that lie inside the input at a position.
        func taps(at position: Int, extent: Int) -> Range<Int> {
            let start = position * stride - near
            let first = start >= 0 ? 0 : (-start + dilation - 1) / dilation
            let end = start < extent ? min(kernel, (extent - start - 1) / dilation + 1) : 0
            return first..<max(first, end)
        }
    }

    public let rows: Axis
    public let columns: Axis

    public init(rows: Axis, columns: Axis) { (self.rows, self.columns) = (rows, columns) }

    /// The same stride and dilation on both axes.
    public init(height: Int, width: Int, stride: Int = 1, dilation: Int = 1, padding: Padding = .none) {
        rows = Axis(kernel: height, stride: stride, dilation: dilation, near: padding.top, far: padding.bottom)
        columns = Axis(kernel: width, stride: stride, dilation: dilation, near: padding.left, far: padding.right)
    }

    public var height: Int { rows.kernel }
    public var width: Int { columns.kernel }
    public var padding: Padding { Padding(top: rows.near, left: columns.near, bottom: rows.far, right: columns.far) }
    /// Whether strides and dilations are 1.
    public var isDense: Bool { strides == [1, 1] && !isDilated }
    public var isDilated: Bool { rows.dilation > 1 || columns.dilation > 1 }
    /// Rows, columns.
    public var strides: [Int] { [rows.stride, columns.stride] }
    public var dilations: [Int] { [rows.dilation, columns.dilation] }

    /// Rows and columns of windows over a feature map, nil where it is smaller than one window.
    public func outputSize(height inputHeight: Int, width inputWidth: Int) -> (height: Int, width: Int)? {
        guard let height = rows.positions(extent: inputHeight), let width = columns.positions(extent: inputWidth)
        else { return nil }
        return (height, width)
    }
}
