// Inputs that take frames: of open sizes, of luma, in both orders, from both formats.
import Foundation
import Kernels
import Testing

@Suite("Inputs of models")
struct ONNXInputTests {
    private func model(_ extents: [Int?]) -> ONNXEncoder {
        var model = ONNXEncoder()
        model.input("x", extents)
        model.node("Identity", ["x"], ["y"])
        model.output("y")
        return model
    }

    private func refusal(_ import: () throws -> Network) -> String {
        do { return try "\(`import`().nodes[0].shape)" } catch { return "\(error)" }
    }

    @Test func openSizesAreGiven() throws {
        let size = ImageSize(width: 6, height: 4)
        for (extents, shape) in [
            ([nil, 3, nil, nil], [1, 3, 4, 6]), ([nil, nil, nil, 3], [1, 4, 6, 3]), ([1, 1, 4, nil], [1, 1, 4, 6]),
            ([-1, 3, 0, -1], [1, 3, 4, 6]), ([1, 3, 4, 6], [1, 3, 4, 6]),
            ([1, 3, 5, 7], [1, 3, 4, 6]), ([1, 3, 8, nil], [1, 3, 4, 6]), ([1, 7, 5, 3], [1, 4, 6, 3]),
        ] as [([Int?], Shape)] {
            for image in [nil, ImageNormalization.unit] {
                let network = try Network(onnx: model(extents).bytes, size: size, image: image)
                #expect(network.nodes[network.outputs[0]].shape == shape)
            }
        }
    }

    @Test func sizesThatDontFitAreNamed() {
        let size = ImageSize(width: 6, height: 4)
        let open = refusal { try Network(onnx: model([nil, 3, nil, nil]).bytes) }
        #expect(open.contains("'x'") && open.contains("N×3×?×?") && open.contains("height and width"), "\(open)")
        let width = refusal { try Network(onnx: model([1, 3, 8, nil]).bytes) }
        #expect(width.contains("width is left open"), "\(width)")
        let unknown = refusal { try Network(onnx: model([1, nil, nil, nil]).bytes, size: size) }
        #expect(unknown.contains("extents 1, 2, 3 are left open"), "\(unknown)")
    }

    /// Extents that no picture has are told, not trapped on.
    @Test func hostileExtentsAreNamed() {
        let size = ImageSize(width: 6, height: 4)
        var empty = TFLiteEncoder()
        let (x, y) = (empty.tensor("x", [1, 0, 0, 3]), empty.tensor("y", []))
        empty.operation(19, [x], [y])
        (empty.inputs, empty.outputs) = ([x], [y])
        for image in [nil, ImageNormalization.unit] {
            let negative = refusal { try Network(onnx: model([1, 3, -2, -2]).bytes, size: size, image: image) }
            #expect(negative.contains("[1, 3, -2, -2]"), "\(negative)")
            let none = refusal { try Network(tflite: empty.bytes, size: size, image: image) }
            #expect(none.contains("[1, 0, 0, 3]"), "\(none)")
        }
    }

    @Test func shapesAreComputedFromTheSize() throws {
        var model = ONNXEncoder()
        model.input("x", [nil, 3, nil, nil])
        model.initializer("batch", [0])
        model.initializer("axes", [0])
        model.initializer("rest", [-1, 3])
        model.node("Transpose", ["x"], ["t"], [("perm", .integers([0, 2, 3, 1]))])
        model.node("Shape", ["t"], ["s"])
        model.node("Gather", ["s", "batch"], ["n"])
        model.node("Concat", ["n", "rest"], ["target"], [("axis", .integer(0))])
        model.node("Reshape", ["t", "target"], ["y"])
        model.output("y")
        let network = try Network(onnx: model.bytes, batch: 2, size: ImageSize(width: 5, height: 4))
        #expect(network.nodes[network.outputs[0]].shape == [2, 20, 3])
    }

    /// Of options: they are checked when a model is opened, since they may change until then.
    @Test func whatNoPictureCanBeIsAnError() throws {
        let open = model([nil, 3, nil, nil]).bytes
        for (batch, width) in [(0, 4), (-1, 4), (1, 0), (1, -4), (.max, 2), (1, .max)] {
            let size = ImageSize(width: width, height: 4)
            #expect(throws: ONNXError.self) { try Network(onnx: open, batch: batch, size: size, image: .unit) }
        }
        for (means, scales) in [(2, 2), (3, 1), (0, 0)] {
            let numbers = ImageNormalization(
                mean: [Float](repeating: 0, count: means), scale: [Float](repeating: 1, count: scales))
            #expect(throws: ONNXError.self) {
                try Network(onnx: open, size: ImageSize(width: 4, height: 4), image: numbers)
            }
        }
    }

    /// (0.299 R + 0.587 G + 0.114 B) ÷ 255, on every engine, in both orders.
    @Test(arguments: EngineUnderTest.runnable)
    func oneChannelIsLuma(_ engine: EngineUnderTest) throws {
        let pixels: [UInt8] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]
        let picture = try Image(width: 4, height: 2, pixels: pixels + [10, 20, 30, 0, 0, 0, 9, 9, 9, 200, 100, 50])
        let luma: [Float] = [76.245, 149.685, 29.07, 255, 18.15, 0, 9, 124.2].map { $0 / 255 }
        for extents in [[1, 1, 2, 4], [1, 2, 4, 1]] {
            let network = try Network(onnx: model(extents).bytes, image: .unit)
            var outputs = network.makeOutputs()
            try engine.make().compile(network).makeContext().run([.images([picture])], into: &outputs)
            #expect(outputs[0].shape == Shape(extents))
            #expect(outputs[0].relativeError(to: Tensor(Shape(extents), luma)) <= max(engine.tolerance, 1e-6))
        }
    }

    /// What a caller asks for comes before a format's default; luma's is from 0 to 1.
    @Test func normalizationIsAnOption() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "input-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func image(_ bytes: [UInt8], _ options: ModelOptions = ModelOptions()) throws -> ImageInput? {
            let file = folder.appending(path: "m")
            try Data(bytes).write(to: file)
            guard case .image(let image) = try Network(modelFile: file.path, options).nodes[0].operation else {
                return nil
            }
            return image
        }
        func tflite(_ extents: [Int], _ signature: [Int]? = nil) -> [UInt8] {
            var model = TFLiteEncoder()
            let (x, y) = (model.tensor("x", extents, signature: signature), model.tensor("y", []))
            model.operation(19, [x], [y])
            (model.inputs, model.outputs) = ([x], [y])
            return model.bytes
        }
        let other = ImageNormalization(mean: [1, 2, 3], scale: [4, 5, 6])
        let defaults = [
            (model([1, 3, 2, 2]).bytes, ImageNormalization.imageNet), (model([1, 1, 2, 2]).bytes, .unit),
            (tflite([1, 2, 2, 3]), .centered), (tflite([1, 2, 2, 1]), .unit),
            // Planes, as converters from PyTorch leave them.
            (tflite([1, 3, 2, 2]), .centered),
        ]
        for (bytes, normalization) in defaults {
            let given = try #require(try image(bytes))
            let means = given.channels.count / normalization.mean.count
            #expect(given.mean == (0..<means).flatMap { _ in normalization.mean })
            #expect(given.scale == (0..<means).flatMap { _ in normalization.scale })
            let asked = given.channels == .grey ? ImageNormalization(mean: [1], scale: [4]) : other
            #expect(try image(bytes, ModelOptions(normalization: asked))?.mean == asked.mean)
        }
        let size = ModelOptions(batch: 2, size: ImageSize(width: 5, height: 4))
        let open = try #require(try image(tflite([1, 1, 1, 3], [-1, -1, -1, 3]), size))
        #expect((open.batch, open.height, open.width) == (2, 4, 5))
        let refused = refusal { try Network(tflite: tflite([1, 1, 1, 3], [-1, -1, -1, 3])) }
        #expect(refused.contains("height and width are left open"), "\(refused)")
    }

    /// A file that is no model is called what it is, not a damaged one.
    @Test func otherFilesAreNamed() {
        let files: [([UInt8], String)] = [
            ([0x50, 0x4B, 0x03, 0x04, 20, 0, 0, 0, 0, 0], "ZIP"),
            ([0, 0, 0, 0x20, 0x66, 0x74, 0x79, 0x70, 0x69, 0x73, 0x6F, 0x6D], "MP4"),
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "PNG"), (Array("{\"a\": 1}".utf8), "JSON"),
            ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0], "NumPy"),
        ]
        for (bytes, kind) in files {
            let text = refusal { try Network(onnx: bytes) }
            #expect(text.contains("neither an ONNX nor a TFLite model") && text.contains(kind), "\(text)")
        }
        var model = ONNXEncoder()
        model.input("x", [4], type: 2)
        model.node("DecodeImage", ["x"], ["y"], domain: "com.microsoft.extensions")
        model.output("y")
        expectRefusal(model, "operator 'com.microsoft.extensions.DecodeImage' is not supported")
    }
}
