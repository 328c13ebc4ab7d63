// The output channels of a layer whose weights are too wide for oneDNN's signed bytes, computed in a step of their own.
// Values, used on the thread of their context.
import CVectors

extension WeightGrid {
    /// Output channels with weights whose `steps` aren't signed bytes. Where a grid's zero point lies beside its middle,
    /// as older models have it, those are the one or two channels with the weights that the grid was made for.
    func wideChannels(_ weights: Tensor) -> [Int] {
        let row = weights.shape.count / weights.shape[0]
        return (0..<weights.shape[0]).filter { channel in
            let range = stepRange(weights.values[channel * row..<(channel + 1) * row], channel)
            return range.lowerBound < -128 || range.upperBound > 127
        }
    }
}

/// Some channels of a layer from unsigned bytes to unsigned bytes, channels last: over what another step left there.
struct WideChannels: Sendable {
    /// One output channel.
    private struct Channel: Sendable {
        let number: Int
        /// First input channel that it reads.
        let input: Int
        /// Rows × columns × inputs of the group.
        let weights: [Int16]
        /// Of each tap's weights, times the input's zero point.
        let zeroSums: [Int32]
        let factor: Float
        let bias: Float
    }

    /// Columns of the result that have the same taps inside of the input.
    private struct Part: Sendable {
        var columns: Range<Int>
        let taps: Range<Int>
    }

    /// More of them are better computed by another library.
    private static let largestShare = 4
    /// Products of a byte and a weight that a sum in 32 bits has room for.
    private static let largestInputs = 1 << 15

    private let window: Window
    private let input: (height: Int, width: Int, channels: Int)
    private let output: (batch: Int, height: Int, width: Int, channels: Int)
    private let inputs: Int
    /// Taps inside of the input, for each row of the result.
    private let rows: [Range<Int>]
    private let parts: [Part]
    private let channels: [Channel]
    private let low: Float
    private let high: Float

    /// Whether a layer's wide channels are few enough.
    static func fit(_ channels: [Int], of layer: Convolution) -> Bool {
        channels.count * largestShare <= layer.outputChannels
            && layer.weights.shape.count / layer.outputChannels <= largestInputs
    }

    /// - Parameters:
    ///   - numbers: the channels'.
    ///   - layer: a convolution, or a fully connected layer as one.
    ///   - steps: its weights.
    ///   - factors: of its sums, one an output channel, and what is added to them then: `biases`.
    ///   - input, output: shapes of rank 4.
    init(
        _ numbers: [Int], of layer: Convolution, steps: [Float], factors: [Double], biases: [Double],
        _ activation: Activation, inputZeroPoint: Int, _ input: Shape, _ output: Shape
    ) {
        let kernel = layer.weights.shape
        let taps = kernel[2] * kernel[3]
        let inputs = kernel[1]
        (window, self.inputs) = (layer.window, inputs)
        self.input = (input[2], input[3], input[1])
        self.output = (output[0], output[2], output[3], output[1])
        rows = (0..<output[2]).map { layer.window.rows.taps(at: $0, extent: input[2]) }
        var parts: [Part] = []
        for x in 0..<output[3] {
            let taps = layer.window.columns.taps(at: x, extent: input[3])
            if parts.last?.taps == taps {
                parts[parts.count - 1].columns = parts[parts.count - 1].columns.lowerBound..<x + 1
            } else {
                parts.append(Part(columns: x..<x + 1, taps: taps))
            }
        }
        self.parts = parts
        channels = numbers.map { number in
            let own = Array(steps[number * inputs * taps..<(number + 1) * inputs * taps]).map { Int16($0) }
            let weights = own.channelsLast([1, inputs, kernel[2], kernel[3]])
            let zeroSums = (0..<taps).map { tap in
                weights[tap * inputs..<(tap + 1) * inputs].reduce(0) { $0 + Int32($1) } * Int32(inputZeroPoint)
            }
            return Channel(
                number: number, input: number / (kernel[0] / layer.groups) * inputs, weights: weights,
                zeroSums: zeroSums, factor: Float(factors[number]), bias: Float(biases[number]))
        }
        let bounds = activation.range
        // Sums are rounded first.
        low = min(max(bounds.low.rounded(.toNearestOrEven), 0), 255)
        high = min(max(bounds.high.rounded(.toNearestOrEven), 0), 255)
    }

    /// Of the whole input and the whole result.
    var operandBytes: [Int] {
        [
            output.batch * input.height * input.width * input.channels,
            output.batch * output.height * output.width * output.channels,
        ]
    }

    func run(_ source: UnsafeMutableRawPointer, _ result: UnsafeMutableRawPointer) {
        let bytes = UnsafePointer(source.assumingMemoryBound(to: UInt8.self))
        let results = result.assumingMemoryBound(to: UInt8.self)
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: output.width) { sums in
            for channel in channels {
                channel.weights.withUnsafeBufferPointer { weights in
                    for row in 0..<output.batch * output.height {
                        let (image, y) = row.quotientAndRemainder(dividingBy: output.height)
                        let source = bytes + image * input.height * input.width * input.channels
                        let target = results + row * output.width * output.channels
                        for part in parts {
                            sum(
                                channel, weights.baseAddress!, part, y, source,
                                to: sums.baseAddress! + part.columns.lowerBound)
                        }
                        CVectors_round_sums(
                            sums.baseAddress!, channel.factor, channel.bias, low, high, target + channel.number,
                            output.channels, output.width)
                    }
                }
            }
        }
    }

    /// A channel's sums for some columns of a row. Zero points stand for taps beyond the edges, and come to nothing.
    private func sum(
        _ channel: Channel, _ weights: UnsafePointer<Int16>, _ part: Part, _ y: Int, _ image: UnsafePointer<UInt8>,
        to sums: UnsafeMutablePointer<Int32>
    ) {
        let (taps, rows) = (part.taps, rows[y])
        var zero: Int32 = 0
        for row in rows { for tap in taps { zero += channel.zeroSums[row * window.width + tap] } }
        // Where all of a row's taps lie side by side, they are one.
        let isDense = inputs == input.channels && window.columns.dilation == 1
        let shape = CVectors_Window(
            rows: rows.count, row_step: window.rows.dilation * input.width * input.channels,
            taps: isDense ? 1 : taps.count, tap_step: window.columns.dilation * input.channels,
            inputs: isDense ? taps.count * inputs : inputs, weight_step: window.width * inputs)
        let line = y * window.rows.stride - window.rows.near + rows.lowerBound * window.rows.dilation
        let column =
            part.columns.lowerBound * window.columns.stride - window.columns.near
            + taps.lowerBound * window.columns.dilation
        CVectors_windows(
            image + (line * input.width + column) * input.channels + channel.input,
            window.columns.stride * input.channels,
            weights + (rows.lowerBound * window.width + taps.lowerBound) * inputs, shape, zero, sums,
            part.columns.count)
    }
}
