// Frames that a quantised network rounds first become bytes at once, with no floats in between.
import Testing

@testable import CPUKernels
@testable import NetworkGraph

@Suite("Frames as bytes on CPUs")
struct FrameBytesTests {
    private static let grids: [QuantizationGrid] = [
        .unsigned(1.0 / 128, 128), .unsigned(1.0 / 255), .signed(1.0 / 64, -3), .unsigned(0.02, 40),
    ]

    /// Widths around those of vectors, from smaller, larger and equal frames.
    @Test("rounded as the reference does", arguments: EngineUnderTest.integer)
    func rounding(_ engine: EngineUnderTest) throws {
        var random = SeededValues(seed: 3)
        for (position, width) in ([1, 2, 3, 4, 5, 8, 17] as [Int]).enumerated() {
            for source in [(1, 1), (width, 6), (3 * width + 1, 20)] {
                let grid = Self.grids[position % Self.grids.count]
                let frames = (0..<2).map { _ in random.image(width: source.0, height: source.1) }
                for resampling in ImageResampling.allCases {
                    let network = try Self.network(width: width, grid).resampled(by: resampling)
                    let (expected, outputs) = try Self.run(network, [.images(frames)], engine)
                    let steps = zip(outputs.values, expected.values).map { abs($0 - $1) / grid.scale }
                    let label = "\(engine.name), \(width) of \(source), \(resampling), \(grid)"
                    #expect(steps.allSatisfy { $0 < 1.01 }, "\(label): \(steps.max() ?? 0) steps")
                    // Numbers half-way may fall to either side.
                    #expect(steps.filter { $0 > 0.01 }.count <= 1 + steps.count / 200, "\(label)")
                }
            }
        }
    }

    /// Pixels of other channels, and fits with a border.
    @Test("other pixels are rounded as the reference does", arguments: EngineUnderTest.integer)
    func otherPixels(_ engine: EngineUnderTest) throws {
        var random = SeededValues(seed: 5)
        let fits: [ImageFit] = [.stretch, .crop, .letterbox(grey: 30)]
        for (position, channels) in ImageChannels.allCases.enumerated() {
            let grid = Self.grids[position % Self.grids.count]
            for fit in fits {
                for source in [(9, 6), (40, 10), (4, 21)] {
                    let frames = (0..<2).map { _ in random.image(width: source.0, height: source.1) }
                    let network = try Self.network(width: 9, grid, channels, fit)
                    let (expected, outputs) = try Self.run(network, [.images(frames)], engine)
                    let steps = zip(outputs.values, expected.values).map { abs($0 - $1) / grid.scale }
                    let label = "\(engine.name), \(channels), \(fit.text), \(source), \(grid)"
                    #expect(steps.allSatisfy { $0 < 1.01 }, "\(label): \(steps.max() ?? 0) steps")
                    #expect(steps.filter { $0 > 0.01 }.count <= 1 + steps.count / 200, "\(label)")
                }
            }
        }
    }

    @Test("no step rounds them", arguments: EngineUnderTest.integer)
    func noStep(_ engine: EngineUnderTest) throws {
        guard OneDNNUnit.multipliesBytes || !engine.name.hasPrefix("oneDNN,") else { return }
        var random = SeededValues(seed: 4)
        let inputs = [NetworkInput.images((0..<2).map { _ in random.image(width: 9, height: 9) })]
        let network = try Self.network(width: 4, Self.grids[0])
        let timings = try engine.make().compile(network).makeContext().profile(inputs)
        #expect(timings.map(\.node) == [0, 2])
        // A second reader needs floats.
        let both = try Self.network(width: 4, Self.grids[0], alsoAsFloats: true)
        #expect(try engine.make().compile(both).makeContext().profile(inputs).map(\.node).contains(1))
        let (expected, outputs) = try Self.run(both, inputs, engine)
        #expect(outputs.relativeError(to: expected) < 0.01)
    }

    /// Two frames, rounded, and the greatest of each 2×2 of their bytes.
    private static func network(
        width: Int, _ grid: QuantizationGrid, _ channels: ImageChannels = .rgb, _ fit: ImageFit = .stretch,
        alsoAsFloats: Bool = false
    ) throws -> Network {
        var network = Network(name: "frames")
        let frames = try network.append(
            .image(
                ImageInput(
                    batch: 2, height: 6, width: width, channels: channels,
                    mean: Array([127.5, 10, 0, 20].prefix(channels.count)),
                    scale: Array([0.01, 0.004, 0.006, 0.01].prefix(channels.count)), fit: fit)))
        let rounded = try network.append(.unary(.quantize(grid)), frames)
        let window = Window(height: 2, width: min(width, 2))
        let pooled = try network.append(.pooling(Pooling(.maximum, window: window)), rounded)
        network.setOutputs([pooled])
        if alsoAsFloats { network.setOutputs([pooled, try network.append(.activation(.relu), frames)]) }
        return network
    }

    /// The first output, as the reference computes it, and as the engine does.
    private static func run(
        _ network: Network, _ inputs: [NetworkInput], _ engine: EngineUnderTest
    ) throws -> (expected: Tensor, actual: Tensor) {
        var (expected, outputs) = (network.makeOutputs(), network.makeOutputs())
        try ReferenceEngine().compile(network).makeContext().run(inputs, into: &expected)
        try engine.make().compile(network).makeContext().run(inputs, into: &outputs)
        return (expected[0], outputs[0])
    }
}
