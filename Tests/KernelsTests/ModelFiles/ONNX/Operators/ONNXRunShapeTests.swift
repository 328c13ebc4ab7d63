// Models whose pictures come in another batch than their file fixes, and models with more inputs than pictures.
import Foundation
import Kernels
import Testing

@Suite("Batches and further inputs")
struct ONNXRunShapeTests {
    private func network(_ model: ONNXEncoder, _ options: ModelOptions) throws -> Network {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).onnx")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(model.bytes).write(to: file)
        return try Network(modelFile: file.path, options)
    }

    private func refusal(_ model: ONNXEncoder, _ options: ModelOptions) -> String {
        do { return "ran: \(try network(model, options).nodes.count) nodes" } catch { return "\(error)" }
    }

    /// The batch is built into a constant shape.
    private func flattened(batch: Int, _ target: [Int], transposed: Bool = false) -> ONNXEncoder {
        var model = ONNXEncoder()
        model.input("x", [batch, 3, 2, 2])
        model.initializer("target", target)
        if transposed { model.node("Transpose", ["x"], ["t"], [("perm", .integers([1, 0, 2, 3]))]) }
        model.node("Reshape", [transposed ? "t" : "x", "target"], ["y"], name: "flat")
        model.output("y", [batch, 12])
        return model
    }

    private func frames(_ count: Int) -> [Image] {
        var random = SeededValues(seed: 9)
        return (0..<count).map { _ in random.image(width: 2, height: 2) }
    }

    @Test(arguments: [1, 2, 3, 10])
    func fixedBatchesBecomeOthers(_ batch: Int) throws {
        for fixed in [1, 10] {
            for target in [[fixed, -1], [fixed, 12], [-1, 12], [0, -1]] {
                let network = try network(flattened(batch: fixed, target), ModelOptions(batch: batch))
                var outputs = network.makeOutputs()
                #expect(outputs[0].shape == [batch, 12], "\(fixed), \(target)")
                let frames = frames(batch)
                try ReferenceEngine().compile(network).makeContext().run([.images(frames)], into: &outputs)
                // Each picture's numbers in a row.
                let single = try self.network(flattened(batch: 1, [1, 12]), ModelOptions())
                for (index, frame) in frames.enumerated() {
                    var expected = single.makeOutputs()
                    try ReferenceEngine().compile(single).makeContext().run([.images([frame])], into: &expected)
                    #expect(Array(outputs[0].values[index * 12..<(index + 1) * 12]) == expected[0].values)
                }
            }
        }
    }

    @Test func batchesThatShapesHoldAreNamed() {
        let moved = refusal(flattened(batch: 1, [1, -1], transposed: true), ModelOptions(batch: 3))
        #expect(moved.contains("'flat' (Reshape)") && moved.contains("--batch 1"), "\(moved)")
        let mixed = refusal(flattened(batch: 1, [2, -1]), ModelOptions(batch: 3))
        #expect(mixed.contains("'flat' (Reshape)"), "\(mixed)")
    }

    /// y = x's means + state; the next state is y.
    private func recurrent() -> ONNXEncoder {
        var model = ONNXEncoder()
        model.input("x", [1, 3, 2, 2])
        model.input("state", [1, 3, 1, 1])
        model.node("GlobalAveragePool", ["x"], ["mean"])
        model.node("Add", ["mean", "state"], ["y"])
        model.output("y")
        return model
    }

    @Test func furtherInputsNeedAWord() throws {
        let alone = refusal(recurrent(), ModelOptions())
        #expect(alone.contains("'state' is 1×3×1×1") && alone.contains("constantInputs"), "\(alone)")
        let frame = try Image(width: 1, height: 1, pixels: [10, 20, 30])
        let state = Tensor([1, 3, 1, 1], [1, 2, 3])
        let constant = try network(
            recurrent(), ModelOptions(normalization: .bytes, constantInputs: ["state": state]))
        var outputs = constant.makeOutputs()
        try ReferenceEngine().compile(constant).makeContext().run([.images([frame])], into: &outputs)
        #expect(outputs[0].values == [11, 22, 33])
        let wrong = refusal(recurrent(), ModelOptions(constantInputs: ["state": Tensor(zeros: [3])]))
        #expect(wrong.contains("1×3×1×1") && wrong.contains("value of 3"), "\(wrong)")
    }

    @Test func statesGoBackIn() throws {
        let network = try network(recurrent(), ModelOptions(normalization: .bytes, tensorInputs: ["state"]))
        let context = try ReferenceEngine().compile(network).makeContext()
        let frame = try Image(width: 1, height: 1, pixels: [10, 20, 30])
        var outputs = network.makeOutputs()
        for run in 1...3 {
            try context.run([.images([frame]), .tensor(outputs[0])], into: &outputs)
            #expect(outputs[0].values == [10, 20, 30].map { $0 * Float(run) })
        }
    }

    @Test func tfliteBatchesBecomeOthers() throws {
        var model = TFLiteEncoder()
        let (x, y) = (model.tensor("x", [4, 2, 2, 3]), model.tensor("y", []))
        model.operation(19, [x], [y])
        (model.inputs, model.outputs) = ([x], [y])
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).tflite")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(model.bytes).write(to: file)
        let network = try Network(modelFile: file.path)
        #expect(network.nodes[0].shape == [1, 3, 2, 2])
    }

    /// All that is missing at once, open sizes included, and nothing that only follows from it.
    @Test func everythingMissingIsNamed() {
        var model = ONNXEncoder()
        model.input("x", [1, 3, nil, nil])
        model.input("z", [1, 3, 2, 2])
        model.node("Relu", ["x"], ["a"], name: "first")
        model.node("Frobnicate", ["z"], ["b"], name: "second")
        model.node("Frobnicate", ["b"], ["c"], name: "third")
        model.node("Defenestrate", ["z"], ["d"], name: "fourth")
        model.node("Frobnicate", ["z"], ["e"], name: "fifth")
        model.node("Sum", ["a", "c", "d", "e"], ["y"], name: "sixth")
        model.output("y")
        let text = refusal(model, ModelOptions())
        for part in [
            "'x'", "--size", "'Frobnicate' is not supported ('fifth' (Frobnicate), 'second' (Frobnicate))",
            "'Defenestrate' is not supported ('fourth' (Defenestrate))",
        ] { #expect(text.contains(part), "\(text)") }
        for part in ["third", "sixth", "first"] { #expect(!text.contains(part), "\(text)") }
    }

    @Test func otherFilesAreNamed() {
        let files: [([UInt8], String)] = [
            (Array("import torch\nprint(1)\n".utf8), "text"), ([0, 0, 1, 0xBA, 1, 2, 3], "MPEG"),
            ([0x50, 0x4B, 0x03, 0x04, 20, 0, 0], ".task"), (Array("Grüße an alle\n".utf8), "text"),
        ]
        for (bytes, kind) in files {
            do {
                _ = try Network(onnx: bytes)
                Issue.record("\(kind) is no model")
            } catch {
                #expect("\(error)".contains("neither an ONNX nor a TFLite model, but"), "\(error)")
                #expect("\(error)".contains(kind), "\(error)")
            }
        }
    }
}
