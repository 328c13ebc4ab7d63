// Image input on the CPU: resize and normalise a frame in one pass. Owned by a context, used on its thread.

/// Turns frames into planes of normalised floats, as `ImageInput` defines it. Keeps its tables while frames keep their
/// size.
final class BilinearResizer {
    /// The two source rows or columns that a target one lies between, and the second's share.
    private struct Tap {
        var low: Int32
        var high: Int32
        var share: Float
    }

    private let input: ImageInput
    private let scale: SIMD4<Float>
    private let shift: SIMD4<Float>
    private var sourceWidth = 0
    private var sourceHeight = 0
    private var rows: [Tap] = []
    /// In elements of a row of interleaved R, G, B.
    private var columns: [Tap] = []
    /// Two source rows mixed; one element longer than a row, since pixels are read four elements at a time.
    private var mixed: [Float] = []

    init(_ input: ImageInput) {
        self.input = input
        scale = SIMD4(input.scale[0], input.scale[1], input.scale[2], 0)
        shift = -SIMD4(input.mean[0], input.mean[1], input.mean[2], 0) * scale
    }

    /// Writes 3×height×width floats.
    func resize(_ frame: Image, into planes: UnsafeMutablePointer<Float>) {
        prepare(frame.width, frame.height)
        let (width, area) = (input.width, input.width * input.height)
        let (scale, shift) = (scale, shift)
        let rowElements = frame.width * 3
        frame.pixels.withUnsafeBufferPointer { pixels in
            mixed.withUnsafeMutableBufferPointer { mixed in
                columns.withUnsafeBufferPointer { columns in
                    let mixedBytes = UnsafeRawPointer(mixed.baseAddress!)
                    for (y, row) in rows.enumerated() {
                        Self.mix(
                            pixels.baseAddress! + Int(row.low) * rowElements,
                            pixels.baseAddress! + Int(row.high) * rowElements, row.share, mixed.baseAddress!,
                            rowElements)
                        let red = planes + y * width
                        let green = red + area
                        let blue = green + area
                        for x in 0..<width {
                            let tap = columns[x]
                            let low = mixedBytes.loadUnaligned(
                                fromByteOffset: Int(tap.low) &* 4, as: SIMD4<Float>.self)
                            let high = mixedBytes.loadUnaligned(
                                fromByteOffset: Int(tap.high) &* 4, as: SIMD4<Float>.self)
                            let value = (low + (high - low) * tap.share) * scale + shift
                            red[x] = value[0]
                            green[x] = value[1]
                            blue[x] = value[2]
                        }
                    }
                }
            }
        }
    }

    /// upper + (lower − upper) × share, elementwise.
    private static func mix(
        _ upper: UnsafePointer<UInt8>, _ lower: UnsafePointer<UInt8>, _ share: Float,
        _ result: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        for i in 0..<count {
            let value = Float(upper[i])
            result[i] = value + (Float(lower[i]) - value) * share
        }
    }

    private func prepare(_ width: Int, _ height: Int) {
        guard width != sourceWidth || height != sourceHeight else { return }
        (sourceWidth, sourceHeight) = (width, height)
        rows = Self.taps(from: height, to: input.height, step: 1)
        columns = Self.taps(from: width, to: input.width, step: 3)
        mixed = [Float](repeating: 0, count: width * 3 + 1)
    }

    private static func taps(from source: Int, to target: Int, step: Int) -> [Tap] {
        (0..<target).map { index in
            let position = (Double(index) + 0.5) * Double(source) / Double(target) - 0.5
            let clamped = min(max(position, 0), Double(source - 1))
            let low = Int(clamped)
            return Tap(
                low: Int32(low * step), high: Int32(min(low + 1, source - 1) * step),
                share: Float(clamped - Double(low)))
        }
    }
}
