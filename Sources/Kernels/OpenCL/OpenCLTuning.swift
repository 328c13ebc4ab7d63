// The shapes of kernels that suit a kind of device: vector width, register tiles, order of work-items.

/// A register tile of the convolution kernel: `pixels` outputs × `vectors` vectors of channels.
struct ConvolutionTile: Hashable {
    let pixels: Int
    let vectors: Int
}

/// How kernels are built and launched for one device.
struct OpenCLTuning: Sendable {
    /// Floats a vector: 4, 8 or 16.
    let width: Int
    /// What a convolution chooses from.
    let tiles: [ConvolutionTile]
    /// Outputs of one row that a depthwise work-item makes.
    let depthwisePixels: Int
    /// Fewest input and output channels with which a 3×3 convolution may take Winograd's algorithm.
    let winogradChannels: Int
    /// Whether the device is made of CPU cores: then one work-item makes a whole row and a work-group is one item;
    /// otherwise every item is small and neighbouring items read neighbouring channels, so that loads coalesce.
    let isCPU: Bool
    let computeUnits: Int

    init(for device: OpenCLDevice) {
        self = device.kind == .cpu ? Self.cpu(device.nativeFloatWidth, device.computeUnits) : .gpu(device.computeUnits)
    }

    private init(width: Int, tiles: [(Int, Int)], depthwisePixels: Int, isCPU: Bool, computeUnits: Int) {
        self.width = width
        self.tiles = tiles.map { ConvolutionTile(pixels: $0.0, vectors: $0.1) }
        (self.depthwisePixels, self.isCPU, self.computeUnits) = (depthwisePixels, isCPU, computeUnits)
        winogradChannels = isCPU ? 16 : 64
    }

    /// CPUs hold a tile in vector registers.
    static func cpu(_ nativeWidth: Int, _ computeUnits: Int) -> OpenCLTuning {
        let width = nativeWidth >= 16 ? 16 : nativeWidth >= 8 ? 8 : 4
        let hasMany = registerCount(width) == 32
        let manyRegisters = [(7, 4), (8, 3), (12, 2), (14, 1), (1, 4)]
        let fewRegisters = [(3, 4), (4, 3), (6, 2), (12, 1), (1, 4)]
        return OpenCLTuning(
            width: width, tiles: hasMany ? manyRegisters : fewRegisters, depthwisePixels: hasMany ? 7 : 4, isCPU: true,
            computeUnits: computeUnits)
    }

    /// 32 with AVX-512 and Arm's NEON, 16 with AVX2 and SSE.
    private static func registerCount(_ width: Int) -> Int {
        #if arch(arm64)
            32
        #else
            width == 16 ? 32 : 16
        #endif
    }

    /// GPUs keep four channels an item and up to eight pixels, which 64 registers hold (Mali, Adreno, NVIDIA alike).
    static func gpu(_ computeUnits: Int) -> OpenCLTuning {
        OpenCLTuning(
            width: 4, tiles: [(8, 1), (4, 1), (1, 1)], depthwisePixels: 2, isCPU: false, computeUnits: computeUnits)
    }

    /// The tile for a convolution of `pixels` outputs × `groups` × `channels` channels with `depth` products a sum.
    func tile(pixels: Int, groups: Int, channels: Int, depth: Int) -> ConvolutionTile {
        guard isCPU else {
            // The largest tile that leaves enough work-items to hide the memory's latency.
            let wanted = computeUnits * 256
            return tiles.first {
                let items =
                    pixels.dividedRoundingUp(by: $0.pixels) * groups
                    * channels.dividedRoundingUp(by: $0.vectors * width)
                return items >= wanted
            } ?? tiles[tiles.count - 1]
        }
        func cost(_ tile: ConvolutionTile) -> Int {
            cycles(tile, pixels: pixels, groups: groups, channels: channels, depth: depth)
        }
        return tiles.min { cost($0) < cost($1) }!
    }

    /// Clock cycles of a convolution on a CPU, roughly.
    func cycles(pixels: Int, groups: Int, channels: Int, depth: Int) -> Int {
        let tile = tile(pixels: pixels, groups: groups, channels: channels, depth: depth)
        return cycles(tile, pixels: pixels, groups: groups, channels: channels, depth: depth)
    }

    /// One multiply–add a vector, of which four are in flight; the loads beside them; and what an item costs.
    private func cycles(_ tile: ConvolutionTile, pixels: Int, groups: Int, channels: Int, depth: Int) -> Int {
        let items =
            pixels.dividedRoundingUp(by: tile.pixels) * groups * channels.dividedRoundingUp(by: tile.vectors * width)
        let multiplyAdds = max(tile.pixels * tile.vectors, 4)
        return items * (depth * (4 * multiplyAdds + tile.vectors) / 4 + 60 + 4 * multiplyAdds)
    }
}

extension Int {
    func dividedRoundingUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
}
