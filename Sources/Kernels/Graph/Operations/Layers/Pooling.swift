// Pooling over windows and over whole maps. Values.

/// Maximum or mean over windows; padding never counts, unless `countsPadding` says so for the mean.
public struct Pooling: Sendable {
    public enum Kind: Sendable { case maximum, average }
    public let kind: Kind
    public let window: Window
    /// Average only: divide by the kernel's area even where it hangs over the edge.
    public let countsPadding: Bool

    public init(_ kind: Kind, window: Window, countsPadding: Bool = false) {
        (self.kind, self.window, self.countsPadding) = (kind, window, countsPadding)
    }
}

extension Pooling: OperationDefinition {
    package var name: String { kind == .maximum ? "max_pooling" : "average_pooling" }
    package var inputCount: ClosedRange<Int> { 1...1 }
    package var structure: String { "\(window.structure) \(countsPadding)" }
    package var quantizedUse: QuantizedUse { kind == .maximum ? .picks : .computes }

    package func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        let input = inputs[0]
        try input.checkFeatureMap(for: name)
        let size = try window.checkedSize(input)
        guard Self.holdsInput(window.rows, size.height, input[2]),
            Self.holdsInput(window.columns, size.width, input[3])
        else { throw ShapeMismatch(reason: "a pooling window lies in the padding alone") }
        return try .checked([input[0], input[1], size.height, size.width])
    }

    /// Whether every window has an element of the input to pool.
    private static func holdsInput(_ axis: Window.Axis, _ positions: Int, _ extent: Int) -> Bool {
        (0..<positions).allSatisfy { !axis.taps(at: $0, extent: extent).isEmpty }
    }

    package func work(_ inputs: [Shape], _ output: Shape) -> Int {
        output.count(times: min(window.height, inputs[0][2]) * min(window.width, inputs[0][3]))
    }

    package func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let input = inputs[0].values
        let (_, _, height, width) = inputs[0].shape.nchw
        let (batch, channels, outputHeight, outputWidth) = output.shape.nchw
        var index = 0
        for plane in 0..<batch * channels {
            for row in 0..<outputHeight {
                for column in 0..<outputWidth {
                    let rows = window.rows.taps(at: row, extent: height)
                    let columns = window.columns.taps(at: column, extent: width)
                    let top = row * window.rows.stride - window.rows.near
                    let left = column * window.columns.stride - window.columns.near
                    var largest = -Float.infinity
                    var sum = 0.0
                    for y in rows {
                        let start = (plane * height + top + y * window.rows.dilation) * width + left
                        for x in columns {
                            let value = input[start + x * window.columns.dilation]
                            largest = max(largest, value)
                            sum += Double(value)
                        }
                    }
                    let count = countsPadding ? window.height * window.width : rows.count * columns.count
                    output.values[index] = kind == .maximum ? largest : Float(sum / Double(count))
                    index += 1
                }
            }
        }
    }

    package func grid(_ inputs: [QuantizationGrid?]) -> QuantizationGrid? { kind == .maximum ? inputs[0] : nil }
}

/// `Operation.globalAveragePooling`.
struct GlobalAveragePooling: OperationDefinition {
    var name: String { "global_average_pooling" }
    var inputCount: ClosedRange<Int> { 1...1 }
    var structure: String { "" }
    var quantizedUse: QuantizedUse { .computes }

    func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
        try inputs[0].checkFeatureMap(for: name)
        return [inputs[0][0], inputs[0][1], 1, 1]
    }

    func work(_ inputs: [Shape], _ output: Shape) -> Int { elementwiseWork(inputs, output) }

    func evaluate(_ inputs: [TensorBuffer], into output: MutableTensorBuffer) {
        let area = inputs[0].shape[2] * inputs[0].shape[3]
        for plane in 0..<output.shape.count {
            var sum = 0.0
            for place in plane * area..<(plane + 1) * area { sum += Double(inputs[0].values[place]) }
            output.values[plane] = Float(sum / Double(area))
        }
    }
}
