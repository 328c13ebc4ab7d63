// Reference image input: resize and normalisation. A pure function.

extension Reference {
    /// Frames to N×C×H×W; see `ImageInput` for the definition.
    static func image(_ input: ImageInput, _ frames: [Image]) -> Tensor {
        var tensor = Tensor(zeros: [frames.count, input.channels.count, input.height, input.width])
        let colours = ImageColours(input)
        let area = input.height * input.width
        for (index, frame) in frames.enumerated() {
            let pixels = pixels(input, frame)
            for channel in 0..<input.channels.count {
                for (position, pixel) in pixels.enumerated() {
                    tensor.values[(index * input.channels.count + channel) * area + position] = Float(
                        colours.value(channel, pixel.x, pixel.y, pixel.z))
                }
            }
        }
        return tensor
    }

    /// R, G and B of the input's pixels, in byte units.
    private static func pixels(_ input: ImageInput, _ frame: Image) -> [SIMD3<Double>] {
        let placement = input.placement(frameWidth: frame.width, frameHeight: frame.height)
        let (source, target) = (placement.source, placement.target)
        let rows = (0..<target.height).map { taps($0, source.height, target.height, input.resampling) }
        let columns = (0..<target.width).map { taps($0, source.width, target.width, input.resampling) }
        var border = SIMD3<Double>()
        if case .letterbox(let grey) = input.fit { border = SIMD3(repeating: Double(grey)) }
        var pixels = [SIMD3<Double>](repeating: border, count: input.height * input.width)
        for (y, row) in rows.enumerated() {
            for (x, column) in columns.enumerated() {
                var sum = SIMD3<Double>()
                for (line, down) in row {
                    for (place, across) in column {
                        let first = ((source.y + line) * frame.width + source.x + place) * 3
                        let bytes = SIMD3(
                            frame.pixels[first], frame.pixels[first + 1], frame.pixels[first + 2])
                        sum += down * across * SIMD3<Double>(bytes)
                    }
                }
                pixels[(target.y + y) * input.width + target.x + x] = sum
            }
        }
        return pixels
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
