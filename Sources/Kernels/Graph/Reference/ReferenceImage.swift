// Reference image input: resize, colours and normalisation, in double precision. Pure functions.

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
        var border = SIMD3<Double>()
        if case .letterbox(let grey) = input.fit { border = SIMD3(repeating: Double(grey)) }
        var pixels = [SIMD3<Double>](repeating: border, count: input.height * input.width)
        let inside = frame.colours(placement, input.resampling)
        let target = placement.target
        for y in 0..<target.height {
            for x in 0..<target.width {
                pixels[(target.y + y) * input.width + target.x + x] = inside[y * target.width + x]
            }
        }
        return pixels
    }
}

extension Image {
    /// The upright picture as bytes R, G, B, rows contiguous from the top: `width × height × 3`, made anew each time.
    public var pixels: [UInt8] {
        let whole = ImageArea(width: width, height: height)
        return colours(ImagePlacement(source: whole, target: whole), .area).flatMap { colour in
            (0..<3).map { UInt8(colour[$0].rounded()) }
        }
    }

    /// R, G and B from 0 to 255 of the pixels that a part of the upright picture becomes.
    fileprivate func colours(_ placement: ImagePlacement, _ resampling: ImageResampling) -> [SIMD3<Double>] {
        let target = placement.target
        let source = orientation.stored(placement.source, width: width, height: height)
        let (columns, rows) =
            orientation.isTransposed ? (target.height, target.width) : (target.width, target.height)
        let layout = format.layout
        let conversion = SampleConversion(format, colours)
        let components = withPlanes { planes in
            layout.components.map { component in
                let down = (0..<rows).map {
                    taps($0, stored.y + source.y, source.height, rows, component.height, resampling)
                }
                let across = (0..<columns).map {
                    taps($0, stored.x + source.x, source.width, columns, component.width, resampling)
                }
                let plane = [planes.0, planes.1, planes.2][component.plane]
                return plane.resampled(component, layout.bytesPerSample, down, across)
            }
        }
        var result = [SIMD3<Double>](repeating: SIMD3(), count: rows * columns)
        let steps = orientation.steps(width: target.width, height: target.height, rowLength: target.width)
        for y in 0..<rows {
            for x in 0..<columns {
                let place = y * columns + x
                let (first, second, third) = (components[0][place], components[1][place], components[2][place])
                for colour in 0..<3 {
                    result[steps.start + x * steps.along + y * steps.down][colour] = conversion.value(
                        colour, first, second, third)
                }
            }
        }
        return result
    }

    private typealias Tap = (position: Int, weight: Double)

    /// The samples that a position of the result is made of, and their weights, of sum 1.
    private func taps(
        _ index: Int, _ start: Int, _ length: Int, _ count: Int, _ pixels: Int, _ resampling: ImageResampling
    ) -> [Tap] {
        let factor = Double(length) / Double(count) / Double(pixels)
        if resampling == .area, factor > 1 {
            let begin = Double(start * count + index * length) / Double(count * pixels)
            let end = Double(start * count + (index + 1) * length) / Double(count * pixels)
            return (Int(begin)..<Int(end.rounded(.up))).map { position in
                let covered = min(end, Double(position + 1)) - max(begin, Double(position))
                return (position, covered / factor)
            }
        }
        let (first, last) = (start / pixels, (start + length - 1) / pixels)
        let centre = Double(start) / Double(pixels) + (Double(index) + 0.5) * factor - 0.5
        let clamped = min(max(centre, Double(first)), Double(last))
        let low = Int(clamped)
        let share = clamped - Double(low)
        return [(low, 1 - share), (min(low + 1, last), share)]
    }
}

extension ImagePlane {
    /// Weighted sums of a component's samples.
    fileprivate func resampled(
        _ component: PixelComponent, _ bytesPerSample: Int, _ down: [[(position: Int, weight: Double)]],
        _ across: [[(position: Int, weight: Double)]]
    ) -> [Double] {
        func sample(_ x: Int, _ y: Int) -> Double {
            let place = base + y * stride + (component.offset + x * component.step) * bytesPerSample
            return bytesPerSample == 1
                ? Double(place.load(as: UInt8.self)) : Double(UInt16(littleEndian: place.load(as: UInt16.self)))
        }
        return down.flatMap { rows in
            across.map { columns in
                rows.reduce(0) { (sum: Double, row) in
                    columns.reduce(sum) { $0 + row.weight * $1.weight * sample($1.position, row.position) }
                }
            }
        }
    }
}
