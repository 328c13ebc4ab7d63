// Pictures of another size than a file fixes: where the network is the same at both it runs, else the node that holds
// the size is named.

import Foundation
import Kernels
import Testing

@Suite struct SizeChangeTests {
    private let size = ImageSize(width: 12, height: 4)

    /// A pyramid as detectors have it: a map, half of it, that resized and joined, a head by pixels.
    private func pyramid(_ extents: [Int?]) -> [UInt8] {
        var model = ONNXEncoder()
        model.input("x", extents)
        model.initializer("w", [4, 3, 2, 2], (0..<48).map { Float($0 % 7) - 3 })
        model.initializer("v", [6, 8, 1, 1], (0..<48).map { Float($0 % 5) - 2 })
        model.initializer("scales", [4], [1, 1, 2, 2])
        model.initializer("rows", [0, 6, -1])
        model.node("Conv", ["x", "w"], ["c"], [("strides", .integers([2, 2]))])
        model.node("MaxPool", ["c"], ["p"], [("kernel_shape", .integers([2, 2])), ("strides", .integers([2, 2]))])
        model.node("Resize", ["p", "", "scales"], ["r"], [("mode", .text("nearest"))])
        model.node("Concat", ["c", "r"], ["j"], [("axis", .integer(1))])
        model.node("Conv", ["j", "v"], ["h"])
        model.node("Reshape", ["h", "rows"], ["y"])
        model.output("y")
        model.node("GlobalAveragePool", ["h"], ["g"])
        model.node("Flatten", ["g"], ["z"])
        model.output("z")
        return model.bytes
    }

    @Test func networksOfMapsTakeAnySize() throws {
        let fixed = try Network(onnx: pyramid([1, 3, 8, 8]), size: size, image: .unit)
        let open = try Network(onnx: pyramid([1, 3, nil, nil]), size: size, image: .unit)
        #expect(fixed.nodes.map(\.shape) == open.nodes.map(\.shape))
        #expect(fixed.nodes.map(\.operation.name) == open.nodes.map(\.operation.name))
        #expect(fixed.outputs.map { fixed.nodes[$0].shape } == [[1, 6, 12], [1, 6]])
        let own = try Network(onnx: pyramid([1, 3, 8, 8]), image: .unit)
        #expect(own.nodes[own.outputs[0]].shape == [1, 6, 16])
    }

    @Test func theUserSaidTheSize() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).onnx")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(pyramid([1, 3, 8, 8])).write(to: file)
        let model = try TrainedModel(modelFile: file.path, ModelOptions(size: size))
        #expect(model.image.width == 12 && model.image.height == 4 && model.origins.size == .asked)
        #expect(try TrainedModel(modelFile: file.path).origins.size == .file)
    }

    /// What becomes of a model of one more node behind a map of 4 channels, half the size of the file's 8×8.
    private func error(_ build: (inout ONNXEncoder) -> Void) -> String {
        var model = ONNXEncoder()
        model.input("x", [1, 3, 8, 8])
        model.initializer("w", [4, 3, 2, 2], [Float](repeating: 1, count: 48))
        model.node("Conv", ["x", "w"], ["c"], [("strides", .integers([2, 2]))])
        build(&model)
        model.output("y")
        // At its own size it runs.
        #expect(throws: Never.self) { try Network(onnx: model.bytes) }
        do {
            let network = try Network(onnx: model.bytes, size: size)
            return "\(network.nodes[network.outputs[0]].shape)"
        } catch {
            return "\(error)"
        }
    }

    @Test func shapesOfTheFilesSizeAreNamed() {
        let fixed = error { model in
            model.initializer("rows", [1, 4, 16])
            model.node("Reshape", ["c", "rows"], ["y"], name: "flat")
        }
        #expect(fixed.contains("node 'flat' (Reshape)") && fixed.contains("12×4 don't fit"), "\(fixed)")
        // 4 · 2 · 6 elements in rows of 16 are 3 channels.
        let regrouped = error { model in
            model.initializer("rows", [1, -1, 16])
            model.node("Reshape", ["c", "rows"], ["y"], name: "flat")
        }
        #expect(regrouped.contains("'flat'") && regrouped.contains("holds the file's size"), "\(regrouped)")
        #expect(regrouped.contains("1×4×16 of 1×4×4×4, and 1×3×16 of 1×4×2×6"), "\(regrouped)")
    }

    @Test(arguments: ["nearest", "linear"]) func resizingToTheFilesSizeIsNamed(mode: String) {
        for joins in [false, true] {
            let held = error { model in
                model.initializer("sizes", [1, 4, 8, 8])
                model.node("Resize", ["c", "", "", "sizes"], [joins ? "r" : "y"], name: "up", [("mode", .text(mode))])
                guard joins else { return }
                // Another node can't be made then; the size is this one's.
                model.initializer("v", [4, 3, 1, 1], [Float](repeating: 1, count: 12))
                model.node("Conv", ["x", "v"], ["s"])
                model.node("Concat", ["r", "s"], ["y"], name: "join", [("axis", .integer(1))])
            }
            #expect(held.contains("'up") && held.contains("holds the file's size"), "\(held)")
        }
    }

    @Test func tablesOfTheFilesSizeAreNamed() {
        let held = error { model in
            model.initializer("table", [1, 1, 4, 4], [Float](repeating: 1, count: 16))
            model.node("Add", ["c", "table"], ["y"], name: "positions")
        }
        #expect(held.contains("node 'positions' (Add)") && held.contains("12×4 don't fit"), "\(held)")
        let weights = error { model in
            model.initializer("m", [64, 5], [Float](repeating: 1, count: 320))
            model.node("Flatten", ["c"], ["f"])
            model.node("MatMul", ["f", "m"], ["y"], name: "classes")
        }
        #expect(weights.contains("node 'classes' (MatMul)") && weights.contains("12×4 don't fit"), "\(weights)")
    }

    @Test func cropsOfTheFilesSizeAreNamed() {
        let held = error { model in
            model.initializer("starts", [0])
            model.initializer("ends", [2])
            model.initializer("axes", [3])
            model.node("Slice", ["c", "starts", "ends", "axes"], ["y"], name: "crop")
        }
        #expect(held.contains("'crop'") && held.contains("holds the file's size"), "\(held)")
        // All but the last column, whatever the size is.
        let open = error { model in
            model.initializer("starts", [0])
            model.initializer("ends", [-1])
            model.initializer("axes", [3])
            model.node("Slice", ["c", "starts", "ends", "axes"], ["y"], name: "crop")
        }
        #expect(open == "1×4×2×5", "\(open)")
    }

    /// MAX_POOL_2D, alone and in front of a RESHAPE.
    @Test func tfliteToo() throws {
        func model(_ shape: [Int]?) -> [UInt8] {
            var model = TFLiteEncoder()
            let (x, p, y) = (model.tensor("x", [1, 8, 8, 3]), model.tensor("p", []), model.tensor("y", []))
            (model.inputs, model.outputs) = ([x], [shape == nil ? p : y])
            model.operation(17, [x], [p], (5, [nil, .uint32(2), .uint32(2), .uint32(2), .uint32(2), .int8(1)]))
            if let shape { model.operation(22, [p, model.integers("shape", shape)], [y]) }
            return model.bytes
        }
        let network = try Network(tflite: model(nil), size: size, image: .unit)
        #expect(network.nodes[network.outputs[0]].shape == [1, 2, 6, 3])
        let open = try Network(tflite: model([1, -1, 3]), size: size, image: .unit)
        #expect(open.nodes[open.outputs[0]].shape == [1, 12, 3])
        do {
            _ = try Network(tflite: model([1, 16, 3]), size: size, image: .unit)
            Issue.record("a shape of another size")
        } catch {
            #expect("\(error)".contains("RESHAPE (#1)") && "\(error)".contains("12×4"), "\(error)")
        }
    }
}
