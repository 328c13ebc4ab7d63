// Reference pooling, concatenation and softmax. Pure functions.
import Foundation

extension Reference {
    static func pooling(_ layer: Pooling, _ input: Tensor, _ shape: Shape) -> Tensor {
        let (_, _, height, width) = input.shape.nchw
        let (batch, channels, outputHeight, outputWidth) = shape.nchw
        let window = layer.window
        var values: [Float] = []
        values.reserveCapacity(shape.count)
        for plane in 0..<batch * channels {
            for row in 0..<outputHeight {
                for column in 0..<outputWidth {
                    let top = row * window.stride - window.padding.top
                    let left = column * window.stride - window.padding.left
                    let rows = max(top, 0)..<min(top + window.height, height)
                    let columns = max(left, 0)..<min(left + window.width, width)
                    var largest = -Float.infinity
                    var sum = 0.0
                    for y in rows {
                        for x in columns {
                            let value = input.values[(plane * height + y) * width + x]
                            largest = max(largest, value)
                            sum += Double(value)
                        }
                    }
                    let count = layer.countsPadding ? window.height * window.width : rows.count * columns.count
                    values.append(layer.kind == .maximum ? largest : Float(sum / Double(count)))
                }
            }
        }
        return Tensor(shape, values)
    }

    static func globalAveragePooling(_ input: Tensor, _ shape: Shape) -> Tensor {
        let area = input.shape[2] * input.shape[3]
        return Tensor(
            shape,
            (0..<shape.count).map { plane in
                let sum = input.values[plane * area..<(plane + 1) * area].reduce(0.0) { $0 + Double($1) }
                return Float(sum / Double(area))
            })
    }

    /// Each batch element of the result is the inputs' batch elements, one after another.
    static func concatenation(_ inputs: [Tensor], _ shape: Shape) -> Tensor {
        var values: [Float] = []
        values.reserveCapacity(shape.count)
        for n in 0..<shape[0] {
            for input in inputs {
                let count = input.shape.count / shape[0]
                values.append(contentsOf: input.values[n * count..<(n + 1) * count])
            }
        }
        return Tensor(shape, values)
    }

    /// e^(x − max) ÷ Σ e^(x − max) over the channels of each pixel.
    static func softmax(_ input: Tensor) -> Tensor {
        let (batch, channels, height, width) = input.shape.nchw
        var output = input
        for n in 0..<batch {
            for pixel in 0..<height * width {
                let indices = (0..<channels).map { (n * channels + $0) * height * width + pixel }
                let largest = indices.map { Double(input.values[$0]) }.max() ?? 0
                let powers = indices.map { exp(Double(input.values[$0]) - largest) }
                let sum = powers.reduce(0, +)
                for (index, power) in zip(indices, powers) { output.values[index] = Float(power / sum) }
            }
        }
        return output
    }
}
