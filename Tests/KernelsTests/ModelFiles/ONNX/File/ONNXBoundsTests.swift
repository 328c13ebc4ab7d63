// Bounds on memory and time: what a small file can ask for many times over.
import Foundation
import Kernels
import Testing

@Suite("ONNX bounds", .timeLimit(.minutes(5)))
struct ONNXBoundsTests {
    private func model(_ build: (inout ONNXEncoder) -> Void) -> ONNXEncoder { .between([1, 1, 4, 4], build) }

    /// Extents beside a 0 say nothing about memory, but their products must not overflow either, nor be counted to.
    @Test func extentsBesideZeroAreBounded() {
        expectRefusal(
            model {
                $0.initializer(ONNXEncoder.tensor("w", [0, 1 << 40, 1 << 40], floats: []))
                $0.node("Transpose", ["w"], ["y"], [("perm", .integers([2, 1, 0]))])
            }, "w")
        expectRefusal(
            model {
                $0.initializer(ONNXEncoder.tensor("w", [0, 1 << 62], floats: []))
                $0.node("Concat", ["w", "w"], ["y"], [("axis", .integer(1))])
            }, "w")
        for operation in ["Concat", "Slice", "Gather"] {
            expectRefusal(
                model {
                    $0.initializer(ONNXEncoder.tensor("w", [1 << 30, 0], floats: []))
                    $0.initializer("zero", [0])
                    $0.initializer("none", [])
                    for index in 0..<1000 {
                        let (from, to) = (index == 0 ? "w" : "w\(index)", "w\(index + 1)")
                        switch operation {
                        case "Concat": $0.node(operation, [from, "w"], [to], [("axis", .integer(1))])
                        case "Slice": $0.node(operation, [from, "zero", "zero", "one"], [to])
                        default: $0.node(operation, [from, "none"], [to], [("axis", .integer(1))])
                        }
                    }
                    $0.initializer("one", [1])
                    $0.node("Add", ["x", "w1000"], ["y"])
                }, "without elements")
        }
    }

    /// A thousand layers share one matrix; each would hold its own copy of it, turned over.
    @Test(arguments: ["Gemm", "MatMul"]) func copiesOfWeightsAreBounded(operation: String) {
        let side = 1 << 11
        var model = ONNXEncoder()
        model.input("x0", [1, side])
        model.initializer(ONNXEncoder.tensor("w", [side, side], raw: [UInt8](repeating: 0, count: side * side * 4)))
        for index in 0..<1000 { model.node(operation, ["x\(index)", "w"], ["x\(index + 1)"]) }
        model.output("x1000")
        expectRefusal(model, operation, "weights")
    }

    /// Scaling that can't be taken in any more is left where it is.
    @Test func scaledCopiesOfWeightsAreBounded() throws {
        let channels = 1 << 11
        var model = ONNXEncoder()
        model.input("x0", [1, channels, 1, 1])
        model.initializer("two", [], [2])
        model.initializer(
            ONNXEncoder.tensor(
                "w", [channels, channels, 1, 1], raw: [UInt8](repeating: 0, count: channels * channels * 4)))
        for index in 0..<400 {
            model.node("Conv", ["x\(index)", "w"], ["c\(index)"])
            model.node("Mul", ["c\(index)", "two"], ["x\(index + 1)"])
        }
        model.output("x400")
        let left = try Network(onnx: model.bytes).operationNames.count { $0 == "multiply" }
        #expect(left > 200 && left < 400)
    }

    /// One file may stand for the weights of many layers: each reads it anew. This one takes no room on the disk.
    @Test func externalWeightsAreBounded() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "onnx-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let weights = folder.appending(path: "weights.bin")
        try Data().write(to: weights)
        #expect(truncate(weights.path, 1 << 42) == 0)
        for extents in [[1 << 35, 1, 1, 1], [1 << 20, 1 << 14, 1, 1]] {
            var model = ONNXEncoder()
            model.input("x", [1, extents[1], 4, 4])
            model.initializer(ONNXEncoder.tensor("w", extents, external: [("location", "weights.bin")]))
            model.node("Conv", ["x", "w"], ["y"])
            model.output("y")
            let file = folder.appending(path: "m.onnx")
            try Data(model.bytes).write(to: file)
            #expect(throws: ONNXError.self) { try Network(onnxFile: file.path) }
        }
    }

    @Test func namesCount() {
        let names = [String](repeating: "", count: 300_000)
        expectRefusal(model { $0.node("Relu", ["x"] + names, ["y"]) }, "more than 250000")
    }

    /// What is folded away takes no memory in a run, and mustn't stand in the way of large maps.
    @Test func onlyWhatIsComputedCountsAsActivations() throws {
        var model = ONNXEncoder()
        model.input("x", [1, 1, 1 << 14, 1 << 14])
        model.initializer("w", [1, 1, 1, 1], [1])
        model.initializer("one", [1], [1])
        model.node("Conv", ["x", "w"], ["c"])
        model.node("BatchNormalization", ["c", "one", "one", "one", "one"], ["n"])
        model.node("Relu", ["n"], ["y"])
        model.output("y")
        #expect(try Network(onnx: model.bytes).operationNames == ["tensor", "convolution"])
        for index in 0..<3 { model.node("Tanh", [index == 0 ? "y" : "t\(index)"], ["t\(index + 1)"]) }
        model.output("t3")
        expectRefusal(model, "elements")
    }
}
