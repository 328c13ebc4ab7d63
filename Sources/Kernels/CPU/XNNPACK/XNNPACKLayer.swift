// What XNNPACK is asked to compute. Values, made when compiling; each context makes operators of its own from them.
import CXNNPACK
import NetworkGraph

/// An operation with its shapes, in FP32 unless it says otherwise. Feature maps have their channels last.
enum XNNPACKLayer: Sendable {
    /// A feature map in memory.
    struct Map: Sendable {
        let batch: Int
        let channels: Int
        let height: Int
        let width: Int
        /// Elements from one pixel's channels to the next's.
        let pixelStride: Int

        /// - Precondition: a shape of four extents.
        init(_ shape: Shape, pixelStride: Int) {
            (batch, channels, height, width) = shape.nchw
            self.pixelStride = pixelStride
        }

        var pixels: Int { batch * height * width }
    }

    /// Rows of elements, the first of two rows `sourceStride` or `targetStride` before the second.
    struct Rows: Sendable {
        let count: Int
        let length: Int
        let sourceStride: Int
        let targetStride: Int

        /// Elements that lie one after another.
        static func line(_ count: Int) -> Rows {
            Rows(count: 1, length: count, sourceStride: count, targetStride: count)
        }
    }

    case convolution(Convolution, Activation, source: Map, target: Map)
    case fullyConnected(FullyConnected, Activation, batch: Int)
    case pooling(Pooling, source: Map, target: Map)
    /// Shapes repeat along extents of 1; as the channels-last maps lie.
    case binary(CXNNPACK_binary_kind, first: [Int], second: [Int])
    case activation(Activation, Rows)
    case unary(UnaryFunction, Rows)
    case softmax(rows: Int, length: Int)
    /// From bytes to bytes, as those that follow.
    case quantizedConvolution(XNNPACKQuantizedConvolution, source: Map, target: Map)
    case quantizedAddition(XNNPACKQuantizedAddition)
    case quantizedMaximum(Window, isSigned: Bool, source: Map, target: Map)
    case quantizedMean(XNNPACKQuantizedMean, source: Map)

    /// As errors call it.
    var name: String {
        switch self {
        case .convolution: "convolution"
        case .fullyConnected: "fully connected"
        case .pooling: "pooling"
        case .binary: "binary function"
        case .activation, .unary: "elementwise function"
        case .softmax: "softmax"
        case .quantizedConvolution: "quantized convolution"
        case .quantizedAddition: "quantized addition"
        case .quantizedMaximum, .quantizedMean: "quantized pooling"
        }
    }

    /// Zero for layers without.
    var weightBytes: Int {
        switch self {
        case .convolution(let layer, _, _, _): layer.weights.values.count * MemoryLayout<Float>.stride
        case .fullyConnected(let layer, _, _): layer.weights.values.count * MemoryLayout<Float>.stride
        case .quantizedConvolution(let convolution, _, _): convolution.layer.weights.values.count
        case .pooling, .binary, .activation, .unary, .softmax, .quantizedAddition, .quantizedMaximum, .quantizedMean: 0
        }
    }

    /// Bytes from the first to the last of each input and of the result.
    var operandBytes: [Int] {
        switch self {
        case .quantizedConvolution, .quantizedAddition, .quantizedMaximum, .quantizedMean: operandCounts
        case .convolution, .fullyConnected, .pooling, .binary, .activation, .unary, .softmax:
            operandCounts.map { $0 * MemoryLayout<Float>.stride }
        }
    }

    private var operandCounts: [Int] {
        switch self {
        case .convolution(_, _, let source, let target), .pooling(_, let source, let target),
            .quantizedConvolution(_, let source, let target), .quantizedMaximum(_, _, let source, let target):
            [source.pixels * source.pixelStride, target.pixels * target.pixelStride]
        case .fullyConnected(let layer, _, let batch): [batch * layer.weights.shape[1], batch * layer.weights.shape[0]]
        case .binary(_, let first, let second):
            [first, second, Shape.broadcast(Shape(first), Shape(second))!].map { $0.reduce(1, *) }
        case .activation(_, let rows), .unary(_, let rows):
            [rows.count * rows.sourceStride, rows.count * rows.targetStride]
        case .softmax(let rows, let length): [rows * length, rows * length]
        case .quantizedMean(_, let source): [source.pixels * source.channels, source.batch * source.channels]
        case .quantizedAddition(let sum): [sum.count, sum.count, sum.count]
        }
    }
}

// What XNNPACK can't do, or does otherwise than our operations are defined.

extension Activation {
    /// XNNPACK clamps to a range that isn't empty.
    var isSupportedByXNNPACK: Bool { range.low < range.high }
}

extension Pooling {
    var isSupportedByXNNPACK: Bool {
        let (rows, columns) = (window.rows, window.columns)
        guard rows.kernel * columns.kernel > 1 else { return false }
        switch kind {
        // Taps in the padding are moved to the edge: with a dilation that may be a pixel that isn't in the window.
        case .maximum:
            return rows.stride <= rows.kernel && columns.stride <= columns.kernel
                && (!window.isDilated || window.padding == .none)
        case .average: return !window.isDilated && (!countsPadding || window.padding == .none)
        }
    }
}

extension UnaryFunction {
    /// Its name in XNNPACK, and the slope below zero.
    var xnnpack: (kind: CXNNPACK_unary_kind, slope: Float)? {
        switch self {
        case .leakyRelu(let slope) where slope.isFinite && slope > 0: (CXNNPACK_leaky_relu, slope)
        case .sigmoid: (CXNNPACK_sigmoid, 0)
        case .hardSwish: (CXNNPACK_hardswish, 0)
        default: nil
        }
    }
}

extension BinaryFunction {
    var xnnpack: CXNNPACK_binary_kind? {
        switch self {
        case .add: CXNNPACK_add
        case .subtract: CXNNPACK_subtract
        case .multiply: CXNNPACK_multiply
        case .divide: CXNNPACK_divide
        case .power, .parametricRelu, .minimum, .maximum, .modulo, .remainder, .equal, .less, .lessOrEqual: nil
        }
    }
}

extension CXNNPACK_map {
    init(_ map: XNNPACKLayer.Map) {
        self.init(
            batch: map.batch, height: map.height, width: map.width, channels: map.channels,
            pixel_stride: map.pixelStride)
    }
}

extension CXNNPACK_window {
    init(_ window: Window) {
        let (rows, columns) = (window.rows, window.columns)
        func pair(_ a: Int, _ b: Int) -> (UInt32, UInt32) { (UInt32(a), UInt32(b)) }
        self.init(
            kernel: pair(rows.kernel, columns.kernel), stride: pair(rows.stride, columns.stride),
            dilation: pair(rows.dilation, columns.dilation), near: pair(rows.near, columns.near),
            far: pair(rows.far, columns.far))
    }
}
