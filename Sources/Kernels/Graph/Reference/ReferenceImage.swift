// Reference image input: resize and normalisation. A pure function.

extension Reference {
    /// Frames to N×3×H×W; see `ImageInput` for the definition.
    static func image(_ input: ImageInput, _ frames: [Image]) -> Tensor {
        var values: [Float] = []
        values.reserveCapacity(frames.count * 3 * input.height * input.width)
        for frame in frames {
            let rows = (0..<input.height).map { taps($0, frame.height, input.height, input.resampling) }
            let columns = (0..<input.width).map { taps($0, frame.width, input.width, input.resampling) }
            for channel in 0..<3 {
                for row in rows {
                    for column in columns {
                        var value = 0.0
                        for (y, down) in row {
                            for (x, across) in column {
                                value += down * across * Double(frame.pixels[(y * frame.width + x) * 3 + channel])
                            }
                        }
                        values.append(Float((value - Double(input.mean[channel])) * Double(input.scale[channel])))
                    }
                }
            }
        }
        return Tensor([frames.count, 3, input.height, input.width], values)
    }

    /// The source positions that a target position is made of, and their weights, of sum 1.
    private static func taps(
        _ target: Int, _ source: Int, _ extent: Int, _ resampling: ImageResampling
    ) -> [(position: Int, weight: Double)] {
        let factor = Double(source) / Double(extent)
        if resampling == .area, source > extent {
            let begin = Double(target * source) / Double(extent)
            let end = Double((target + 1) * source) / Double(extent)
            return (Int(begin)..<Int(end.rounded(.up))).map { position in
                let covered = min(end, Double(position + 1)) - max(begin, Double(position))
                return (position, covered / factor)
            }
        }
        let clamped = min(max((Double(target) + 0.5) * factor - 0.5, 0), Double(source - 1))
        let low = Int(clamped)
        let share = clamped - Double(low)
        return [(low, 1 - share), (min(low + 1, source - 1), share)]
    }
}
