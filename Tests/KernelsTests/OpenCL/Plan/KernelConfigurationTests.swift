// Every configuration that tuning may choose computes what the reference computes; and what is chosen is remembered.
import OpenCLFaults
import Synchronization
import Testing

@testable import EnginePlanning
@testable import NetworkGraph
@testable import OpenCLKernels

@Suite("OpenCL configurations", .enabled(if: OpenCLUnderTest.skipReason == nil, "needs an OpenCL device"))
struct KernelConfigurationTests {
    /// One layer of each sort over 1×20×9×10, with channels that leave vectors and tiles half empty.
    private static let layers: [(name: String, operation: Operation)] = {
        var random = SeededValues(seed: 11)
        let square = Window(height: 3, width: 3, padding: Padding(1))
        return [
            ("3×3", random.convolution(20, 24, square, .relu)),
            ("1×1", random.convolution(20, 37, Window(height: 1, width: 1))),
            ("grouped", random.convolution(20, 40, square, groups: 2)),
            ("depthwise", random.convolution(20, 20, Window(height: 3, width: 3, stride: 2), groups: 20)),
            (
                "fully connected",
                .fullyConnected(
                    FullyConnected(
                        weights: random.tensor([70, 20 * 9 * 10]), bias: random.tensor([70]).values, activation: .relu))
            ),
        ]
    }()

    private static func network(_ operation: Operation) throws -> Network {
        var network = Network(name: "one layer")
        let input = try network.append(.tensor([1, 20, 9, 10]))
        network.setOutputs(try network.append(operation, input, name: "layer"))
        return network
    }

    private static let kinds: [(name: String, traits: OpenCLTraits, tolerance: Double)] = [
        ("AVX-512", .cpu(16, 1), 1e-5), ("NVIDIA", .gpu(2, .nvidia), 1e-5),
        ("values in FP16", OpenCLUnderTest.halves(.gpu(2, .mali)), 3e-3),
    ]

    @Test("computes what the reference computes", arguments: kinds.indices)
    func everyWay(_ kind: Int) throws {
        let (name, traits, tolerance) = Self.kinds[kind]
        let device = try OpenCLUnderTest.devices.get()[0]
        let context = try OpenCLContextHandle(device)
        let programs = OpenCLPrograms(context, cache: nil)
        for (layerName, operation) in Self.layers {
            let network = try Self.network(operation)
            var random = SeededValues(seed: 3)
            let inputs: [NetworkInput] = [.tensor(random.tensor([1, 20, 9, 10]))]
            var expected = network.makeOutputs()
            try ReferenceEngine().compile(network).makeContext().run(inputs, into: &expected)
            let configurations = traits.configurations(try #require(OpenCLLayer(network.nodes[1])))
            #expect(
                configurations.count > 1
                    && configurations[0] == traits.usualConfiguration(OpenCLLayer(network.nodes[1])!))
            for configuration in configurations
            where (configuration.group ?? []).reduce(1, *) <= device.maxWorkGroupSize {
                let plan = OpenCLPlan(network, traits, configurations: ["layer": configuration])
                var outputs = network.makeOutputs()
                try OpenCLExecutionContext(OpenCLNetwork(plan, context, programs)).run(inputs, into: &outputs)
                let error = outputs[0].relativeError(to: expected[0])
                #expect(error <= tolerance, "\(name), \(layerName), \(configuration): \(error)")
            }
        }
    }

    @Test func choicesAreRememberedByShape() throws {
        var random = SeededValues(seed: 1)
        var network = Network(name: "twins")
        var last = try network.append(.tensor([1, 16, 8, 8]))
        let window = Window(height: 3, width: 3, padding: Padding(1))
        for _ in 0..<3 {
            last = try network.append(random.convolution(16, 16, window), last)
        }
        network.setOutputs(last)
        let device = try OpenCLUnderTest.devices.get()[0]
        let context = try OpenCLContextHandle(device)
        let lines = Mutex<[String]>([])
        let tuning = Tuning(.remembered, cache: nil, progress: { line in lines.withLock { $0.append(line) } })
        let tuner = OpenCLTuner(
            OpenCLTraits(for: device), context, OpenCLPrograms(context, cache: nil), tuning)
        var configurations: [String: KernelConfiguration] = [:]
        let isWhole = try tuner.measure(network, into: &configurations)
        #expect(isWhole)
        #expect(configurations.count == 3 && Set(configurations.values).count == 1)
        #expect(lines.withLock { $0.count } == 1, "layers of one shape are timed once")
    }

    @Test func aFirstStartHasOneShapeOfTheConvolutionKernel() throws {
        var layers: [String: OpenCLLayer] = [:]
        for (name, operation) in Self.layers { layers[name] = OpenCLLayer(try Self.network(operation).nodes[1]) }
        let traits = OpenCLTraits.cpu(16, 1)
        let first = traits.firstConfigurations(layers)
        #expect(first.count == layers.count - 1 && first["depthwise"] == nil)
        #expect(Set(first.values).count == 1)
        // GPUs' compilers are quick.
        #expect(OpenCLTraits.gpu(8).firstConfigurations(layers).isEmpty)
        // Whatever shape that is, small layers are right, too.
        let context = try OpenCLContextHandle(OpenCLUnderTest.devices.get()[0])
        let programs = OpenCLPrograms(context, cache: nil)
        var random = SeededValues(seed: 4)
        let inputs: [NetworkInput] = [.tensor(random.tensor([1, 20, 9, 10]))]
        for (name, operation) in Self.layers where name == "fully connected" || name == "1×1" {
            let network = try Self.network(operation)
            var expected = network.makeOutputs()
            try ReferenceEngine().compile(network).makeContext().run(inputs, into: &expected)
            let plan = OpenCLPlan(network, traits, configurations: ["layer": try #require(first[name])])
            var outputs = network.makeOutputs()
            try OpenCLExecutionContext(OpenCLNetwork(plan, context, programs)).run(inputs, into: &outputs)
            let error = outputs[0].relativeError(to: expected[0])
            #expect(error <= 1e-5, "\(name): \(error)")
        }
    }

    /// Not the usual configurations, as if they were measured.
    @Test func aDeviceThatIsLostWhileMeasuringIsSaid() throws {
        let network = try Self.network(Self.layers[0].operation)
        let device = try OpenCLUnderTest.devices.get()[0]
        OpenCLFaults_begin()
        defer { OpenCLFaults_heal() }
        OpenCLFaults_watch(true)
        let made = Result { try OpenCLContextHandle(device) }
        OpenCLFaults_watch(false)
        let context = try made.get()
        OpenCLFaults_loseDevice(1)
        let tuner = OpenCLTuner(
            .cpu(16, 1), context, OpenCLPrograms(context, cache: nil), Tuning(.remembered, cache: nil))
        var configurations: [String: KernelConfiguration] = [:]
        #expect(throws: OpenCLError.self) { _ = try tuner.measure(network, into: &configurations) }
        #expect(configurations.isEmpty)
    }

    @Test func interruptedTuningChoosesNothing() throws {
        let network = try Self.network(Self.layers[0].operation)
        let context = try OpenCLContextHandle(OpenCLUnderTest.devices.get()[0])
        let tuning = Tuning(.remembered, cache: nil, isInterrupted: { true })
        let tuner = OpenCLTuner(.cpu(16, 1), context, OpenCLPrograms(context, cache: nil), tuning)
        var configurations: [String: KernelConfiguration] = [:]
        let isWhole = try tuner.measure(network, into: &configurations)
        #expect(!isWhole && configurations.isEmpty)
    }
}

@Suite("OpenCL traits")
struct OpenCLTraitsTests {
    @Test func groupsDivideLaunches() {
        let traits = OpenCLTraits.gpu(8)
        for global in [[1, 1, 1], [64, 7], [250, 3], [13, 56, 28], [1009]] {
            let group = traits.group(dividing: global)
            #expect(zip(global, group).allSatisfy { $0.isMultiple(of: $1) })
            #expect(group.reduce(1, *) <= traits.groupSize)
        }
        #expect(traits.group(dividing: [64, 7])[0] == 64)
        // A launch whose third axis alone could fill a group, which NVIDIA's driver refuses.
        #expect(traits.group(dividing: [1, 1, 1000]) == [1, 1, 50])
        #expect(OpenCLTraits.cpu(16, 4).group(dividing: [64, 7]) == [1, 1])
    }

    @Test("a driver that doesn't tell its extents", arguments: [[], [0, 0, 0]])
    func groupsOfUnknownExtents(_ extents: [Int]) {
        #expect(OpenCLTraits.gpu(8, maxGroupExtents: extents).group(dividing: [64, 7, 3]) == [1, 1, 1])
    }

    @Test func waysStayWithinTheDevice() throws {
        var random = SeededValues(seed: 1)
        var network = Network(name: "layers")
        let input = try network.append(.tensor([1, 32, 14, 14]))
        let convolution = try network.append(
            random.convolution(32, 64, Window(height: 3, width: 3, padding: Padding(1))), input)
        let traits = OpenCLTraits.gpu(8, .mali, maxGroupSize: 64)
        for configuration in traits.configurations(OpenCLLayer(network.nodes[convolution])!) {
            #expect((configuration.group ?? [1]).reduce(1, *) <= 64)
        }
    }
}
