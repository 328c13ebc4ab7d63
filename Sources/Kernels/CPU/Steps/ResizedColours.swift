// What a frame's sums of R, G and B become: rows of a network's channels, and the border around a letterboxed frame.
// Values, used by the context that resizes.
import CVectors
import NetworkGraph

/// How sums of R, G and B are turned into channels.
struct ResizedColours {
    /// Of R, G, B, the fourth unused: to the network's numbers or, of bytes of R, G, B, to q of the grid.
    let scale: SIMD4<Float>
    let shift: SIMD4<Float>
    /// Whether channels are R, G, B, in this order.
    let isPlain: Bool
    private let channels: ImageChannels
    /// The number of opacity, where there is a channel of it.
    private let opacity: Float

    init(_ input: ImageInput, on grid: QuantizationGrid?) {
        let colours = ImageColours(input)
        channels = input.channels
        isPlain = channels == .rgb
        var (scale, shift) = (SIMD4<Double>(), SIMD4<Double>())
        for colour in 0..<3 {
            if channels == .grey {
                (scale[colour], shift[colour]) = (colours.factors[0][colour], colour == 0 ? colours.offsets[0] : 0)
            } else {
                let channel = channels.isReversed ? 2 - colour : colour
                (scale[colour], shift[colour]) = (colours.factors[channel][colour], colours.offsets[channel])
            }
        }
        if isPlain, let grid {
            scale /= Double(grid.scale)
            shift = shift / Double(grid.scale) + Double(grid.zeroPoint)
        }
        (self.scale, self.shift) = (SIMD4<Float>(scale), SIMD4<Float>(shift))
        opacity = Float(colours.offsets.last ?? 0)
    }

    /// Floats of a row.
    /// - Parameters:
    ///   - factors: scales and shifts of sums, four each.
    ///   - plane: from a channel to the next.
    func write(
        _ summed: UnsafePointer<Float>, _ columns: UnsafePointer<CVectors_Span>, _ factors: UnsafePointer<Float>,
        _ result: UnsafeMutablePointer<Float>, plane: Int, width: Int
    ) {
        guard channels != .grey else {
            CVectors_mix_row(summed, columns, factors, factors + 4, result, width)
            return
        }
        let (first, last) = (Optional(result), Optional(result + 2 * plane))
        let planes = channels.isReversed ? (last, result + plane, first) : (first, result + plane, last)
        withUnsafeBytes(of: planes) { planes in
            CVectors_split_row(
                summed, columns, factors, factors + 4,
                planes.baseAddress!.assumingMemoryBound(to: UnsafeMutablePointer<Float>?.self), width)
        }
        if channels.count == 4 { (result + 3 * plane).update(repeating: opacity, count: width) }
    }
}

extension ImageChannels {
    /// Blue first.
    fileprivate var isReversed: Bool { self == .bgr || self == .bgra }
}

/// The pixels of an input that no frame covers.
struct ResizedBorder {
    private let width: Int
    private let height: Int
    private let inside: ImageArea
    /// A pixel's channels; none where there is no border.
    private let values: [Float]

    init(_ input: ImageInput, _ inside: ImageArea) {
        (width, height, self.inside) = (input.width, input.height, inside)
        guard case .letterbox(let grey) = input.fit, inside != ImageArea(width: width, height: height) else {
            values = []
            return
        }
        values = ImageColours(input).ofGrey(grey)
    }

    func fill(_ planes: UnsafeMutablePointer<Float>) {
        for (channel, value) in values.enumerated() {
            let plane = planes + channel * width * height
            forEachRun { (plane + $0).update(repeating: value, count: $1) }
        }
    }

    func fill(_ bytes: UnsafeMutablePointer<UInt8>, _ grid: QuantizationGrid) {
        guard !values.isEmpty else { return }
        var pixel = [UInt8](repeating: 0, count: values.count)
        CVectors_bytes_of_floats(values, CVectors_Grid(grid), &pixel, values.count)
        forEachRun { start, count in
            for place in start..<start + count {
                for (channel, byte) in pixel.enumerated() { bytes[place * pixel.count + channel] = byte }
            }
        }
    }

    /// Neighbouring pixels around the frame: above, beside and below it.
    private func forEachRun(_ body: (_ start: Int, _ count: Int) -> Void) {
        body(0, inside.y * width)
        for y in inside.y..<inside.y + inside.height {
            body(y * width, inside.x)
            body(y * width + inside.x + inside.width, width - inside.x - inside.width)
        }
        let end = (inside.y + inside.height) * width
        body(end, width * height - end)
    }
}
