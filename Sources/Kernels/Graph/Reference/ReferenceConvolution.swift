// Reference convolution and fully connected layer. Pure functions.

extension Reference {
    /// Cross-correlation, a row of outputs at a time: y[o] = b[o] + Σ w[o,i,kh,kw] · x[i, …].
    static func convolution(_ layer: Convolution, _ input: Tensor, _ shape: Shape) -> Tensor {
        let (batch, channels, height, width) = input.shape.nchw
        let (_, outputChannels, outputHeight, outputWidth) = shape.nchw
        let window = layer.window
        let inputsPerGroup = channels / layer.groups
        let outputsPerGroup = outputChannels / layer.groups
        var output = Tensor(zeros: shape)
        var sums = [Double](repeating: 0, count: outputWidth)
        let activation = layer.activation

        input.values.withUnsafeBufferPointer { input in
            layer.weights.values.withUnsafeBufferPointer { weights in
                output.values.withUnsafeMutableBufferPointer { output in
                    sums.withUnsafeMutableBufferPointer { sums in
                        for n in 0..<batch {
                            for o in 0..<outputChannels {
                                let firstInput = o / outputsPerGroup * inputsPerGroup
                                for row in 0..<outputHeight {
                                    sums.update(repeating: Double(layer.bias[o]))
                                    for i in 0..<inputsPerGroup {
                                        for kh in 0..<window.height {
                                            let y =
                                                row * window.rows.stride + kh * window.rows.dilation - window.rows.near
                                            guard (0..<height).contains(y) else { continue }
                                            addRow(
                                                window,
                                                weights.baseAddress!
                                                    + ((o * inputsPerGroup + i) * window.height + kh) * window.width,
                                                input.baseAddress!
                                                    + ((n * channels + firstInput + i) * height + y) * width,
                                                width, sums)
                                        }
                                    }
                                    let start = ((n * outputChannels + o) * outputHeight + row) * outputWidth
                                    for x in 0..<outputWidth { output[start + x] = activation.rounded(sums[x]) }
                                }
                            }
                        }
                    }
                }
            }
        }
        return output
    }

    /// Adds one kernel row over one input row to a row of sums; what lies outside the row is zero.
    private static func addRow(
        _ window: Window, _ weights: UnsafePointer<Float>, _ input: UnsafePointer<Float>, _ width: Int,
        _ sums: UnsafeMutableBufferPointer<Double>
    ) {
        let (stride, dilation, near) = (window.columns.stride, window.columns.dilation, window.columns.near)
        for kw in 0..<window.width {
            let weight = Double(weights[kw])
            // Output column x reads input column x · stride + offset.
            let offset = kw * dilation - near
            let first = offset >= 0 ? 0 : (-offset + stride - 1) / stride
            let end = width > offset ? min(sums.count, (width - offset - 1) / stride + 1) : 0
            guard first < end else { continue }
            for x in first..<end { sums[x] += weight * Double(input[x &* stride &+ offset]) }
        }
    }

    /// y = W x + b over each flattened batch element.
    static func fullyConnected(_ layer: FullyConnected, _ input: Tensor, _ shape: Shape) -> Tensor {
        let (outputs, features) = (layer.weights.shape[0], layer.weights.shape[1])
        var output = Tensor(zeros: shape)
        input.values.withUnsafeBufferPointer { input in
            layer.weights.values.withUnsafeBufferPointer { weights in
                for n in 0..<shape[0] {
                    for o in 0..<outputs {
                        var sum = Double(layer.bias[o])
                        for i in 0..<features {
                            sum += Double(weights[o &* features &+ i]) * Double(input[n &* features &+ i])
                        }
                        output.values[n * outputs + o] = layer.activation.rounded(sum)
                    }
                }
            }
        }
        return output
    }
}
