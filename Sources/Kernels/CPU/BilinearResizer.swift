// Image input on the CPU: resize, normalise and, where the network begins so, round a frame in one pass. Owned by a
// context, used on its thread.
import CVectors

/// Turns frames into planes of normalised floats, as `ImageInput` defines it, or into pixels of a grid's bytes. Keeps
/// its tables while frames keep their size.
final class BilinearResizer {
    private let input: ImageInput
    private let grid: QuantizationGrid?
    /// To numbers, or to q of the grid.
    private let scale: SIMD4<Float>
    private let shift: SIMD4<Float>
    private var sourceWidth = 0
    private var sourceHeight = 0
    private var rows: [CVectors_Tap] = []
    /// In elements of a row of interleaved R, G, B.
    private var columns: [CVectors_Tap] = []
    /// Two source rows mixed; one element longer than a row, since pixels are read four elements at a time.
    private var mixed: [Float] = []

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
        frame.pixels.withUnsafeBufferPointer { pixels in
            let source = pixels.baseAddress!
            if let grid {
                round(source, grid, result.assumingMemoryBound(to: UInt8.self))
            } else {
                let planes = result.assumingMemoryBound(to: Float.self)
                mixRows(of: source) { y, mixed, columns in write(mixed, columns, planes + y * input.width) }
            }
        }
    }

    /// Calls a function with each row of the result as a mixture of two of the source's.
    private func mixRows(
        of source: UnsafePointer<UInt8>,
        _ body: (_ row: Int, _ mixed: UnsafePointer<Float>, _ columns: UnsafePointer<CVectors_Tap>) -> Void
    ) {
        let rowElements = sourceWidth * 3
        mixed.withUnsafeMutableBufferPointer { mixed in
            columns.withUnsafeBufferPointer { columns in
                for (y, row) in rows.enumerated() {
                    CVectors_mix(
                        source + Int(row.low) * rowElements, source + Int(row.high) * rowElements, row.share,
                        mixed.baseAddress!, rowElements)
                    body(y, mixed.baseAddress!, columns.baseAddress!)
                }
            }
        }
    }

    private func round(_ source: UnsafePointer<UInt8>, _ grid: QuantizationGrid, _ bytes: UnsafeMutablePointer<UInt8>) {
        let (low, high) = (Float(grid.indices.lowerBound), Float(grid.indices.upperBound))
        withUnsafeBytes(of: (scale, shift)) { factors in
            let scale = factors.baseAddress!.assumingMemoryBound(to: Float.self)
            let shift = scale + 4
            if sourceWidth == input.width, sourceHeight == input.height {
                CVectors_round_bytes(source, scale, shift, low, high, bytes, input.width * input.height)
            } else {
                mixRows(of: source) { y, mixed, columns in
                    CVectors_round_row(
                        mixed, columns, scale, shift, low, high, bytes + y * input.width * 3, input.width)
                }
            }
        }
    }

    /// Interpolates a row of pixels and writes it to the three planes, four pixels at a time.
    private func write(
        _ mixed: UnsafePointer<Float>, _ columns: UnsafePointer<CVectors_Tap>, _ red: UnsafeMutablePointer<Float>
    ) {
        let width = input.width
        let green = red + width * input.height
        let blue = green + width * input.height
        let (scale, shift, bytes) = (scale, shift, UnsafeRawPointer(mixed))
        @inline(__always) func pixel(_ x: Int) -> SIMD4<Float> {
            let tap = columns[x]
            let low = bytes.loadUnaligned(fromByteOffset: Int(tap.low) &* 4, as: SIMD4<Float>.self)
            let high = bytes.loadUnaligned(fromByteOffset: Int(tap.high) &* 4, as: SIMD4<Float>.self)
            return (low + (high - low) * tap.share) * scale + shift
        }
        @inline(__always) func store(_ plane: UnsafeMutablePointer<Float>, _ x: Int, _ values: SIMD4<Float>) {
            UnsafeMutableRawPointer(plane + x).storeBytes(of: values, as: SIMD4<Float>.self)
        }
        var x = 0
        while x &+ 4 <= width {
            let (a, b, c, d) = (pixel(x), pixel(x &+ 1), pixel(x &+ 2), pixel(x &+ 3))
            store(red, x, SIMD4(a[0], b[0], c[0], d[0]))
            store(green, x, SIMD4(a[1], b[1], c[1], d[1]))
            store(blue, x, SIMD4(a[2], b[2], c[2], d[2]))
            x &+= 4
        }
        while x < width {
            let value = pixel(x)
            (red[x], green[x], blue[x]) = (value[0], value[1], value[2])
            x &+= 1
        }
    }

    private func prepare(_ width: Int, _ height: Int) {
        guard width != sourceWidth || height != sourceHeight else { return }
        (sourceWidth, sourceHeight) = (width, height)
        rows = Self.taps(from: height, to: input.height, step: 1)
        columns = Self.taps(from: width, to: input.width, step: 3)
        mixed = [Float](repeating: 0, count: width * 3 + 1)
    }

    private static func taps(from source: Int, to target: Int, step: Int) -> [CVectors_Tap] {
        (0..<target).map { index in
            let position = (Double(index) + 0.5) * Double(source) / Double(target) - 0.5
            let clamped = min(max(position, 0), Double(source - 1))
            let low = Int(clamped)
            return CVectors_Tap(
                low: Int32(low * step), high: Int32(min(low + 1, source - 1) * step),
                share: Float(clamped - Double(low)))
        }
    }
}
