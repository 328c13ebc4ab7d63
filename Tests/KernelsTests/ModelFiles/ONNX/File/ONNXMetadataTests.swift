// What ONNX files say of their pictures and classes, what a caller says instead, and what is assumed where nobody does.
import Foundation
import Kernels
import Testing

@Suite("ONNX metadata")
struct ONNXMetadataTests {
    private func model(_ extents: [Int?], _ metadata: [(String, String)]) -> [UInt8] {
        var model = ONNXEncoder()
        model.metadata = metadata
        model.input("x", extents)
        model.node("Identity", ["x"], ["y"])
        model.output("y")
        return model.bytes
    }

    private func opened<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).onnx")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        return try body(file.path)
    }

    private func trained(
        _ extents: [Int?], _ metadata: [(String, String)], _ options: ModelOptions = ModelOptions()
    ) throws -> TrainedModel {
        try opened(model(extents, metadata)) { try TrainedModel(modelFile: $0, options) }
    }

    private static let pixelFormat = "Image.BitmapPixelFormat"

    @Test func winMLSaysChannelsAndRange() throws {
        let range = "Image.NominalPixelRange"
        let bgr = try trained([1, 3, 4, 6], [(Self.pixelFormat, "Bgr8"), (range, "NominalRange_0_255")])
        #expect(bgr.image.channels == .bgr && bgr.image.mean == [0, 0, 0] && bgr.image.scale == [1, 1, 1])
        #expect(
            bgr.pictures == "BGR (as the file says), stretched to 6×4 (the format's default), from 0 to 255 "
                + "(as the file says)")
        let grey = try trained([1, 1, 4, 6], [(Self.pixelFormat, "Gray8"), (range, "Normalized_1_1")])
        #expect(grey.image.channels == .grey && grey.image.mean == [127.5])
        let opaque = try trained([1, 4, 4, 6], [(Self.pixelFormat, "Bgra8"), (range, "Normalized_0_1")])
        #expect(opaque.image.channels == .bgra && opaque.image.mean == [0, 0, 0, 0])
        let television = try trained([1, 3, 4, 6], [(range, "NominalRange_16_235")])
        // 0 is 16, and 255 is 235.
        let ends = [Float(0), 255].map { ($0 - television.image.mean[0]) * television.image.scale[0] }
        #expect(abs(ends[0] - 16) < 1e-3 && abs(ends[1] - 235) < 1e-3)
        #expect(throws: ONNXError.self) {
            try self.trained([1, 3, 4, 6], [("Image.ColorSpaceGamma", "Linear")])
        }
    }

    /// ImageNet's numbers go with their colours, whatever the channels' order.
    @Test func defaultsFollowTheColours() throws {
        let bgr = try trained([1, 3, 4, 6], [(Self.pixelFormat, "Bgr8")])
        #expect(bgr.image.mean == [103.53, 116.28, 123.675])
        var options = ModelOptions()
        options.set(.caffe)
        let caffe = try trained([1, 3, 4, 6], [], options)
        #expect(caffe.image.channels == .bgr && caffe.image.mean == [103.939, 116.779, 123.68])
        #expect(caffe.pictures.hasSuffix("less ImageNet's mean colour (asked for)"), "\(caffe.pictures)")
        // Numbers of one's own are the channels', in order.
        options = ModelOptions(channels: .bgr, normalization: ImageNormalization(mean: [1, 2, 3], scale: [1, 1, 1]))
        let own = try trained([1, 3, 4, 6], [], options)
        #expect(own.image.mean == [1, 2, 3])
    }

    @Test func callersComeBeforeFiles() throws {
        let stated = [(Self.pixelFormat, "Bgr8"), ("coexec.fit", "letterbox:3")]
        let file = try trained([1, 3, 4, 6], stated)
        #expect(file.image.fit == .letterbox(grey: 3) && file.origins.fit == .file)
        let asked = ModelOptions(channels: .rgb, normalization: .unit, fit: .crop, resampling: .bilinear)
        let model = try trained([1, 3, 4, 6], stated, asked)
        #expect(model.image.channels == .rgb && model.image.fit == .crop && model.image.resampling == .bilinear)
        #expect(model.pictures == "RGB, cropped to 6×4, from 0 to 1 (asked for)", "\(model.pictures)")
        #expect(throws: ONNXError.self) {
            try self.trained([1, 3, 4, 6], [], ModelOptions(channels: .grey))
        }
        #expect(throws: ONNXError.self) {
            try self.trained([1, 1, 4, 6], [], ModelOptions(normalization: .imageNet))
        }
    }

    @Test func ultralyticsSaysSizeAndNames() throws {
        var metadata = [
            ("author", "Ultralytics"), ("task", "detect"), ("imgsz", "[32, 64]"), ("stride", "32"),
            ("names", #"{0: 'person', 1: "driver's seat", 2: 'it\'s'}"#),
        ]
        let open = try trained([nil, 3, nil, nil], metadata)
        #expect(open.image.width == 64 && open.image.height == 32 && open.origins.size == .file)
        #expect(open.image.fit == .letterbox(grey: 114))
        #expect(open.image.scale == [Float](repeating: 1 / 255, count: 3))
        let size = ImageSize(width: 96, height: 128)
        let other = try trained([nil, 3, nil, nil], metadata, ModelOptions(size: size))
        #expect(other.image.width == 96 && other.image.height == 128 && other.origins.size == .asked)
        let labels = try opened(model([1, 3, 4, 6], metadata)) { try Network.labels(modelFile: $0) }
        #expect(labels == ["person", "driver's seat", "it's"])
        metadata[1].1 = "classify"
        #expect(try trained([1, 3, 4, 6], metadata).image.fit == .crop)
    }

    @Test func paddleOCRListsCharacters() throws {
        let metadata = [("character", "a\nb\nç")]
        let labels = try opened(model([1, 3, 4, 6], metadata)) { try Network.labels(modelFile: $0) }
        #expect(labels == ["blank", "a", "b", "ç", " "])
        #expect(try trained([1, 3, 4, 6], metadata).image.channels == .bgr)
        #expect(try opened(model([1, 3, 4, 6], [])) { try Network.labels(modelFile: $0) } == nil)
    }

    /// Nothing that a file says makes the importer trap.
    @Test func hostileMetadata() throws {
        for (key, value) in [
            ("imgsz", "[99999999999999999999, 0]"), ("imgsz", "[0]"), ("names", "{0: 'a"), ("names", "{7: 'a'}"),
            ("names", "'"), ("names", "{99999999999999999999: 'a'}"), ("imgsz", ""),
        ] {
            let metadata = [("author", "Ultralytics"), (key, value)]
            _ = try trained([1, 3, 4, 6], metadata)
            _ = try opened(model([1, 3, 4, 6], metadata)) { try Network.labels(modelFile: $0) }
        }
        for (key, value) in [(Self.pixelFormat, "Yuv"), ("Image.NominalPixelRange", ""), ("coexec.fit", "fold")] {
            #expect(try trained([1, 3, 4, 6], [(key, value)]).image.channels == .rgb)
        }
    }

    /// What a written file says is read again.
    @Test func writtenFilesSayIt() throws {
        var network = Network(name: "written")
        let image = ImageInput(
            height: 4, width: 6, channels: .bgr, mean: [3, 2, 1], scale: [1, 0.5, 0.25], fit: .letterbox(grey: 9))
        network.setOutputs(try network.append(.activation(.relu), try network.append(.image(image))))
        let again = try opened(try ONNXFile(network).bytes) { try TrainedModel(modelFile: $0) }
        guard case .image(let read) = again.network.nodes[0].operation else {
            Issue.record("takes no frames")
            return
        }
        #expect(read.channels == .bgr && read.fit == image.fit)
        for channel in 0..<3 {
            #expect(abs(read.mean[channel] - image.mean[channel]) < 1e-4)
            #expect(abs(read.scale[channel] - image.scale[channel]) < 1e-6)
        }
        #expect(again.pictures.contains("as for ImageNet"), "\(again.pictures)")
    }
}
