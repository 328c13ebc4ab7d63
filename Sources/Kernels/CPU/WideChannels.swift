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
        let zeroSums: [Int]
        let zeroSum: Int
        let factor: Float
        let bias: Float
    }

    /// More of them are better computed by another library.
    private static let largestShare = 4
    /// Products of a byte and a weight that a sum in 32 bits has room for.
    private static let largestInputs = 1 << 15
    /// Fewer bytes than a vector are multiplied here.
    private static let vector = 16

    private let window: Window
    private let input: (height: Int, width: Int, channels: Int)
    private let output: (batch: Int, height: Int, width: Int, channels: Int)
    private let inputs: Int
    /// Taps inside of the input, for each row and for each column of the result.
    private let rows: [Range<Int>]
    private let columns: [Range<Int>]
    /// Where the window's elements lie, from its first on.
    private let offsets: [Int]
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
        columns = (0..<output[3]).map { layer.window.columns.taps(at: $0, extent: input[3]) }
        offsets = (0..<taps * inputs).map { element in
            let (tap, channel) = element.quotientAndRemainder(dividingBy: inputs)
            let (row, column) = tap.quotientAndRemainder(dividingBy: kernel[3])
            let pixel = row * layer.window.rows.dilation * input[3] + column * layer.window.columns.dilation
            return pixel * input[1] + channel
        }
        channels = numbers.map { number in
            let own = Array(steps[number * inputs * taps..<(number + 1) * inputs * taps]).map { Int16($0) }
            let weights = own.channelsLast([1, inputs, kernel[2], kernel[3]])
            let zeroSums = (0..<taps).map { tap in
                weights[tap * inputs..<(tap + 1) * inputs].reduce(0) { $0 + Int($1) } * inputZeroPoint
            }
            return Channel(
                number: number, input: number / (kernel[0] / layer.groups) * inputs, weights: weights,
                zeroSums: zeroSums, zeroSum: zeroSums.reduce(0, +), factor: Float(factors[number]),
                bias: Float(biases[number]))
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
        let bytes = source.assumingMemoryBound(to: UInt8.self)
        var pixel = result.assumingMemoryBound(to: UInt8.self)
        for image in 0..<output.batch {
            let start = bytes + image * input.height * input.width * input.channels
            for y in 0..<output.height {
                for x in 0..<output.width {
                    let isWhole = rows[y].count == window.height && columns[x].count == window.width
                    let line = (y * window.rows.stride - window.rows.near) * input.width
                    let first = line + x * window.columns.stride - window.columns.near
                    for channel in channels {
                        let values = start + first * input.channels + channel.input
                        let sum =
                            isWhole && inputs < Self.vector
                            ? sum(channel, values) : sum(channel, values, rows[y], columns[x])
                        // What is no number becomes the lowest.
                        let q = (channel.factor * Float(sum) + channel.bias).rounded(.toNearestOrEven)
                        pixel[channel.number] = UInt8(min(max(low, q), high))
                    }
                    pixel += output.channels
                }
            }
        }
    }

    /// Of a window that lies in the input.
    @inline(__always)
    private func sum(_ channel: Channel, _ values: UnsafePointer<UInt8>) -> Int {
        offsets.withUnsafeBufferPointer { offsets in
            channel.weights.withUnsafeBufferPointer { weights in
                var sum: Int32 = 0
                for element in 0..<offsets.count {
                    sum &+= Int32(values[offsets[element]]) &* Int32(weights[element])
                }
                return Int(sum) - channel.zeroSum
            }
        }
    }

    /// Of the taps that do; zero points stand for the others, and come to nothing.
    @inline(__always)
    private func sum(
        _ channel: Channel, _ values: UnsafePointer<UInt8>, _ rows: Range<Int>, _ columns: Range<Int>
    ) -> Int {
        channel.weights.withUnsafeBufferPointer { weights in
            var sum = 0
            for row in rows {
                for column in columns {
                    let tap = row * window.width + column
                    let element = tap * inputs
                    let dot = CVectors_dot(values + offsets[element], weights.baseAddress! + element, inputs)
                    sum += Int(dot) - channel.zeroSums[tap]
                }
            }
            return sum
        }
    }
}
