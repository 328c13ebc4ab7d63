// Bytes that become floats, floats that become bytes, and bytes that move to another grid, on their way from one layer
// to the next. A value type, used on the thread of its context.
//
// Not oneDNN's reorders: 2.6.3 leaves zero points out of some of those between planes of channels and pixels (floats to
// bytes of more than 16 channels, not a multiple of 4, where pixels are a multiple of 64; bytes to floats of a multiple
// of 64 channels where pixels are none of 4). On one core, these are the faster, too.
import CVectors
import NetworkGraph

/// What a step that moves values between floats and grids does.
struct CPUConversion: Sendable {
    enum Order: Sendable {
        /// Element by element.
        case kept
        /// From floats N×C×(H·W) to bytes N×(H·W)×C.
        case planesToPixels
        /// From bytes N×(H·W)×C to floats N×C×(H·W).
        case pixelsToPlanes
    }

    /// Nil for floats; of one of the two, if the order changes.
    let from: QuantizationGrid?
    let to: QuantizationGrid?
    let batch: Int
    let channels: Int
    let pixels: Int
    let order: Order

    /// - Parameter order: of no matter where there is one channel or one pixel.
    init(_ from: QuantizationGrid?, to: QuantizationGrid?, _ shape: Shape, _ order: Order) {
        (self.from, self.to) = (from, to)
        let isMap = shape.rank == 4
        (batch, channels, pixels) = isMap ? (shape[0], shape[1], shape[2] * shape[3]) : (1, shape.count, 1)
        self.order = channels == 1 || pixels == 1 ? .kept : order
    }

    func run(_ source: UnsafeMutableRawPointer, _ result: UnsafeMutableRawPointer) {
        let count = channels * pixels
        switch (from, to) {
        case (nil, let grid?):
            let values = source.assumingMemoryBound(to: Float.self)
            let bytes = result.assumingMemoryBound(to: UInt8.self)
            guard order == .planesToPixels else {
                return CVectors_bytes_of_floats(values, CVectors_Grid(grid), bytes, batch * count)
            }
            for start in stride(from: 0, to: batch * count, by: count) {
                CVectors_pixels_of_planes(values + start, channels, pixels, CVectors_Grid(grid), bytes + start)
            }
        case (let grid?, nil):
            let bytes = source.assumingMemoryBound(to: UInt8.self)
            let values = result.assumingMemoryBound(to: Float.self)
            guard order == .pixelsToPlanes else {
                return CVectors_floats_of_bytes(bytes, CVectors_Grid(grid), values, batch * count)
            }
            for start in stride(from: 0, to: batch * count, by: count) {
                CVectors_planes_of_pixels(bytes + start, channels, pixels, CVectors_Grid(grid), values + start)
            }
        case (let grid?, let other?):
            CVectors_move_bytes(
                source.assumingMemoryBound(to: UInt8.self), CVectors_Grid(grid), CVectors_Grid(other),
                result.assumingMemoryBound(to: UInt8.self), batch * count)
        case (nil, nil): preconditionFailure("floats are moved by oneDNN")
        }
    }
}

extension CVectors_Grid {
    init(_ grid: QuantizationGrid) {
        let unsigned = grid.on(signed: false)
        self.init(scale: unsigned.scale, zero: Int32(unsigned.zeroPoint), flip: grid.isSigned ? 0x80 : 0)
    }
}
