// Values rounded to a grid on their way from one layer to the next. A value type, used on the thread of its context.
import CVectors
import EnginePlanning
import NetworkGraph

/// What a step that rounds values works on.
struct CPUQuantization: Sendable {
    let source: ArenaPlan.BufferID
    /// May be the source.
    let result: ArenaPlan.BufferID
    /// Elements, those that fill up blocks included.
    let count: Int
    /// Of an element: 4 for FP32, 2 for BF16.
    let bytes: Int

    func run(_ grid: QuantizationGrid, _ source: UnsafeMutableRawPointer, _ result: UnsafeMutableRawPointer) {
        let low = Float(grid.indices.lowerBound - grid.zeroPoint)
        let high = Float(grid.indices.upperBound - grid.zeroPoint)
        if bytes == 4 {
            CVectors_quantize(
                source.assumingMemoryBound(to: Float.self), grid.scale, low, high,
                result.assumingMemoryBound(to: Float.self), count)
        } else {
            CVectors_quantize_bf16(
                source.assumingMemoryBound(to: UInt16.self), grid.scale, low, high,
                result.assumingMemoryBound(to: UInt16.self), count)
        }
    }
}
