// What suits a kind of device: vector width, register tiles, work-groups, and the usual configurations.
import NetworkGraph

/// Instructions that add up the products of four pairs of bytes.
enum DotProduct {
    /// cl_khr_integer_dot_product
    case packed
    /// cl_arm_integer_dot_product_accumulate_int8
    case arm

    var buildOption: String {
        switch self {
        case .packed: "-DDOT_PACKED"
        case .arm: "-DDOT_ARM"
        }
    }
}

/// How kernels are built and launched for one kind of device.
struct OpenCLTraits: Sendable {
    /// Numbers a vector: 4, 8 or 16.
    var width: Int
    /// In which precision values and weights lie in memory.
    var precision = Precision.fp32
    /// Whether convolutions sum products in half precision where they read four channels at once.
    var sumsHalves = false
    var dotProduct: DotProduct?
    /// Whether values on grids lie in memory as bytes, and layers between them are computed with whole numbers. Without
    /// instructions for that, floats are faster.
    var usesQuantizedKernels = false
    /// What a convolution chooses from.
    let tiles: [ConvolutionTile]
    /// Outputs of one row that a depthwise work-item makes: the usual number first.
    let depthwisePixels: [Int]
    /// Fewest input and output channels with which a 3×3 convolution may take Winograd's algorithm.
    let winogradChannels: Int
    /// Whether the device is made of CPU cores: then one work-item makes a whole row and a work-group is one item;
    /// otherwise every item is small and neighbouring items read neighbouring channels, so that loads coalesce.
    let isCPU: Bool
    let computeUnits: Int
    /// Work-items of a group.
    var groupSize: Int
    /// Most that the device allows, in all and along each axis.
    let maxGroupSize: Int
    let maxGroupExtents: [Int]

    init(for device: OpenCLDevice) {
        self =
            device.kind == .cpu
            ? .cpu(device.nativeFloatWidth, device.computeUnits)
            : .gpu(
                device.computeUnits, Vendor(device), maxGroupSize: device.maxWorkGroupSize,
                maxGroupExtents: device.maxWorkItemSizes)
        dotProduct = device.dotProduct
        usesQuantizedKernels = dotProduct != nil
    }

    private init(
        width: Int, tiles: [ConvolutionTile], depthwisePixels: [Int], isCPU: Bool, computeUnits: Int, groupSize: Int,
        maxGroupSize: Int, maxGroupExtents: [Int]
    ) {
        (self.width, self.tiles, self.depthwisePixels) = (width, tiles, depthwisePixels)
        (self.isCPU, self.computeUnits, winogradChannels) = (isCPU, computeUnits, isCPU ? 16 : 64)
        (self.groupSize, self.maxGroupSize) = (min(groupSize, maxGroupSize), maxGroupSize)
        // A driver may tell none, or zeros.
        self.maxGroupExtents = (0..<3).map { axis in
            maxGroupExtents.indices.contains(axis) ? max(maxGroupExtents[axis], 1) : 1
        }
    }

    /// CPUs hold a tile in vector registers.
    static func cpu(_ nativeWidth: Int, _ computeUnits: Int) -> OpenCLTraits {
        let width = nativeWidth >= 16 ? 16 : nativeWidth >= 8 ? 8 : 4
        let hasMany = registerCount(width) == 32
        let manyRegisters = [(7, 4), (8, 3), (12, 2), (14, 1), (1, 4)]
        let fewRegisters = [(3, 4), (4, 3), (6, 2), (12, 1), (1, 4)]
        return OpenCLTraits(
            width: width,
            tiles: (hasMany ? manyRegisters : fewRegisters).map { ConvolutionTile(pixels: $0.0, vectors: $0.1) },
            depthwisePixels: hasMany ? [7, 4, 2] : [4, 2], isCPU: true, computeUnits: computeUnits, groupSize: 1,
            maxGroupSize: 1, maxGroupExtents: [1, 1, 1])
    }

    /// 32 with AVX-512 and Arm's NEON, 16 with AVX2 and SSE.
    private static func registerCount(_ width: Int) -> Int {
        #if arch(arm64)
            32
        #else
            width == 16 ? 32 : 16
        #endif
    }

    /// Makers of GPUs whose registers and groups differ.
    enum Vendor: Sendable {
        case mali, adreno, nvidia, other

        init(_ device: OpenCLDevice) {
            let words = (device.vendor + " " + device.name).lowercased()
            self =
                words.contains("mali") || words.hasPrefix("arm ")
                ? .mali
                : words.contains("adreno") || words.contains("qualcomm")
                    ? .adreno
                    : words.contains("nvidia") ? .nvidia : .other
        }
    }

    /// GPUs keep vectors of four channels. Mali's threads have 64 registers, at full occupancy 32: a tile of 4 pixels
    /// with four input channels takes 48; Adreno's and others' twice that, NVIDIA's 255.
    static func gpu(
        _ computeUnits: Int, _ vendor: Vendor = .other, maxGroupSize: Int = 256,
        maxGroupExtents: [Int] = [256, 256, 64]
    ) -> OpenCLTraits {
        let sizes: [(Int, Int)] =
            switch vendor {
            case .mali: [(4, 1), (8, 1), (2, 1), (1, 1)]
            case .nvidia: [(8, 2), (8, 1), (4, 2), (4, 1), (2, 1), (1, 1)]
            case .adreno, .other: [(8, 1), (4, 1), (4, 2), (2, 1), (1, 1)]
            }
        return OpenCLTraits(
            width: 4, tiles: sizes.map { ConvolutionTile(pixels: $0.0, vectors: $0.1, depth: 4) },
            depthwisePixels: [2, 4, 1], isCPU: false, computeUnits: computeUnits,
            groupSize: vendor == .nvidia || vendor == .adreno ? 128 : 64, maxGroupSize: maxGroupSize,
            maxGroupExtents: maxGroupExtents)
    }

    /// A work-group for launches of any size: from the first axis on the greatest divisor of the launch that there is
    /// room for, so that no item lies outside.
    func group(dividing global: [Int]) -> [Int] {
        var room = groupSize
        return zip(global, maxGroupExtents).map { extent, most in
            let size = (1...min(room, extent, most)).last { extent.isMultiple(of: $0) }!
            room /= size
            return size
        }
    }
}

extension OpenCLTraits {
    /// The same for what is kept in single precision in any case.
    var inSinglePrecision: OpenCLTraits {
        var traits = self
        (traits.precision, traits.sumsHalves) = (.fp32, false)
        return traits
    }
}

// Ways to compute a layer.
extension OpenCLTraits {
    /// The configuration without measuring.
    func usualConfiguration(_ layer: OpenCLLayer) -> KernelConfiguration {
        if layer.fits(.depthwise) {
            return KernelConfiguration(algorithm: .depthwise, tile: ConvolutionTile(pixels: depthwisePixels[0]))
        }
        if !isCPU, layer.fits(.matrixVector), let configuration = matrixVectorConfigurations.first {
            return configuration
        }
        if prefersWinograd(layer) { return KernelConfiguration(algorithm: .winograd, tile: winogradTile(layer)) }
        return KernelConfiguration(algorithm: .direct, tile: tile(layer))
    }

    /// Of the kernel for a convolution or the one for depthwise ones, without measuring.
    func configuration(_ layer: OpenCLLayer) -> KernelConfiguration {
        layer.fits(.depthwise)
            ? usualConfiguration(layer) : KernelConfiguration(algorithm: .direct, tile: tile(layer))
    }

    /// All configurations that are worth measuring, the usual one first.
    func configurations(_ layer: OpenCLLayer) -> [KernelConfiguration] {
        var configurations = [usualConfiguration(layer)]
        func add(_ configuration: KernelConfiguration) {
            if !configurations.contains(configuration) { configurations.append(configuration) }
        }
        if layer.fits(.depthwise) {
            for pixels in depthwisePixels {
                add(KernelConfiguration(algorithm: .depthwise, tile: ConvolutionTile(pixels: pixels)))
            }
            return configurations
        }
        if !isCPU && layer.fits(.matrixVector) { matrixVectorConfigurations.forEach(add) }
        for tile in tiles where tile.pixels <= max(layer.pixels, 1) {
            for group in convolutionGroups { add(KernelConfiguration(algorithm: .direct, tile: tile, group: group)) }
            if let width = otherWidth(layer.groupOutputs) {
                add(KernelConfiguration(algorithm: .direct, width: width, tile: tile))
            }
        }
        if layer.fits(.winograd), min(layer.convolution.inputChannels, layer.groupOutputs) >= 8 {
            let tile = winogradTile(layer)
            for group in convolutionGroups { add(KernelConfiguration(algorithm: .winograd, tile: tile, group: group)) }
        }
        return configurations
    }

    /// Another vector width that may suit so many channels: half of a CPU's where whole vectors would be half empty,
    /// twice a GPU's where numbers are half as long.
    private func otherWidth(_ channels: Int) -> Int? {
        if isCPU { return width > 4 && (1...width / 2).contains(channels % width) ? width / 2 : nil }
        return precision == .fp16 && channels.isMultiple(of: 2 * width) ? 2 * width : nil
    }

    /// Work-groups of the convolution kernel on a GPU: channels × pixels.
    private var convolutionGroups: [[Int]?] {
        isCPU ? [nil] : [nil] + [[8, 8], [16, 4], [16, 16], [4, 32]].filter { $0.reduce(1, *) <= maxGroupSize }
    }

    private var matrixVectorConfigurations: [KernelConfiguration] {
        [[16, 8], [16, 16], [32, 4], [8, 16]].filter { $0.reduce(1, *) <= maxGroupSize }.map {
            KernelConfiguration(algorithm: .matrixVector, tile: ConvolutionTile(pixels: 1), group: $0)
        }
    }

    private func tile(_ layer: OpenCLLayer) -> ConvolutionTile {
        tile(
            pixels: layer.pixels, groups: layer.convolution.groups, channels: layer.groupOutputs, depth: layer.depth)
    }

    /// Of the 36 products between Winograd's transforms.
    private func winogradTile(_ layer: OpenCLLayer) -> ConvolutionTile {
        tile(
            pixels: WinogradLaunch.tileCount(layer.output), groups: WinogradLaunch.positions,
            channels: layer.groupOutputs, depth: layer.convolution.inputChannels)
    }

    /// Whether Winograd's algorithm is expected to beat the direct kernel.
    private func prefersWinograd(_ layer: OpenCLLayer) -> Bool {
        let (inputs, outputs) = (layer.convolution.inputChannels, layer.groupOutputs)
        guard layer.fits(.winograd), min(inputs, outputs) >= winogradChannels else { return false }
        guard isCPU else { return true }
        let tiles = WinogradLaunch.tileCount(layer.output)
        let direct = cycles(tile(layer), layer)
        let products = cycles(
            winogradTile(layer), pixels: tiles, groups: WinogradLaunch.positions, channels: outputs, depth: inputs)
        // Transforms: some 300 cycles a tile and vector. Weights come from far, once: four bytes a cycle.
        let transforms = 300 * tiles * (inputs + outputs) / width
        let weights = WinogradLaunch.positions * inputs * outputs
        return products + transforms + weights < direct
    }

    /// The tile for a convolution of `pixels` outputs × `groups` × `channels` channels with `depth` products a sum.
    private func tile(pixels: Int, groups: Int, channels: Int, depth: Int) -> ConvolutionTile {
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

    /// Clock cycles of a layer on a CPU by the direct kernel.
    func cycles(_ tile: ConvolutionTile, _ layer: OpenCLLayer) -> Int {
        cycles(
            tile, pixels: layer.pixels, groups: layer.convolution.groups, channels: layer.groupOutputs,
            depth: layer.depth)
    }

    /// Clock cycles of a convolution on a CPU, roughly: one multiply–add a vector, of which four are in flight; the
    /// loads beside them; and what an item costs.
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
