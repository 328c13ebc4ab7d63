// Floats that become bytes and bytes that become floats, for shapes of all kinds: oneDNN 2.6.3 forgets zero points in
// some of them.
import Testing

@testable import CPUKernels
@testable import NetworkGraph

@Suite("Bytes from floats and back")
struct CPUConversionTests {
    static let grids: [QuantizationGrid] = [
        .unsigned(0.015625), .unsigned(0.0157, 117), .unsigned(0.01, 255), .signed(0.0131, -9), .signed(0.02, -128),
    ]

    /// Of any scale: what lies beyond the grid, ties, and what is no number.
    private static let values: [Float] = {
        var random = SeededValues(seed: 3)
        let special: [Float] = [.infinity, -.infinity, .nan, 0, -0.0, 0.0078125, .leastNonzeroMagnitude]
        return random.floats(1021, within: 3) + special
    }()

    @Test("each element as the grid says, in all shapes and orders", arguments: [grids[1], grids[3]])
    func shapes(_ grid: QuantizationGrid) {
        let q = Self.values.map { UInt8(truncatingIfNeeded: grid.index(of: $0)) }
        let numbers = (0...255).map { grid.value(of: grid.isSigned ? Int(Int8(truncatingIfNeeded: $0)) : $0) }
        for (channels, pixels) in ConvertedShapes.all {
            // Some come twice in a batch. Buffers are no longer than they must be.
            let shape = Shape([1 + channels % 2, channels, pixels, 1])
            let floats = (0..<shape.count).map { Self.values[$0 % Self.values.count] }
            let bytes = (0..<shape.count).map { q[$0 % q.count] }
            var turned = bytes
            for image in 0..<shape[0] {
                let start = image * channels * pixels
                for pixel in 0..<pixels {
                    for channel in 0..<channels {
                        turned[start + pixel * channels + channel] = bytes[start + channel * pixels + pixel]
                    }
                }
            }
            let name = "\(channels) channels of \(pixels) pixels"
            let rounded: [UInt8] = convert(floats, CPUConversion(nil, to: grid, shape, .planesToPixels), 1)
            #expect(rounded == turned, "\(name)")
            let planes: [Float] = convert(turned, CPUConversion(grid, to: nil, shape, .pixelsToPlanes), 0)
            #expect(planes == bytes.map { numbers[Int($0)] }, "\(name)")
        }
    }

    @Test("each element as the grid says, one after another", arguments: grids)
    func kept(_ grid: QuantizationGrid) {
        let shape: Shape = [1, Self.values.count, 1, 1]
        let bytes: [UInt8] = convert(Self.values, CPUConversion(nil, to: grid, shape, .kept), 1)
        #expect(bytes == Self.values.map { UInt8(truncatingIfNeeded: grid.index(of: $0)) })
        let numbers: [Float] = convert(bytes, CPUConversion(grid, to: nil, shape, .kept), .nan)
        #expect(numbers == Self.values.map { $0.isNaN ? 0 : grid.rounded($0) })
    }

    @Test("bytes moved to another grid are its nearest numbers", arguments: grids, grids)
    func moves(_ from: QuantizationGrid, _ to: QuantizationGrid) {
        let bytes = (0...255).map { UInt8($0) }
        let moved: [UInt8] = convert(bytes, CPUConversion(from, to: to, [1, 16, 4, 4], .kept), 1)
        for (byte, result) in zip(bytes, moved) {
            let number = from.value(of: from.isSigned ? Int(Int8(bitPattern: byte)) : Int(byte))
            let nearest = to.value(of: to.isSigned ? Int(Int8(bitPattern: result)) : Int(result))
            // Half-way, either.
            let error = abs(nearest - min(max(number, to.range.low), to.range.high))
            #expect(error <= to.scale * 0.5001, "\(byte)")
        }
    }

    private func convert<Source, Result>(
        _ source: [Source], _ conversion: CPUConversion, _ filling: Result
    ) -> [Result] {
        var (source, result) = (source, [Result](repeating: filling, count: source.count))
        source.withUnsafeMutableBytes { source in
            result.withUnsafeMutableBytes { conversion.run(source.baseAddress!, $0.baseAddress!) }
        }
        return result
    }
}

/// Channels and pixels that conversions are tested with.
enum ConvertedShapes {
    static let pixels = [1, 4, 9, 25, 49, 56, 64, 100, 169, 196, 784]
    static let channels = Array(1...70) + [96, 128, 192, 256]
    static let all: [(channels: Int, pixels: Int)] = channels.flatMap { channels in
        pixels.map { (channels, $0) }
    }
}

@Suite("Values of all shapes on grids, in every engine")
struct ConvertedShapesTests {
    /// For one number of pixels: an input of each number of channels, rounded to a grid with a zero point, kept in
    /// bytes by a pool, and given back as floats.
    private struct Case {
        let network: Network
        let inputs: [Tensor]
        let expected: [Tensor]

        init(pixels: Int) throws {
            var network = Network(name: "\(pixels) pixels")
            var (inputs, expected, outputs): ([Tensor], [Tensor], [Network.NodeID]) = ([], [], [])
            var random = SeededValues(seed: UInt64(pixels))
            let values = random.floats(997, within: 1.5)
            for channels in ConvertedShapes.channels {
                let shape = Shape([1, channels, pixels, 1])
                let grid: QuantizationGrid = channels % 2 == pixels % 2 ? .unsigned(0.0157, 117) : .signed(0.0131, -9)
                let numbers = values.map(grid.rounded)
                let input = try network.append(.tensor(shape))
                let rounded = try network.append(.unary(.quantize(grid)), input)
                let pool = Pooling(.maximum, window: Window(height: 1, width: 1))
                outputs.append(try network.append(.pooling(pool), rounded))
                inputs.append(Tensor(shape, (0..<shape.count).map { values[$0 % values.count] }))
                expected.append(Tensor(shape, (0..<shape.count).map { numbers[$0 % numbers.count] }))
            }
            network.setOutputs(outputs)
            (self.network, self.inputs, self.expected) = (network, inputs, expected)
        }

        static let all = Result { try ConvertedShapes.pixels.map { try Case(pixels: $0) } }
    }

    static let engines =
        [EngineUnderTest("reference") { ReferenceEngine() }] + EngineUnderTest.integer
        + EngineUnderTest.openCL.filter { $0.skipReason == nil && !$0.name.contains("FP16") }

    @Test("results are the grid's numbers nearest to the inputs", arguments: engines)
    func values(_ engine: EngineUnderTest) throws {
        let engine = try engine.make()
        for example in try Case.all.get() {
            var outputs = example.network.makeOutputs()
            try engine.compile(example.network).makeContext().run(example.inputs.map { .tensor($0) }, into: &outputs)
            for (output, wanted) in zip(outputs, example.expected) {
                // Devices may divide less exactly: a step where a value lies half-way.
                let far = zip(output.values, wanted.values).count { !(abs($0 - $1) < 1e-5) }
                #expect(far <= wanted.values.count / 200, "\(wanted.shape): \(far) of \(wanted.values.count)")
            }
        }
    }
}
