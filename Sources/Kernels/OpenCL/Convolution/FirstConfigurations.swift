// Ways to compute until better ones are measured, where building programs takes longer than they save. Pure.

extension OpenCLTraits {
    /// The configurations that a first start takes; none where the usual ones are as quick to build.
    ///
    /// A CPU runtime compiles for more than a second for each shape of the convolution kernel: so all layers have one,
    /// the one that is expected to be the fastest for all together.
    func firstConfigurations(_ layers: [String: OpenCLLayer]) -> [String: KernelConfiguration] {
        guard isCPU else { return [:] }
        let direct = layers.filter { !$0.value.fits(.depthwise) }
        func cost(_ tile: ConvolutionTile) -> Int { direct.values.reduce(0) { $0 + cycles(tile, $1) } }
        let costs = tiles.map { (tile: $0, cycles: cost($0)) }
        guard let tile = costs.min(by: { $0.cycles < $1.cycles })?.tile else { return [:] }
        return direct.mapValues { _ in KernelConfiguration(algorithm: .direct, tile: tile) }
    }
}
