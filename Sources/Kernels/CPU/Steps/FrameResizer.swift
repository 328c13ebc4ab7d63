// Image input on the CPU: resize, normalise and, where the network begins so, round a frame in one pass. Owned by a
// context, used on its thread.
import CVectors
import NetworkGraph

/// Turns frames into planes of normalised floats, as `ImageInput` defines it, or into pixels of a grid's bytes. Upright
/// bytes R, G, B have a way of their own here, which is about twice as fast; it keeps its tables while they keep their
/// size. `PlaneResizer` takes all other frames.
///
/// Each result is a sum of whole rows and columns and of shares of the outermost, whichever the resampling. Rows come
/// first: bytes are summed as whole numbers, many at a time, so that each is read about once.
final class FrameResizer {
    private let input: ImageInput
    private let colours: ResizedColours
    private let grid: QuantizationGrid?
    private var others: PlaneResizer
    private var geometry: ImageGeometry?
    private var placement: ImagePlacement
    private var rows: [ImageSpan] = []
    /// Of a row that is looked at.
    private var firstElement = 0
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
        others = PlaneResizer(input, on: grid)
        placement = input.placement(frameWidth: 1, frameHeight: 1)
        border = ResizedBorder(input, placement.target)
        let rowLength = input.width * input.channels.count
        unrounded = [Float](repeating: 0, count: grid == nil || colours.isPlain ? 0 : rowLength)
    }

    /// Bytes that a frame becomes.
    var resultBytes: Int { input.shape.count / input.batch * (grid == nil ? MemoryLayout<Float>.size : 1) }

    /// Writes channels×height×width floats, or height×width×channels bytes.
    func resize(_ frame: Image, into result: UnsafeMutableRawPointer) {
        if frame.geometry != geometry { prepare(frame) }
        if let grid {
            border.fill(result.assumingMemoryBound(to: UInt8.self), grid)
        } else {
            border.fill(result.assumingMemoryBound(to: Float.self))
        }
        guard Self.isOfItsOwn(frame) else { return others.resize(frame, into: result) }
        frame.withPlanes { planes in
            withUnsafeBytes(of: (sumScale, colours.shift)) { factors in
                let factors = factors.baseAddress!.assumingMemoryBound(to: Float.self)
                if let grid {
                    writeBytes(planes.0, factors, grid, result.assumingMemoryBound(to: UInt8.self))
                } else {
                    writePlanes(planes.0, factors, result.assumingMemoryBound(to: Float.self))
                }
            }
        }
    }

    /// - Parameter factors: four scales and four shifts.
    private func writePlanes(
        _ source: ImagePlane, _ factors: UnsafePointer<Float>, _ planes: UnsafeMutablePointer<Float>
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
        _ source: ImagePlane, _ factors: UnsafePointer<Float>, _ grid: QuantizationGrid,
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
        let part = placement.source
        if part.width == target.width, part.height == target.height, target.width == input.width,
            source.stride == part.width * 3
        {
            // Of its size, and all of its rows: one row of pixels.
            let first = source.base.assumingMemoryBound(to: UInt8.self) + rows[0].low * source.stride + firstElement
            CVectors_round_bytes(first, scale, shift, low, high, bytes, part.width * part.height)
            return
        }
        sumRows(of: source) { y, summed, columns in
            CVectors_round_row(summed, columns, scale, shift, low, high, bytes + y * rowBytes, target.width)
        }
    }

    /// Calls a function with each row of the result as a sum of the source's.
    private func sumRows(
        of source: ImagePlane,
        _ body: (_ row: Int, _ summed: UnsafePointer<Float>, _ columns: UnsafePointer<CVectors_Span>) -> Void
    ) {
        let (step, count) = (source.stride, placement.source.width * 3)
        let first = source.base.assumingMemoryBound(to: UInt8.self) + firstElement
        summed.withUnsafeMutableBufferPointer { summed in
            columns.withUnsafeBufferPointer { columns in
                for (y, row) in rows.enumerated() {
                    CVectors_sum_rows(
                        first + row.low * step, step, row.high - row.low + 1, row.head, row.tail,
                        summed.baseAddress!, count)
                    body(y, summed.baseAddress!, columns.baseAddress!)
                }
            }
        }
    }

    private static func isOfItsOwn(_ frame: Image) -> Bool { frame.format == .rgb && frame.orientation == .upright }

    private func prepare(_ frame: Image) {
        geometry = frame.geometry
        placement = input.placement(frameWidth: frame.width, frameHeight: frame.height)
        border = ResizedBorder(input, placement.target)
        guard Self.isOfItsOwn(frame) else { return }
        let (source, target) = (placement.source, placement.target)
        let left = frame.stored.x + source.x
        let down = ImageAxis(frame.stored.y + source.y, source.height, pixels: 1, to: target.height, input.resampling)
        let across = ImageAxis(left, source.width, pixels: 1, to: target.width, input.resampling)
        firstElement = left * 3
        rows = down.spans
        columns = across.spans.map { span in
            CVectors_Span(
                low: Int32((span.low - left) * 3), high: Int32((span.high - left) * 3), head: span.head,
                tail: span.tail)
        }
        sumScale = colours.scale * Float(down.factor * across.factor)
        summed = [Float](repeating: 0, count: source.width * 3 + 1)
    }
}
