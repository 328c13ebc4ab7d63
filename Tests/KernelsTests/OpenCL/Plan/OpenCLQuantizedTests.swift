// Quantised networks on OpenCL devices with bytes in memory and whole numbers in sums, which is how devices with dot
// products of bytes compute them. Here it is asked for, whatever the device has.
import Testing

@testable import CPUKernels
@testable import EnginePlanning
@testable import NetworkGraph
@testable import OpenCLKernels

@Suite("OpenCL integers", .serialized, .enabled(if: OpenCLUnderTest.skipReason == nil, "needs an OpenCL device"))
struct OpenCLQuantizedTests {
    /// As on devices of several kinds; the last keeps floats in half precision.
    static let kinds: [(name: String, traits: OpenCLTraits)] = [
        ("AVX-512", OpenCLUnderTest.integers(.cpu(16, 1))), ("AVX2", OpenCLUnderTest.integers(.cpu(8, 1))),
        ("GPU", OpenCLUnderTest.integers(OpenCLUnderTest.gpu)),
        ("GPU, floats in FP16", OpenCLUnderTest.halves(OpenCLUnderTest.integers(OpenCLUnderTest.gpu))),
    ]

    /// Weights whose steps from their zero point don't fit in a signed byte; channels that leave ints half empty.
    private static let shifted: [QuantizedCase] = {
        let same = Window(height: 3, width: 3, padding: Padding(1))
        var cases: [QuantizedCase] = []
        for zeroPoint in [0, 37, 255] {
            for (inputs, outputs, groups) in [(16, 24, 1), (7, 9, 1), (10, 12, 2), (12, 12, 12)] {
                let name = "\(inputs) → \(outputs) channels, \(groups) groups, weights around \(zeroPoint)"
                let example = QuantizedCase(name, [1, inputs, 7, 7]) { network, random in
                    let input = try network.append(.unary(.quantize(.unsigned(2.0 / 255, 117))), 0)
                    let layer = random.quantizedConvolution(
                        inputs, outputs, same, groups: groups, perChannel: false, zeroPoint: zeroPoint)
                    return [try network.append(.unary(.quantize(.signed(0.021, -9))), network.append(layer, input))]
                }
                cases.append(example)
            }
        }
        return cases
    }()

    @Test("layers agree with the reference", arguments: kinds.indices) func layers(_ kind: Int) throws {
        for example in QuantizedCase.layers + Self.shifted { try check(example, Self.kinds[kind].traits) }
    }

    @Test("graphs agree with the reference", arguments: kinds.indices) func graphs(_ kind: Int) throws {
        for example in QuantizedCase.graphs { try check(example, Self.kinds[kind].traits) }
    }

    @Test("goldens", .enabled(if: GoldenRun.folder != nil, "COEXEC_DATA is not set"), arguments: GoldenRun.all)
    func goldens(_ run: GoldenRun) throws {
        for traits in [OpenCLTraits.cpu(16, 1), OpenCLUnderTest.gpu] {
            try run.check(OpenCLUnderTest.engine(OpenCLUnderTest.integers(traits)))
        }
    }

    @Test func frames() throws {
        var random = SeededValues(seed: 5)
        var network = Network(name: "frames")
        let image = ImageInput(
            batch: 2, height: 12, width: 14, mean: [128, 128, 128], scale: [0.015625, 0.015625, 0.015625])
        let input = try network.append(.unary(.quantize(.unsigned(0.015625, 128))), network.append(.image(image)))
        let window = Window(height: 3, width: 3, padding: Padding(1))
        let layer = try network.append(random.quantizedConvolution(3, 16, window, .relu), input)
        network.setOutputs(try network.append(.unary(.quantize(.unsigned(0.02))), layer))
        let frames: [NetworkInput] = [
            .images([random.image(width: 20, height: 17), random.image(width: 14, height: 12)])
        ]
        var (outputs, expected) = (network.makeOutputs(), network.makeOutputs())
        try ReferenceEngine().compile(network).makeContext().run(frames, into: &expected)
        for (_, traits) in Self.kinds {
            try OpenCLUnderTest.engine(traits).compile(network).makeContext().run(frames, into: &outputs)
            // Bilinear sums are half-way between two bytes more often than others.
            let steps = zip(outputs[0].values, expected[0].values).map { abs($0 - $1) / 0.02 }
            #expect(steps.allSatisfy { $0 < 2.5 })
            #expect(steps.filter { $0 > 0.5 }.count * 50 < steps.count)
        }
    }

    @Test("every configuration of a layer", arguments: kinds.indices)
    func configurations(_ kind: Int) throws {
        let traits = Self.kinds[kind].traits
        let context = try OpenCLContextHandle(OpenCLUnderTest.devices.get()[0])
        let programs = OpenCLPrograms(context, cache: nil)
        for example in QuantizedCase.layers[..<5] {
            let layer = example.network.nodes.first { OpenCLLayer($0) != nil }!
            let configurations = traits.configurations(OpenCLLayer(layer, multipliesBytes: true)!)
            #expect(!configurations.contains { $0.algorithm == .winograd || $0.algorithm == .matrixVector })
            for configuration in configurations
            where (configuration.group ?? []).reduce(1, *) <= context.device.maxWorkGroupSize {
                let plan = OpenCLPlan(example.network, traits, configurations: [layer.name: configuration])
                let run = try OpenCLExecutionContext(OpenCLNetwork(plan, context, programs))
                try check(example, run)
            }
        }
    }

    @Test func measuredLayersAreTimedOnBytes() throws {
        let engine = try OpenCLUnderTest.engine(
            OpenCLUnderTest.integers(.cpu(16, 1)), Tuning(.remembered, cache: nil))
        for example in QuantizedCase.graphs[..<2] { try check(example, engine.compile(example.network).makeContext()) }
    }

    // MARK: What a plan looks like. No device needed.

    private func steps(_ example: QuantizedCase) -> [OpenCLStep] {
        OpenCLPlan(example.network, OpenCLUnderTest.integers(.cpu(16, 1))).steps
    }

    @Test func noFloatPassesBetweenLayers() {
        // From a map to probabilities: rounded as it comes in; the last layer gives floats.
        let steps = steps(QuantizedCase.graphs.first { $0.name == "from a map to probabilities" }!)
        let expected = ["import_tensor", "convolution", "depthwise", "convolution", "average_pooling", "convolution"]
        #expect(steps.map(\.kernel).prefix(expected.count) == expected[...])
        for step in steps[1..<5] {
            #expect(step.build.options.contains("-DBYTES_IN") && step.build.options.contains("-DBYTES_OUT"))
        }
        #expect(steps[0].build.options.contains("-DBYTES_OUT"))
        #expect(!steps[5].build.options.contains("-DBYTES_OUT"))
    }

    @Test func bytesAreAQuarterOfTheFloats() {
        let example = QuantizedCase.graphs.first { $0.name == "a residual in its own place" }!
        let traits = OpenCLTraits.cpu(16, 1)
        let floats = OpenCLPlan(example.network, traits).layout.length
        #expect(OpenCLPlan(example.network, OpenCLUnderTest.integers(traits)).layout.length < floats / 2)
    }

    @Test func equalGridsAreJoinedInPlace() {
        let steps = steps(QuantizedCase.graphs.first { $0.name == "a concatenation of equal grids" }!)
        #expect(!steps.contains { $0.kernel == "combine" })
    }

    @Test func dotProductsAreWhatTheDeviceHas() {
        var traits = OpenCLUnderTest.integers(OpenCLUnderTest.gpu)
        for (product, option, version) in [
            (DotProduct.packed, "-DDOT_PACKED", "-cl-std=CL3.0"), (.arm, "-DDOT_ARM", "-cl-std=CL1.2"),
        ] {
            traits.dotProduct = product
            let builds = OpenCLPlan(QuantizedCase.layers[0].network, traits).steps.map(\.build)
            let layer = builds.first { $0.source == .convolution }!
            #expect(layer.options.contains(option) && layer.compilerOptions.contains(version))
            #expect(builds.filter { $0.options.contains(option) }.count == 1)
        }
    }

    @Test func factorsAndOffsetsOfAChannel() {
        let grids = LayerGrids(
            input: .signed(0.5, -3), weights: WeightGrid(scales: [0.25, 2], zeroPoints: [0, 0], isSigned: true),
            output: .signed(0.125, 7), addend: .signed(0.0625, 4))
        let channel = grids.rescaling(1, bias: 3)
        #expect(channel.factor == 8 && channel.offset == 22)
        #expect(grids.addendFactor == 0.5)
        #expect(grids.outside(5) == [Int32](repeating: Int32(bitPattern: 0xfdfd_fdfd), count: 2))
    }

    // MARK: -

    private func check(_ example: QuantizedCase, _ traits: OpenCLTraits) throws {
        let context = try OpenCLUnderTest.engine(traits).compile(example.network).makeContext()
        try check(example, context, tolerance: traits.precision == .fp16 ? 2e-3 : 1e-5)
    }

    /// Every number within one step of its grid, and nearly all the same; twice, since work in place could spoil what
    /// the next run reads.
    private func check(_ example: QuantizedCase, _ context: any ExecutionContext, tolerance: Double = 1e-5) throws {
        var expected = example.network.makeOutputs()
        try ReferenceEngine().compile(example.network).makeContext().run(example.inputs, into: &expected)
        var outputs = expected.map { Tensor($0.shape, [Float](repeating: .nan, count: $0.shape.count)) }
        for _ in 0..<2 {
            try context.run(example.inputs, into: &outputs)
            for (position, grid) in example.grids.enumerated() {
                guard let grid else {
                    let error = outputs[position].relativeError(to: expected[position])
                    #expect(error < tolerance, "\(example.name)")
                    continue
                }
                let steps = zip(outputs[position].values, expected[position].values).map { abs($0 - $1) / grid.scale }
                let different = steps.filter { !($0 < 0.5) }.count
                // Inputs that are rounded to halves first may change two addends of a sum.
                let bound: Float = tolerance > 1e-4 ? 2.5 : 1.5
                #expect(steps.allSatisfy { $0 < bound }, "\(example.name): \(steps.max() ?? 0) steps")
                let most = tolerance > 1e-4 ? steps.count / 20 : steps.count / 500
                #expect(different <= most, "\(example.name): \(different) of \(steps.count) differ")
            }
        }
    }
}
