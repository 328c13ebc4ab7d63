// A transposed convolution as convolutions: each computes the results that lie a stride apart. Values.
import NetworkGraph

/// Along one axis: the taps of a transposed convolution that reach each `stride`-th result, and where they go over the
/// input.
struct TransposedPhase {
    /// In the order in which they go over the input; none: nothing reaches these results.
    let taps: [Int]
    let axis: Window.Axis

    /// - Parameter start: the first result; less than the stride.
    init(_ axis: Window.Axis, start: Int) {
        // Result start + stride · q takes input q + (start + near − tap · dilation) ÷ stride, where that is whole.
        func distance(_ tap: Int) -> Int { start + axis.near - tap * axis.dilation }
        taps = (0..<axis.kernel).reversed().filter { distance($0).isMultiple(of: axis.stride) }
        let offsets = taps.map { distance($0) / axis.stride }
        self.axis = Window.Axis(
            kernel: max(taps.count, 1), dilation: offsets.count > 1 ? offsets[1] - offsets[0] : 1,
            near: -(offsets.first ?? 0))
    }
}

extension TransposedConvolution {
    /// The convolution that computes the results of two phases.
    func convolution(_ rows: TransposedPhase, _ columns: TransposedPhase) -> Convolution {
        let window = Window(rows: rows.axis, columns: columns.axis)
        let (inputs, outputs) = (inputChannels / groups, outputChannels / groups)
        var values = [Float](repeating: 0, count: outputChannels * inputs * window.height * window.width)
        for output in 0..<outputChannels {
            for input in 0..<inputs {
                let from = ((output / outputs * inputs + input) * outputs + output % outputs) * self.window.height
                let to = (output * inputs + input) * window.height
                for (y, row) in rows.taps.enumerated() {
                    for (x, column) in columns.taps.enumerated() {
                        values[(to + y) * window.width + x] =
                            weights.values[(from + row) * self.window.width + column]
                    }
                }
            }
        }
        return Convolution(
            weights: Tensor([outputChannels, inputs, window.height, window.width], values), bias: bias, window: window,
            groups: groups)
    }
}

extension OpenCLPlan {
    mutating func append(_ id: Network.NodeID, _ layer: TransposedConvolution) {
        let (source, whole) = (view(network.nodes[id].inputs[0]), view(id))
        let (rows, columns) = (layer.window.rows, layer.window.columns)
        for y in 0..<min(rows.stride, whole.height) {
            for x in 0..<min(columns.stride, whole.width) {
                let part = layer.convolution(TransposedPhase(rows, start: y), TransposedPhase(columns, start: x))
                var target = whole
                target.base += y * whole.row + x * whole.pixel
                target.height = (whole.height - y).dividedRoundingUp(by: rows.stride)
                target.width = (whole.width - x).dividedRoundingUp(by: columns.stride)
                (target.row, target.pixel) = (whole.row * rows.stride, whole.pixel * columns.stride)
                let launch = ConvolutionLaunch(
                    layer: part, source: source, target: target, addend: nil, activation: .identity,
                    configuration: traits.configuration(
                        OpenCLLayer(part, [target.batch, target.channels, target.height, target.width])),
                    traits: traits)
                let (step, packed) =
                    part.isDepthwise
                    ? launch.depthwise(node: id, constant: constants.count, zeros: layout.zeros)
                    : launch.direct(node: id, constant: constants.count, zeros: layout.zeros)
                append(step)
                append(.values(packed))
            }
        }
    }
}
