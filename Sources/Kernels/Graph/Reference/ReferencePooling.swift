// Reference pooling. Pure functions.

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
                    let rows = window.rows.taps(at: row, extent: height)
                    let columns = window.columns.taps(at: column, extent: width)
                    let top = row * window.rows.stride - window.rows.near
                    let left = column * window.columns.stride - window.columns.near
                    var largest = -Float.infinity
                    var sum = 0.0
                    for y in rows {
                        let start = (plane * height + top + y * window.rows.dilation) * width + left
                        for x in columns {
                            let value = input.values[start + x * window.columns.dilation]
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
}
