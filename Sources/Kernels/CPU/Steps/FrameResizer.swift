// Image input on the CPU: resize, normalise and, where the network begins so, round a frame in one pass. Owned by a
// context, used on its thread.
import CVectors
import NetworkGraph

/// Turns frames into planes of normalised floats, as `ImageInput` defines it, or into pixels of a grid's bytes. Keeps
/// its tables while frames keep their size.
///
/// Each result is a sum of whole rows and columns and of shares of the outermost, whichever the resampling. Rows come
/// first: bytes are summed as whole numbers, many at a time, so that each is read about once.
final class FrameResizer {
    private let input: ImageInput
    private let colours: ResizedColours
    private let grid: QuantizationGrid?
    private var frameWidth = 0
    private var frameHeight = 0
    private var placement: ImagePlacement
    private var rows: [CVectors_Span] = []
    /// In elements of a row of interleaved R, G, B.
    private var columns: [CVectors_Span] = []
    /// The scale of sums over rows and columns.
    private var sumScale = SIMD4<Float>()
    /// A sum of source rows; one element longer than a row, since pixels are read four elements at a time.
    private var summed: [Float] = []
    /// What no frame of this size covers.
    private var border: ResizedBorder
    /// A row of floats that are rounded next: bytes of other pixels than R, G, B.
    private var unrounded: [Float]

    /// - Parameter grid: what numbers are rounded to; nil for floats.
    init(_ input: ImageInput, on grid: QuantizationGrid?) {
        (self.input, self.grid) = (input, grid)
        colours = ResizedColours(input, on: grid)
        placement = input.placement(frameWidth: 1, frameHeight: 1)
        border = ResizedBorder(input, placement.target)
        let rowLength = input.width * input.channels.count
        unrounded = [Float](repeating: 0, count: grid == nil || colours.isPlain ? 0 : rowLength)
    }

    /// Bytes that a frame becomes.
    var resultBytes: Int { input.shape.count / input.batch * (grid == nil ? MemoryLayout<Float>.size : 1) }

    /// Writes channels×height×width floats, or height×width×channels bytes.
    func resize(_ frame: Image, into result: UnsafeMutableRawPointer) {
        prepare(frame.width, frame.height)
        frame.pixels.withUnsafeBufferPointer { pixels in
            let source = pixels.baseAddress! + (placement.source.y * frameWidth + placement.source.x) * 3
            withUnsafeBytes(of: (sumScale, colours.shift)) { factors in
                let factors = factors.baseAddress!.assumingMemoryBound(to: Float.self)
                if let grid {
                    let bytes = result.assumingMemoryBound(to: UInt8.self)
                    border.fill(bytes, grid)
                    writeBytes(source, factors, grid, bytes)
                } else {
                    let planes = result.assumingMemoryBound(to: Float.self)
                    border.fill(planes)
                    writePlanes(source, factors, planes)
                }
            }
        }
    }

    /// - Parameter factors: four scales and four shifts.
    private func writePlanes(
        _ source: UnsafePointer<UInt8>, _ factors: UnsafePointer<Float>, _ planes: UnsafeMutablePointer<Float>
    ) {
        let (target, colours, width) = (placement.target, colours, input.width)
        let plane = width * input.height
        sumRows(of: source) { y, summed, columns in
            colours.write(
                summed, columns, factors, planes + (target.y + y) * width + target.x, plane: plane,
                width: target.width)
        }
    }

    private func writeBytes(
        _ source: UnsafePointer<UInt8>, _ factors: UnsafePointer<Float>, _ grid: QuantizationGrid,
        _ bytes: UnsafeMutablePointer<UInt8>
    ) {
        let (target, colours, channels) = (placement.target, colours, input.channels.count)
        let (low, high) = (Float(grid.indices.lowerBound), Float(grid.indices.upperBound))
        let (scale, shift) = (factors, factors + 4)
        let rowBytes = input.width * channels
        let bytes = bytes + target.y * rowBytes + target.x * channels
        guard colours.isPlain else {
            unrounded.withUnsafeMutableBufferPointer { unrounded in
                let row = unrounded.baseAddress!
                sumRows(of: source) { y, summed, columns in
                    colours.write(summed, columns, factors, row, plane: target.width, width: target.width)
                    CVectors_pixels_of_planes(row, channels, target.width, CVectors_Grid(grid), bytes + y * rowBytes)
                }
            }
            return
        }
        if placement.source.width == frameWidth, frameWidth == input.width, placement.source.height == target.height {
            // Of its size, and all of its rows: one row of pixels.
            CVectors_round_bytes(source, scale, shift, low, high, bytes, frameWidth * target.height)
            return
        }
        sumRows(of: source) { y, summed, columns in
            CVectors_round_row(summed, columns, scale, shift, low, high, bytes + y * rowBytes, target.width)
        }
    }

    /// Calls a function with each row of the result as a sum of the source's.
    private func sumRows(
        of source: UnsafePointer<UInt8>,
        _ body: (_ row: Int, _ summed: UnsafePointer<Float>, _ columns: UnsafePointer<CVectors_Span>) -> Void
    ) {
        let (step, count) = (frameWidth * 3, placement.source.width * 3)
        summed.withUnsafeMutableBufferPointer { summed in
            columns.withUnsafeBufferPointer { columns in
                for (y, row) in rows.enumerated() {
                    CVectors_sum_rows(
                        source + Int(row.low) * step, step, Int(row.high - row.low) + 1, row.head, row.tail,
                        summed.baseAddress!, count)
                    body(y, summed.baseAddress!, columns.baseAddress!)
                }
            }
        }
    }

    private func prepare(_ width: Int, _ height: Int) {
        guard width != frameWidth || height != frameHeight else { return }
        (frameWidth, frameHeight) = (width, height)
        placement = input.placement(frameWidth: width, frameHeight: height)
        border = ResizedBorder(input, placement.target)
        let (source, target) = (placement.source, placement.target)
        let down = spans(from: source.height, to: target.height, step: 1)
        let across = spans(from: source.width, to: target.width, step: 3)
        (rows, columns) = (down.spans, across.spans)
        sumScale = colours.scale * Float(down.factor * across.factor)
        summed = [Float](repeating: 0, count: source.width * 3 + 1)
    }

    /// What each result is a sum of along an axis, and by what to multiply sums.
    private func spans(from source: Int, to target: Int, step: Int) -> (spans: [CVectors_Span], factor: Double) {
        func span(_ low: Int, _ high: Int, head: Float, tail: Float) -> CVectors_Span {
            CVectors_Span(low: Int32(low * step), high: Int32(high * step), head: head, tail: tail)
        }
        if input.resampling == .area, source > target {
            // In parts of a pixel, `target` of which are one.
            let spans = (0..<target).map { index in
                let (begin, end) = (index * source, (index + 1) * source)
                let (low, high) = (begin / target, (end - 1) / target)
                return span(
                    low, high, head: Float((low + 1) * target - begin) / Float(target),
                    tail: Float(end - high * target) / Float(target))
            }
            return (spans, Double(target) / Double(source))
        }
        let spans = (0..<target).map { index in
            // In halves of such parts, so that centres are whole numbers.
            let position = min(max((2 * index + 1) * source - target, 0), (source - 1) * 2 * target)
            let (low, rest) = position.quotientAndRemainder(dividingBy: 2 * target)
            let share = Float(rest) / Float(2 * target)
            return span(low, rest > 0 ? low + 1 : low, head: 1 - share, tail: share)
        }
        return (spans, 1)
    }
}
