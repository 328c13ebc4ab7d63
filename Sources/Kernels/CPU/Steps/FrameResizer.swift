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
    private let grid: QuantizationGrid?
    /// To numbers, or to q of the grid.
    private let scale: SIMD4<Float>
    private let shift: SIMD4<Float>
    private var sourceWidth = 0
    private var sourceHeight = 0
    private var rows: [CVectors_Span] = []
    /// In elements of a row of interleaved R, G, B.
    private var columns: [CVectors_Span] = []
    /// The scale of sums over rows and columns.
    private var sumScale = SIMD4<Float>()
    /// A sum of source rows; one element longer than a row, since pixels are read four elements at a time.
    private var summed: [Float] = []

    /// - Parameter grid: what numbers are rounded to; nil for floats.
    init(_ input: ImageInput, on grid: QuantizationGrid?) {
        (self.input, self.grid) = (input, grid)
        let scale = SIMD4(input.scale[0], input.scale[1], input.scale[2], 0)
        let shift = -SIMD4(input.mean[0], input.mean[1], input.mean[2], 0) * scale
        self.scale = scale / (grid?.scale ?? 1)
        self.shift = shift / (grid?.scale ?? 1) + Float(grid?.zeroPoint ?? 0)
    }

    /// Bytes that a frame becomes.
    var resultBytes: Int { 3 * input.height * input.width * (grid == nil ? MemoryLayout<Float>.size : 1) }

    /// Writes 3×height×width floats, or height×width×3 bytes.
    func resize(_ frame: Image, into result: UnsafeMutableRawPointer) {
        prepare(frame.width, frame.height)
        let isItsSize = sourceWidth == input.width && sourceHeight == input.height
        frame.pixels.withUnsafeBufferPointer { pixels in
            let source = pixels.baseAddress!
            withUnsafeBytes(of: (sumScale, shift)) { factors in
                let scale = factors.baseAddress!.assumingMemoryBound(to: Float.self)
                let (shift, width) = (scale + 4, input.width)
                guard let grid else {
                    let planes = result.assumingMemoryBound(to: Float.self)
                    sumRows(of: source) { y, summed, columns in
                        CVectors_split_row(
                            summed, columns, scale, shift, planes + y * width, width * input.height, width)
                    }
                    return
                }
                let (low, high) = (Float(grid.indices.lowerBound), Float(grid.indices.upperBound))
                let bytes = result.assumingMemoryBound(to: UInt8.self)
                if isItsSize {
                    CVectors_round_bytes(source, scale, shift, low, high, bytes, width * input.height)
                } else {
                    sumRows(of: source) { y, summed, columns in
                        CVectors_round_row(
                            summed, columns, scale, shift, low, high, bytes + y * width * 3, width)
                    }
                }
            }
        }
    }

    /// Calls a function with each row of the result as a sum of the source's.
    private func sumRows(
        of source: UnsafePointer<UInt8>,
        _ body: (_ row: Int, _ summed: UnsafePointer<Float>, _ columns: UnsafePointer<CVectors_Span>) -> Void
    ) {
        let rowElements = sourceWidth * 3
        summed.withUnsafeMutableBufferPointer { summed in
            columns.withUnsafeBufferPointer { columns in
                for (y, row) in rows.enumerated() {
                    CVectors_sum_rows(
                        source + Int(row.low) * rowElements, rowElements, Int(row.high - row.low) + 1, row.head,
                        row.tail, summed.baseAddress!, rowElements)
                    body(y, summed.baseAddress!, columns.baseAddress!)
                }
            }
        }
    }

    private func prepare(_ width: Int, _ height: Int) {
        guard width != sourceWidth || height != sourceHeight else { return }
        (sourceWidth, sourceHeight) = (width, height)
        let down = spans(from: height, to: input.height, step: 1)
        let across = spans(from: width, to: input.width, step: 3)
        (rows, columns) = (down.spans, across.spans)
        sumScale = scale * Float(down.factor * across.factor)
        summed = [Float](repeating: 0, count: width * 3 + 1)
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
