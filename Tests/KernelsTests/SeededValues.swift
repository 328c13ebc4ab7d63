// Random test data that is the same in every run.
import Kernels

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
struct SeededValues {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in −bound …< bound.
    mutating func floats(_ count: Int, within bound: Float = 1) -> [Float] {
        (0..<count).map { _ in (Float(next() >> 40) / Float(1 << 23) - 1) * bound }
    }

    mutating func tensor(_ shape: Shape, within bound: Float = 1) -> Tensor {
        Tensor(shape, floats(shape.count, within: bound))
    }

    mutating func image(width: Int, height: Int) -> Image {
        try! Image(width: width, height: height, pixels: (0..<width * height * 3).map { _ in UInt8(next() >> 56) })
    }

    /// Weights and biases that keep values near the size of the inputs.
    mutating func convolution(
        _ inputs: Int, _ outputs: Int, _ window: Window, groups: Int = 1, _ activation: Activation = .identity
    ) -> Operation {
        let shape: Shape = [outputs, inputs / groups, window.height, window.width]
        let fanIn = Float(shape.count / outputs)
        return .convolution(
            Convolution(
                weights: tensor(shape, within: (3 / fanIn).squareRoot()), bias: floats(outputs, within: 0.5),
                window: window, groups: groups, activation: activation))
    }

    mutating func transposedConvolution(
        _ inputs: Int, _ outputs: Int, _ window: Window, extra: Int = 0, groups: Int = 1
    ) -> Operation {
        let shape: Shape = [inputs, outputs / groups, window.height, window.width]
        let fanIn = Float(inputs / groups * window.height * window.width)
        return .transposedConvolution(
            TransposedConvolution(
                weights: tensor(shape, within: (3 / fanIn).squareRoot()), bias: floats(outputs, within: 0.5),
                window: window, extraRows: extra, extraColumns: extra, groups: groups))
    }

    mutating func fullyConnected(_ inputs: Int, _ outputs: Int, _ activation: Activation = .identity) -> Operation {
        .fullyConnected(
            FullyConnected(
                weights: tensor([outputs, inputs], within: (3 / Float(inputs)).squareRoot()),
                bias: floats(outputs, within: 0.5), activation: activation))
    }
}
