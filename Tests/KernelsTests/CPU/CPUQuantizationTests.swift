// The loop that rounds values to a grid, against the grid itself, in both precisions; and where it runs in a plan.
import Testing

@testable import CPUKernels
@testable import NetworkGraph

@Suite("CPU quantisation")
struct CPUQuantizationTests {
    private static let grids = [
        QuantizationGrid(scale: 0.04, zeroPoint: -3, isSigned: true),
        QuantizationGrid(scale: 0.5, zeroPoint: 255, isSigned: false),
        QuantizationGrid(scale: 3e-7, zeroPoint: 0, isSigned: false),
        QuantizationGrid(scale: 7e4, zeroPoint: -128, isSigned: true),
    ]

    /// Ties, both ends and what lies beyond, what is no number; not a whole number of vectors.
    private func values(_ grid: QuantizationGrid) -> [Float] {
        var values: [Float] = [.infinity, -.infinity, .nan, 0, -0.0, .greatestFiniteMagnitude, .leastNonzeroMagnitude]
        for step in -300...300 { values += [0, 0.25, 0.5, 0.75].map { (Float(step) + $0) * grid.scale } }
        return values
    }

    @Test(arguments: grids) func roundsAsTheGridDoes(_ grid: QuantizationGrid) {
        let values = values(grid)
        var (apart, inPlace) = ([Float](repeating: .nan, count: values.count), values)
        let step = CPUQuantization(source: 0, result: 1, count: values.count, bytes: 4)
        inPlace.withUnsafeMutableBytes { values in
            apart.withUnsafeMutableBytes { step.run(grid, values.baseAddress!, $0.baseAddress!) }
            step.run(grid, values.baseAddress!, values.baseAddress!)
        }
        #expect(apart == values.map(grid.rounded))
        #expect(inPlace == apart)
    }

    @Test(arguments: grids) func roundsUpperHalvesToTheNearest(_ grid: QuantizationGrid) {
        var halves = values(grid).map { UInt16($0.bitPattern >> 16) }
        let wanted = halves.map { half -> UInt16 in
            let bits = grid.rounded(Float(bitPattern: UInt32(half) << 16)).bitPattern
            return UInt16((bits + 0x7fff + (bits >> 16 & 1)) >> 16)
        }
        let step = CPUQuantization(source: 0, result: 0, count: halves.count, bytes: 2)
        halves.withUnsafeMutableBytes { step.run(grid, $0.baseAddress!, $0.baseAddress!) }
        #expect(halves == wanted)
    }

    @Test("layers in BF16 hand their values on", .enabled(if: CPUEngine.supports(.bf16), "no instructions for BF16"))
    func betweenLayersInBF16() throws {
        var random = SeededValues(seed: 8)
        var network = Network(name: "rounded")
        let window = Window(height: 3, width: 3, padding: Padding(1))
        let input = try network.append(.tensor([1, 32, 9, 9]))
        let first = try network.append(random.convolution(32, 32, window, .relu), input)
        let grid = QuantizationGrid(scale: 0.01, zeroPoint: 0, isSigned: false)
        let rounded = try network.append(.unary(.quantize(grid)), first)
        network.setOutputs(try network.append(random.convolution(32, 16, window), rounded))
        let tensor = random.tensor([1, 32, 9, 9])
        let expected = try network.run(tensor)
        for tuning in [AlgorithmSelection.always(.blocked), .always(.library)] {
            var outputs = network.makeOutputs()
            try CPUEngine(threads: 1, precision: .bf16, layers: tuning).compile(network).makeContext()
                .run([.tensor(tensor)], into: &outputs)
            #expect(outputs[0].relativeError(to: expected[0]) < CPUPrecisionTests.tolerance)
        }
    }
}
