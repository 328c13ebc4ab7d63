// Weights for built-in networks: the same on every machine, and quick to draw. A value type, used on any thread.

/// Draws weights for one layer at a time. What a layer gets depends on the seed and its name only, so that a network
/// can be edited without changing its other layers.
struct RandomWeights {
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    /// Uniform values with the variance 2 ÷ fanIn that keeps activations' size through rectified layers (He et al.,
    /// "Delving Deep into Rectifiers", 2015, section 2.2), times the gain.
    func weights(_ shape: Shape, layer: String, gain: Float = 1) -> Tensor {
        let fanIn = Float(shape.count / shape[0])
        return Tensor(
            shape, uniform(shape.count, within: gain * (6 / fanIn).squareRoot(), stream: layer + ".weights"))
    }

    /// Small values, so that a bias that an engine forgets shows in the result.
    func bias(_ count: Int, layer: String) -> [Float] { uniform(count, within: 0.1, stream: layer + ".bias") }

    /// SplitMix64 (Steele, Lea, Flood, 2014) over a counter; each 64-bit draw gives two 24-bit uniforms.
    private func uniform(_ count: Int, within bound: Float, stream: String) -> [Float] {
        // FNV-1a of the stream's name tells the streams apart.
        let start = stream.utf8.reduce(0xCBF2_9CE4_8422_2325 ^ seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let scale = bound / Float(1 << 23)
        return [Float](unsafeUninitializedCapacity: count) { values, initialized in
            let base = values.baseAddress!
            var state = start
            var index = 0
            while index < count {
                state &+= 0x9E37_79B9_7F4A_7C15
                var z = state
                z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
                z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
                z ^= z >> 31
                (base + index).initialize(to: Float(Int32(truncatingIfNeeded: z >> 40) &- (1 << 23)) * scale)
                if index &+ 1 < count {
                    let low = Int32(truncatingIfNeeded: (z >> 8) & 0xFF_FFFF) &- (1 << 23)
                    (base + index + 1).initialize(to: Float(low) * scale)
                }
                index &+= 2
            }
            initialized = count
        }
    }
}

extension Float {
    /// The gain of weights behind a layer without an activation: nothing halves the squares of its values.
    static let behindLinear = Float(0.5).squareRoot()
}
