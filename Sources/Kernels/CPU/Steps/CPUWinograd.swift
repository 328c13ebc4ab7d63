// A 3×3 convolution by Winograd's algorithm of our own: its geometry, its weights, its run. Values, used on the thread
// of their context; weights are shared by all contexts.
import COneDNN
import CVectors
import NetworkGraph

struct CPUWinograd: Sendable {
    /// Transformed weights, and biases.
    struct Constants: Sendable {
        let weights: AlignedBuffer
        let bias: AlignedBuffer
    }

    /// Tiles share weights on their way through the caches; fewer than this would wait for them.
    private static let fewestTiles = 18
    private static let mostScratchBytes = 8 << 20

    private var layer: CVectors_Winograd
    private let threads: Int
    /// Of results.
    private let tiles: Int

    /// - Parameters:
    ///   - tile: results along a tile's side: 2 or 4.
    ///   - addsResult: what the result's place held is added before the activation.
    ///   - lanes: floats in a vector: no more than this CPU's have.
    init(
        _ source: CVectors_Map, _ result: CVectors_Map, _ window: Window, _ activation: Activation, tile: Int,
        addsResult: Bool, isHalf: Bool, lanes: Int, threads: Int
    ) {
        let range = activation.range
        layer = CVectors_Winograd(
            source: source, result: result, top: window.rows.near, left: window.columns.near, low: range.low,
            high: range.high, addsResult: addsResult ? 1 : 0, isHalf: isHalf ? 1 : 0, tile: tile, lanes: lanes,
            tiles_together: 1)
        self.threads = threads
        tiles = CVectors_winograd_tiles(&layer)
        // As many as weigh no more than the weights: what is between the transforms then stays closer than those.
        let (inputs, outputs) = (source.channels, result.channels)
        let tileBytes = (tile + 2) * (tile + 2) * (inputs + outputs) * MemoryLayout<Float>.stride
        let most = max(
            min(inputs * outputs / (inputs + outputs), Self.mostScratchBytes / tileBytes), Self.fewestTiles)
        let share = (tiles + threads - 1) / threads
        let blocks = (share + most - 1) / most
        layer.tiles_together = max((share + blocks - 1) / max(blocks, 1), 1)
    }

    var weightBytes: Int {
        withUnsafePointer(to: layer, CVectors_winograd_weight_count) * MemoryLayout<Float>.stride
    }

    var sourceBytes: Int { layer.source.batch * layer.source.image_step * elementBytes }
    var resultBytes: Int { layer.result.batch * layer.result.image_step * elementBytes }
    private var elementBytes: Int { layer.isHalf != 0 ? 2 : 4 }

    /// Of all threads.
    var scratchBytes: Int { threads * threadScratchCount * MemoryLayout<Float>.stride }

    /// Of one thread; its scratch begins with a cache line.
    private var threadScratchCount: Int {
        (withUnsafePointer(to: layer, CVectors_winograd_scratch_count) + 15) / 16 * 16
    }

    /// Zeros.
    func makeConstants() throws(CPULibraryError) -> Constants {
        let biases = layer.result.channels + layer.lanes
        return try Constants(
            weights: AlignedBuffer(bytes: weightBytes),
            bias: AlignedBuffer(bytes: biases * MemoryLayout<Float>.stride))
    }

    func makeConstants(_ convolution: Convolution) throws(CPULibraryError) -> Constants {
        let constants = try makeConstants()
        withUnsafePointer(to: layer) {
            CVectors_winograd_weights(
                $0, convolution.weights.values, constants.weights.address.assumingMemoryBound(to: Float.self))
        }
        convolution.bias.withUnsafeBytes {
            constants.bias.address.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
        return constants
    }

    func run(
        _ source: UnsafeMutableRawPointer, _ constants: Constants, _ result: UnsafeMutableRawPointer,
        scratch: UnsafeMutableRawPointer
    ) {
        var run = Run(
            layer: layer, source: source, weights: constants.weights.address.assumingMemoryBound(to: Float.self),
            bias: constants.bias.address.assumingMemoryBound(to: Float.self), result: result,
            scratch: scratch.assumingMemoryBound(to: Float.self), scratchCount: threadScratchCount, tiles: tiles,
            threads: threads)
        guard threads > 1 else { return run.compute(part: 0) }
        withUnsafeMutablePointer(to: &run) {
            GOMP_parallel({ $0!.assumingMemoryBound(to: Run.self).pointee.computeShare() }, $0, UInt32(threads), 0)
        }
    }

    /// What the threads of one run share.
    private struct Run {
        var layer: CVectors_Winograd
        let source: UnsafeMutableRawPointer
        let weights: UnsafeMutablePointer<Float>
        let bias: UnsafeMutablePointer<Float>
        let result: UnsafeMutableRawPointer
        let scratch: UnsafeMutablePointer<Float>
        let scratchCount: Int
        let tiles: Int
        let threads: Int

        /// OpenMP may give fewer threads than were asked for.
        func computeShare() {
            for part in stride(from: Int(omp_get_thread_num()), to: threads, by: Int(omp_get_num_threads())) {
                compute(part: part)
            }
        }

        func compute(part: Int) {
            withUnsafePointer(to: layer) {
                CVectors_winograd(
                    $0, source, weights, bias, result, scratch + part * scratchCount, part * tiles / threads,
                    (part + 1) * tiles / threads)
            }
        }
    }
}

extension CVectors_Map {
    /// - Parameter pixelStride: from one pixel's channels to the next's, where they lie last.
    init(_ shape: Shape, _ order: CPUOrder, pixelStride: Int?) {
        let (channels, height, width) = (shape[1], shape[2], shape[3])
        self.init()
        (batch, self.height, self.width, self.channels) = (shape[0], height, width, channels)
        if case .blocked(let size) = order {
            (block, block_step, pixel_step) = (size, height * width * size, size)
            image_step = (channels + size - 1) / size * block_step
        } else {
            (block, block_step, pixel_step) = (channels, 0, pixelStride ?? channels)
            image_step = height * width * pixel_step
        }
        row_step = width * pixel_step
    }
}
