// Reference image input: bilinear resize and normalisation. A pure function.

extension Reference {
    /// Frames to N×3×H×W; see `ImageInput` for the definition.
    static func image(_ input: ImageInput, _ frames: [Image]) -> Tensor {
        var values: [Float] = []
        values.reserveCapacity(frames.count * 3 * input.height * input.width)
        for frame in frames {
            let rows = (0..<input.height).map { taps($0, frame.height, input.height) }
            let columns = (0..<input.width).map { taps($0, frame.width, input.width) }
            for channel in 0..<3 {
                for row in rows {
                    for column in columns {
                        func pixel(_ y: Int, _ x: Int) -> Double {
                            Double(frame.pixels[(y * frame.width + x) * 3 + channel])
                        }
                        let upper = mix(pixel(row.low, column.low), pixel(row.low, column.high), column.share)
                        let lower = mix(pixel(row.high, column.low), pixel(row.high, column.high), column.share)
                        let value = mix(upper, lower, row.share)
                        values.append(Float((value - Double(input.mean[channel])) * Double(input.scale[channel])))
                    }
                }
            }
        }
        return Tensor([frames.count, 3, input.height, input.width], values)
    }

    /// The two source positions that a target position lies between, and the second's share.
    private static func taps(_ target: Int, _ source: Int, _ extent: Int) -> (low: Int, high: Int, share: Double) {
        let position = (Double(target) + 0.5) * Double(source) / Double(extent) - 0.5
        let clamped = min(max(position, 0), Double(source - 1))
        let low = Int(clamped)
        return (low, min(low + 1, source - 1), clamped - Double(low))
    }

    private static func mix(_ a: Double, _ b: Double, _ share: Double) -> Double { a + (b - a) * share }
}
