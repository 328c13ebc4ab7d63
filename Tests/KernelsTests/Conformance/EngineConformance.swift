// The contract of `Engine`, checked on every engine against the reference.
import Foundation
import Kernels
import Testing

@Suite("Engine conformance", .serialized)
struct EngineConformance {
    @Test("engines that can't run here", .enabled(if: EngineUnderTest.skipped.isEmpty, Comment(rawValue: skipList)))
    func everyEngineRan() {}

    private static let skipList = EngineUnderTest.skipped.map { "\($0.name): \($0.skipReason ?? "")" }
        .joined(separator: "; ")

    @Test("computes what the reference computes", arguments: EngineUnderTest.runnable)
    func matchesReference(_ engine: EngineUnderTest) throws {
        let made = try engine.make()
        for (example, expected) in zip(ConformanceCase.all, try ConformanceCase.allExpected.get())
        where engine.isOfInterest(for: example.network) {
            try check(example, expected: expected, within: engine.tolerance) {
                try made.compile(example.network).makeContext().run(example.inputs, into: &$0)
            }
        }
    }

    @Test("computes every operation as the reference does", arguments: EngineUnderTest.runnable)
    func operators(_ engine: EngineUnderTest) throws {
        let made = try engine.make()
        for (example, expected) in zip(ConformanceCase.operators, try ConformanceCase.operatorsExpected.get())
        where engine.isOfInterest(for: example.network) {
            // Rounding to halves may make another element the largest.
            if engine.tolerance > 1e-3, example.network.nodes.contains(where: \.operation.isArgMax) { continue }
            do {
                // Twice, since work in place could spoil constants.
                let context = try made.compile(example.network).makeContext()
                for _ in 0..<2 {
                    try check(example, expected: expected, within: engine.tolerance) {
                        try context.run(example.inputs, into: &$0)
                    }
                }
            } catch {
                Issue.record("\(example.name): \(error)")
            }
        }
    }

    @Test("a context's runs don't depend on each other", arguments: EngineUnderTest.runnable)
    func repeatedRuns(_ engine: EngineUnderTest) throws {
        let made = try engine.make()
        for example in ConformanceCase.joins + ConformanceCase.images + ConformanceCase.graphs
        where engine.isOfInterest(for: example.network) {
            let context = try made.compile(example.network).makeContext()
            let other = example.withOtherInputs(seed: 99)
            for run in [example, other, example] {
                try check(run, expected: run.expected(), within: engine.tolerance) {
                    try context.run(run.inputs, into: &$0)
                }
            }
        }
    }

    @Test("two contexts of one network run at the same time", arguments: EngineUnderTest.runnable)
    func contextsOnTwoThreads(_ engine: EngineUnderTest) throws {
        let example = ConformanceCase.residualBlock
        let compiled = try engine.make().compile(example.network)
        let lanes = [1, 2].map { seed in
            Lane(compiled, example.withOtherInputs(seed: seed))
        }
        for lane in lanes { lane.start() }
        for lane in lanes {
            let example = lane.example
            let outputs = try lane.wait()
            for output in outputs {
                try check(example, expected: example.expected(), within: engine.tolerance) { $0 = output }
            }
        }
    }

    @Test("profile times each node that runs", arguments: EngineUnderTest.runnable)
    func profile(_ engine: EngineUnderTest) throws {
        let example = ConformanceCase.residualBlock
        let timings = try engine.make().compile(example.network).makeContext().profile(example.inputs)
        let nodes = timings.map(\.node)
        #expect(Set(nodes).count == nodes.count)
        #expect(nodes.allSatisfy(example.network.nodes.indices.contains))
        #expect(timings.allSatisfy { $0.nanoseconds >= 0 })
        // Activations and additions may be fused; convolutions always run.
        for (id, node) in example.network.nodes.enumerated() {
            if case .convolution = node.operation { #expect(nodes.contains(id), "'\(node.name)' has no row") }
        }
    }

    @Test("wrong inputs and outputs throw a typed error", arguments: EngineUnderTest.runnable)
    func wrongInputs(_ engine: EngineUnderTest) throws {
        var network = Network(name: "two inputs")
        let image = ImageInput(batch: 2, height: 4, width: 4, mean: [0, 0, 0], scale: [1, 1, 1])
        let frames = try network.append(.image(image), name: "frames")
        let tensor = try network.append(.tensor([2, 3, 4, 4]), name: "tensor")
        network.setOutputs(try network.append(.addition(.identity), frames, tensor))
        let context = try engine.make().compile(network).makeContext()
        let frame = try Image(width: 1, height: 1, pixels: [1, 2, 3])
        let zeros = Tensor(zeros: [2, 3, 4, 4])
        let wrong: [([NetworkInput], String?)] = [
            ([], nil), ([.images([frame, frame])], nil),
            ([.images([frame, frame]), .tensor(zeros), .tensor(zeros)], nil),
            ([.images([frame]), .tensor(zeros)], "frames"),
            ([.tensor(zeros), .tensor(zeros)], "frames"),
            ([.images([frame, frame]), .images([frame, frame])], "tensor"),
            ([.images([frame, frame]), .tensor(Tensor(zeros: [1, 3, 4, 4]))], "tensor"),
            ([.images([frame, frame]), .tensor(Tensor(zeros: [2, 3, 16]))], "tensor"),
        ]
        for (inputs, node) in wrong {
            var outputs = network.makeOutputs()
            do {
                try context.run(inputs, into: &outputs)
                Issue.record("ran with wrong inputs for \(node ?? "the network")")
            } catch let error as NetworkInputError {
                #expect(error.node == node)
            }
            #expect(throws: NetworkInputError.self) { try context.profile(inputs) }
        }
        for shapes in [[], [[2, 3, 4, 4], [2, 3, 4, 4]], [[2, 3, 16]]] as [[Shape]] {
            var wrong = shapes.map { Tensor(zeros: $0) }
            #expect(throws: NetworkInputError.self) {
                try context.run([.images([frame, frame]), .tensor(zeros)], into: &wrong)
            }
        }
        // And the context still works.
        var outputs = network.makeOutputs()
        try context.run([.images([frame, frame]), .tensor(zeros)], into: &outputs)
        #expect(outputs[0].values[0] == 1)
    }

    private func check(
        _ example: ConformanceCase, expected: [Tensor], within tolerance: Double,
        run: (inout [Tensor]) throws -> Void
    ) throws {
        // What an engine fails to write must show.
        var outputs = expected.map { Tensor($0.shape, [Float](repeating: .nan, count: $0.shape.count)) }
        do {
            try run(&outputs)
        } catch {
            Issue.record("\(example.name): \(error)")
            return
        }
        #expect(outputs.count == expected.count)
        for (index, (output, wanted)) in zip(outputs, expected).enumerated() {
            let error = output.relativeError(to: wanted)
            #expect(
                error <= max(tolerance, example.tolerance), "\(example.name), output \(index): relative error \(error)")
        }
    }
}

extension Kernels.Operation {
    fileprivate var isArgMax: Bool { if case .argMax = self { true } else { false } }
}

/// A thread with a context of its own, as a device's lane is.
private final class Lane: @unchecked Sendable {
    // Written by the thread before it signals, read after the wait.
    private var result: Result<[[Tensor]], any Error>?
    private let compiled: any CompiledNetwork
    private let done = DispatchSemaphore(value: 0)
    let example: ConformanceCase

    init(_ compiled: any CompiledNetwork, _ example: ConformanceCase) {
        (self.compiled, self.example) = (compiled, example)
    }

    func start() {
        let thread = Thread {
            self.result = Result { try self.work() }
            self.done.signal()
        }
        thread.start()
    }

    private func work() throws -> [[Tensor]] {
        let context = try compiled.makeContext()
        return try (0..<20).map { _ in
            var outputs = example.network.makeOutputs()
            try context.run(example.inputs, into: &outputs)
            return outputs
        }
    }

    func wait() throws -> [[Tensor]] {
        done.wait()
        return try #require(result).get()
    }
}
