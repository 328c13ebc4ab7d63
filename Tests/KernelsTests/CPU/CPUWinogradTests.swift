// Winograd's algorithm of our own against the reference: every kind of vectors, layout and geometry, and plans with it.
import COneDNN
import CVectors
import Testing

@testable import CPUKernels
@testable import EnginePlanning
@testable import NetworkGraph

@Suite("CPU Winograd")
struct CPUWinogradTests {
    struct Geometry: Sendable {
        let source: Shape
        let outputs: Int
        var padding = Padding(1)
        var activation = Activation.identity
        var adds = false
    }

    /// Tiles that are full and that aren't, channels that fill vectors, panels and blocks, and that don't.
    static let geometries = [
        Geometry(source: [1, 16, 8, 8], outputs: 16),
        Geometry(source: [2, 13, 7, 9], outputs: 21, activation: .relu),
        Geometry(source: [1, 3, 14, 5], outputs: 68, padding: .none, activation: .clip(low: 0.25, high: 1)),
        Geometry(
            source: [2, 35, 6, 11], outputs: 50, padding: Padding(top: 2, left: 0, bottom: 1, right: 3), adds: true),
        Geometry(source: [1, 64, 23, 30], outputs: 130, activation: .relu, adds: true),
        Geometry(source: [1, 8, 1, 1], outputs: 5, padding: Padding(2)),
        Geometry(source: [1, 9, 3, 3], outputs: 17, padding: .none),
    ]

    private static func orders(_ lanes: Int) -> [CPUOrder] {
        [.channelsLast] + [8, 16].filter { $0 % lanes == 0 }.map { .blocked($0) }
    }

    @Test("equals the reference with all vectors, in all layouts", arguments: [2, 4], [16, 8, 4])
    func geometries(_ tile: Int, _ lanes: Int) throws {
        guard lanes <= CVectors_lanes() else { return }
        for (number, geometry) in Self.geometries.enumerated() {
            var random = SeededValues(seed: 11)
            let window = Window(height: 3, width: 3, padding: geometry.padding)
            let operation = random.convolution(geometry.source[1], geometry.outputs, window)
            guard case .convolution(let layer) = operation else { return }
            var network = Network(name: "layer")
            let input = try network.append(.tensor(geometry.source))
            let result = try network.append(operation, input)
            let residual = random.tensor(network.nodes[result].shape)
            var last = result
            if geometry.adds {
                last = try network.append(.addition(.identity), result, try network.append(.constant(residual)))
            }
            network.setOutputs(try network.append(.activation(geometry.activation), last))
            let source = random.tensor(geometry.source)
            var expected = network.makeOutputs()
            try ReferenceEngine().compile(network).makeContext().run([.tensor(source)], into: &expected)

            for order in Self.orders(lanes) {
                let strides: [Int?] = [nil, max(geometry.source[1], geometry.outputs) + 7]
                for stride in strides {
                    if stride != nil, order != .channelsLast { continue }
                    for threads in [1, 2] {
                        let from = CVectors_Map(geometry.source, order, pixelStride: stride)
                        let to = CVectors_Map(residual.shape, order, pixelStride: stride)
                        let step = CPUWinograd(
                            from, to, window, geometry.activation, tile: tile, addsResult: geometry.adds,
                            isHalf: false, lanes: lanes, threads: threads)
                        // What doesn't belong to the result.
                        let output = try Placed(residual, to, filling: -7)
                        let scratch = try AlignedBuffer(bytes: step.scratchBytes)
                        let placed = try Placed(source, from, filling: 0)
                        try withExtendedLifetime((placed, output, scratch)) {
                            step.run(
                                placed.buffer.address, try step.makeConstants(layer), output.buffer.address,
                                scratch: scratch.address)
                        }
                        let error = output.tensor.relativeError(to: expected[0])
                        let name = "case \(number), \(order), stride \(stride ?? 0), \(threads) threads"
                        #expect(error < 2e-6, "\(name): \(error)")
                        #expect(output.isFilled(with: order == .channelsLast ? -7 : 0), "\(name)")
                    }
                }
            }
        }
    }

    @Test("networks of nothing else, in both precisions", arguments: [LayerAlgorithm.winograd2, .winograd4])
    func plans(_ algorithm: LayerAlgorithm) throws {
        let (network, inputs) = try Self.block()
        var expected = network.makeOutputs()
        try ReferenceEngine().compile(network).makeContext().run(inputs, into: &expected)
        for (precision, bound) in [(Precision.fp32, 5e-6), (.bf16, 0.02)] where CPUEngine.supports(precision) {
            for layers in [AlgorithmSelection.always(algorithm), Self.amongXNNPACKs(network, algorithm)] {
                let plan = try CPUPlanner.plan(network, OneDNNUnit(), layers, precision, threads: 1, .off)
                let count = plan.steps.filter { if case .winograd = $0.work { true } else { false } }.count
                #expect(count >= 2, "\(precision)")
                let engine = CPUEngine(threads: 1, precision: precision, layers: layers)
                var outputs = network.makeOutputs()
                try engine.compile(network).makeContext().run(inputs, into: &outputs)
                for (output, wanted) in zip(outputs, expected) {
                    let error = output.relativeError(to: wanted)
                    #expect(error < bound, "\(precision): \(error)")
                }
            }
        }
    }

    /// What isn't finite shows as such, wherever a tile carries it.
    @Test("bounds that are none hide no NaN", arguments: [2, 4])
    func notFinite(_ tile: Int) throws {
        var random = SeededValues(seed: 3)
        let shape: Shape = [1, 16, 8, 8]
        guard case .convolution(let layer) = random.convolution(16, 16, Window(height: 3, width: 3, padding: Padding(1)))
        else { return }
        for (isHalf, size) in [(false, 4), (true, 2)] {
            let map = CVectors_Map(shape, .channelsLast, pixelStride: nil)
            let step = CPUWinograd(
                map, map, layer.window, .identity, tile: tile, addsResult: false, isHalf: isHalf,
                lanes: CVectors_lanes(), threads: 1)
            let source = try AlignedBuffer(bytes: shape.count * size)
            let result = try AlignedBuffer(bytes: shape.count * size)
            let scratch = try AlignedBuffer(bytes: step.scratchBytes)
            try withExtendedLifetime((source, result, scratch)) {
                // One NaN, whose bits are the largest of all: in the upper half as well.
                source.address.storeBytes(of: 0x7FFF_FFFF, toByteOffset: 100 * 4, as: UInt32.self)
                step.run(source.address, try step.makeConstants(layer), result.address, scratch: scratch.address)
                let values = (0..<shape.count).map { index -> Float in
                    isHalf
                        ? Float(bitPattern: UInt32(result.address.load(fromByteOffset: 2 * index, as: UInt16.self)) << 16)
                        : result.address.load(fromByteOffset: 4 * index, as: Float.self)
                }
                #expect(values.contains(where: \.isNaN) && values.allSatisfy { $0.isNaN || $0.isFinite })
            }
        }
    }

    /// OpenMP may give fewer threads than are asked for: here one, to a thread of a team of its own.
    @Test func aSmallerTeamComputesAll() throws {
        final class Run {
            let step: CPUWinograd, constants: CPUWinograd.Constants
            let source: AlignedBuffer, result: AlignedBuffer, scratch: AlignedBuffer
            init(_ step: CPUWinograd, _ layer: Convolution, _ values: [Float], _ count: Int) throws {
                (self.step, constants) = (step, try step.makeConstants(layer))
                source = try AlignedBuffer(bytes: 4 * values.count)
                result = try AlignedBuffer(bytes: 4 * count)
                scratch = try AlignedBuffer(bytes: step.scratchBytes)
                values.withUnsafeBytes { source.address.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
                for index in 0..<count { result.address.storeBytes(of: .nan, toByteOffset: 4 * index, as: Float.self) }
            }
            func compute() { step.run(source.address, constants, result.address, scratch: scratch.address) }
        }
        var random = SeededValues(seed: 4)
        let shape: Shape = [1, 16, 12, 12]
        let window = Window(height: 3, width: 3, padding: Padding(1))
        guard case .convolution(let layer) = random.convolution(16, 16, window) else { return }
        let values = random.tensor(shape).values
        let map = CVectors_Map(shape, .channelsLast, pixelStride: nil)
        let runs = try [1, 4].map { threads in
            try Run(
                CPUWinograd(
                    map, map, window, .identity, tile: 2, addsResult: false, isHalf: false, lanes: CVectors_lanes(),
                    threads: threads), layer, values, shape.count)
        }
        for run in runs {
            GOMP_parallel(
                { data in
                    guard omp_get_thread_num() == 0 else { return }
                    Unmanaged<Run>.fromOpaque(data!).takeUnretainedValue().compute()
                }, Unmanaged.passUnretained(run).toOpaque(), 2, 0)
        }
        let results = runs.map { run in
            (0..<shape.count).map { run.result.address.load(fromByteOffset: 4 * $0, as: Float.self) }
        }
        #expect(results[0].allSatisfy(\.isFinite) && results[0] == results[1])
        withExtendedLifetime(runs) {}
    }

    @Test func measuringChoosesAmongAllWaysAndIsRepeatable() throws {
        let (network, inputs) = try Self.block()
        let unit = try OneDNNUnit()
        let measured = try CPUPlanner.plan(network, unit, .measured(mixesLibraries: true), .fp32, threads: 1, .off)
        let layers = network.nodes.filter { if case .convolution = $0.operation { true } else { false } }
        #expect(Set(measured.algorithms.byNode.keys) == Set(layers.map(\.name)))
        // Of what is remembered, another process makes the same plan.
        let again = try CPUPlanner.plan(network, unit, .given(measured.algorithms), .fp32, threads: 1, .off)
        func isWinograd(_ step: CPUPlan.Step) -> Bool { if case .winograd = step.work { true } else { false } }
        #expect(measured.steps.map(isWinograd) == again.steps.map(isWinograd))
        var expected = network.makeOutputs()
        try ReferenceEngine().compile(network).makeContext().run(inputs, into: &expected)
        var outputs = network.makeOutputs()
        let context = try CPUContext(network, unit, again, threads: 1)
        try context.run(inputs, into: &outputs)
        let error = outputs[0].relativeError(to: expected[0])
        #expect(error < 1e-5)
    }

    /// A residual, a concatenation, a function behind a layer, and layers that the algorithm doesn't fit.
    private static func block() throws -> (Network, [NetworkInput]) {
        var random = SeededValues(seed: 5)
        let window = Window(height: 3, width: 3, padding: Padding(1))
        var network = Network(name: "block")
        let input = try network.append(.tensor([1, 32, 15, 18]))
        let a = try network.append(random.convolution(32, 32, window, .relu), input)
        let b = try network.append(random.convolution(32, 16, Window(height: 1, width: 1)), a)
        let joined = try network.append(.concatenation(), b, a)
        let c = try network.append(random.convolution(48, 48, window), joined)
        let sum = try network.append(.addition(.relu), c, joined)
        let d = try network.append(random.convolution(48, 24, window, .clip(low: 0, high: 1)), sum)
        let e = try network.append(random.convolution(24, 40, window), d)
        network.setOutputs(try network.append(.unary(.swish(beta: 1)), e), sum)
        return (network, [.tensor(random.tensor([1, 32, 15, 18]))])
    }

    private static func amongXNNPACKs(_ network: Network, _ algorithm: LayerAlgorithm) -> AlgorithmSelection {
        var algorithms = LayerAlgorithms(otherwise: .xnnpack)
        for (id, node) in network.nodes.enumerated() where id > 2 { algorithms.byNode[node.name] = algorithm }
        return .given(algorithms)
    }
}

/// A tensor as a map has it, in a buffer no longer than it must be.
private struct Placed {
    let buffer: AlignedBuffer
    private let shape: Shape
    private let map: CVectors_Map
    private let count: Int

    init(_ tensor: Tensor, _ map: CVectors_Map, filling: Float) throws {
        (shape, self.map, count) = (tensor.shape, map, Int(map.batch * map.image_step))
        buffer = try AlignedBuffer(bytes: count * MemoryLayout<Float>.stride)
        for index in 0..<count { floats[index] = filling }
        for (position, index) in indices.enumerated() { floats[index] = tensor.values[position] }
    }

    private var floats: UnsafeMutablePointer<Float> { buffer.address.assumingMemoryBound(to: Float.self) }

    /// Where elements lie, in row-major order.
    private var indices: [Int] {
        var result: [Int] = []
        for image in 0..<shape[0] {
            for channel in 0..<shape[1] {
                let block: Int = channel / Int(map.block) * Int(map.block_step) + channel % Int(map.block)
                let start: Int = image * Int(map.image_step) + block
                for y in 0..<shape[2] {
                    for x in 0..<shape[3] { result.append(start + y * Int(map.row_step) + x * Int(map.pixel_step)) }
                }
            }
        }
        return result
    }

    var tensor: Tensor { Tensor(shape, indices.map { floats[$0] }) }

    /// Whether all that isn't of the tensor holds a value.
    func isFilled(with value: Float) -> Bool {
        let known = Set(indices)
        return (0..<count).allSatisfy { known.contains($0) || floats[$0] == value }
    }
}
