// The output channels of a layer whose weights are too wide for oneDNN's signed bytes, computed in a step of their own.
// Values, used on the thread of their context.
import CVectors
import NetworkGraph

extension WeightGrid {
    /// Output channels with weights whose `steps` aren't signed bytes. Where a grid's zero point lies beside its
    /// middle, as older models have it, those are the one or two channels with the weights that the grid was made for.
    func overflowChannels(_ weights: Tensor) -> [Int] {
        let row = weights.shape.count / weights.shape[0]
        return (0..<weights.shape[0]).filter { channel in
            let range = stepRange(weights.values[channel * row..<(channel + 1) * row], channel)
            return range.lowerBound < -128 || range.upperBound > 127
        }
    }
}

/// Some channels of a layer from unsigned bytes to unsigned bytes, channels last: over what another step left there.
struct OverflowChannels: Sendable {
    /// One output channel.
    private struct Channel: Sendable {
        let number: Int
        /// First input channel that it reads.
        let input: Int
        /// Rows × columns × inputs of the group.
        let weights: [Int16]
        /// The weights' sum times the input's zero point.
        let zero: Int32
        let factor: Float
        let bias: Float
    }

    /// Bytes that windows lie over.
    private struct Map {
        let start: UnsafePointer<UInt8>
        /// From one pixel to the next, and from one row.
        let pixel: Int
        let row: Int
    }

    /// More of them are better computed by another library.
    private static let largestShare = 4
    /// Bytes that windows may cover beside four times the input: hostile files have padding beyond measure.
    private static let largestPadding = 1 << 24
    /// Products of a byte and a weight that a sum in 32 bits has room for.
    private static let largestInputs = 1 << 15

    private let window: Window
    private let input: (height: Int, width: Int, channels: Int)
    private let output: (batch: Int, height: Int, width: Int, channels: Int)
    private let inputs: Int
    private let zeroPoint: UInt8
    /// What the windows cover, padding included.
    private let covered: (height: Int, width: Int)
    private let channels: [Channel]
    private let low: Float
    private let high: Float

    /// Whether a layer's overflow channels, its sums and its padding are few enough.
    /// - Parameters:
    ///   - input, output: of rank 4 where the layer has padding.
    static func fit(_ channels: [Int], of layer: Convolution, _ input: Shape, _ output: Shape) -> Bool {
        guard channels.count * largestShare <= layer.outputChannels,
            layer.weights.shape.count / layer.outputChannels <= largestInputs
        else { return false }
        guard layer.window.padding != .none else { return true }
        let covered = layer.window.covered(by: output)
        return (covered.height * covered.width - 4 * input[2] * input[3]) * layer.weights.shape[1] <= largestPadding
    }

    /// - Parameters:
    ///   - numbers: the channels'.
    ///   - layer: a convolution, or a fully connected layer as one.
    ///   - steps: its weights.
    ///   - factors: of its sums, one an output channel, and what is added to them then: `biases`.
    ///   - bounds: of the result.
    ///   - input, output: shapes of rank 4.
    init(
        _ numbers: [Int], of layer: Convolution, steps: [Float], factors: [Double], biases: [Double],
        _ bounds: ClosedRange<Int>, inputZeroPoint: Int, _ input: Shape, _ output: Shape
    ) {
        let kernel = layer.weights.shape
        let (inputs, products) = (kernel[1], kernel.count / kernel[0])
        (window, self.inputs, zeroPoint) = (layer.window, inputs, UInt8(inputZeroPoint))
        self.input = (input[2], input[3], input[1])
        self.output = (output[0], output[2], output[3], output[1])
        covered = layer.window.covered(by: output)
        channels = numbers.map { number in
            let own = Array(steps[number * products..<(number + 1) * products]).map { Int16($0) }
            return Channel(
                number: number, input: number / (kernel[0] / layer.groups) * inputs,
                weights: own.channelsLast([1, inputs, kernel[2], kernel[3]]),
                zero: own.reduce(0) { $0 + Int32($1) } * Int32(inputZeroPoint), factor: Float(factors[number]),
                bias: Float(biases[number]))
        }
        (low, high) = (Float(bounds.lowerBound), Float(bounds.upperBound))
    }

    /// Of the whole input, the whole result, and scratch.
    var operandBytes: [Int] {
        [
            output.batch * input.height * input.width * input.channels,
            output.batch * output.height * output.width * output.channels,
            isPointwise ? 0 : covered.height * covered.width * inputs,
        ]
    }

    private var isPointwise: Bool { window.height * window.width == 1 && window.padding == .none }

    func run(
        _ source: UnsafeMutableRawPointer, _ result: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
    ) {
        let bytes = UnsafePointer(source.assumingMemoryBound(to: UInt8.self))
        let results = result.assumingMemoryBound(to: UInt8.self)
        for image in 0..<output.batch {
            let source = bytes + image * input.height * input.width * input.channels
            let target = results + image * output.height * output.width * output.channels
            var packed: (input: Int, map: Map)?
            for channel in channels {
                if isPointwise {
                    let map = Map(
                        start: source + channel.input, pixel: input.channels, row: input.width * input.channels)
                    compute(channel, map, target + channel.number)
                    continue
                }
                if packed?.input != channel.input {
                    let scratch = scratch.assumingMemoryBound(to: UInt8.self)
                    packed = (channel.input, pack(source + channel.input, into: scratch))
                }
                compute(channel, packed!.map, target + channel.number)
            }
        }
    }

    /// Brings the inputs of a group together, with zero points around them.
    private func pack(_ source: UnsafePointer<UInt8>, into scratch: UnsafeMutablePointer<UInt8>) -> Map {
        let (top, left) = (window.padding.top, window.padding.left)
        let row = covered.width * inputs
        scratch.update(repeating: zeroPoint, count: covered.height * row)
        let width = min(input.width, covered.width - left)
        if width > 0 {
            for y in 0..<max(0, min(input.height, covered.height - top)) {
                CVectors_pack(
                    source + y * input.width * input.channels, input.channels, inputs,
                    scratch + (top + y) * row + left * inputs, width)
            }
        }
        return Map(start: UnsafePointer(scratch), pixel: inputs, row: row)
    }

    private func compute(_ channel: Channel, _ map: Map, _ result: UnsafeMutablePointer<UInt8>) {
        let (rows, columns) = (window.rows, window.columns)
        // Inputs that lie side by side are one tap's, but for windows that vectors can take many of.
        let isOneTap = columns.dilation == 1 && map.pixel == inputs && (inputs > 1 || columns.stride > 1)
        let shape = CVectors_Window(
            rows: window.height, row_step: rows.dilation * map.row, taps: isOneTap ? 1 : window.width,
            tap_step: columns.dilation * map.pixel, inputs: isOneTap ? window.width * inputs : inputs,
            weight_step: window.width * inputs)
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: output.width) { sums in
            channel.weights.withUnsafeBufferPointer { weights in
                for y in 0..<output.height {
                    CVectors_windows(
                        map.start + y * rows.stride * map.row, columns.stride * map.pixel, weights.baseAddress!, shape,
                        channel.zero, sums.baseAddress!, output.width)
                    CVectors_round_sums(
                        sums.baseAddress!, channel.factor, channel.bias, low, high,
                        result + y * output.width * output.channels, output.channels, output.width)
                }
            }
        }
    }
}

extension Window {
    /// Rows and columns from the first window's first to the last one's last, padding included.
    fileprivate func covered(by output: Shape) -> (height: Int, width: Int) {
        ((output[2] - 1) * rows.stride + rows.span, (output[3] - 1) * columns.stride + columns.span)
    }
}
