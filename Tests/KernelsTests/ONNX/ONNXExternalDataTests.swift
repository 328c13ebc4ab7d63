// Weights in files beside a model: read from the model's folder, and from nowhere else.
import Foundation
import Kernels
import Testing

@Suite("ONNX external data")
struct ONNXExternalDataTests {
    /// A folder with `model/weights.bin` (1, 2, 3, 4), a deeper file, and `secret.bin` beside the model's folder.
    private final class Folder {
        let root = FileManager.default.temporaryDirectory.appending(path: "onnx-\(UUID().uuidString)")
        var model: URL { root.appending(path: "model") }

        init() throws {
            try FileManager.default.createDirectory(
                at: model.appending(path: "deep"), withIntermediateDirectories: true)
            let floats: [Float] = [1, 2, 3, 4]
            let data = floats.withUnsafeBytes { Data($0) }
            for path in ["model/weights.bin", "model/deep/weights.bin", "secret.bin"] {
                try data.write(to: root.appending(path: path))
            }
        }

        deinit { try? FileManager.default.removeItem(at: root) }

        /// Imports a model of x + w, w being four floats stored as these entries say.
        func load(_ entries: [(String, String)]) throws -> Network {
            var encoder = ONNXEncoder()
            encoder.input("x", [4])
            encoder.initializer(ONNXEncoder.tensor("w", [4], external: entries))
            encoder.node("Add", ["x", "w"], ["y"])
            encoder.output("y")
            let file = model.appending(path: "m.onnx")
            try Data(encoder.bytes).write(to: file)
            return try Network(onnxFile: file.path)
        }

        func refuses(_ location: String, _ entries: (String, String)...) {
            #expect(throws: ONNXError.self, "\(location) \(entries)") { try load([("location", location)] + entries) }
        }
    }

    @Test func readsFilesOfTheFolder() throws {
        let folder = try Folder()
        let zeros = Tensor(zeros: [4])
        #expect(try folder.load([("location", "weights.bin")]).run(zeros)[0].values == [1, 2, 3, 4])
        #expect(try folder.load([("location", "deep/weights.bin")]).run(zeros)[0].values == [1, 2, 3, 4])
        #expect(
            try folder.load([("location", "weights.bin"), ("offset", "0"), ("length", "16")]).run(zeros)[0].values
                == [1, 2, 3, 4])
    }

    @Test func refusesPathsThatLeaveIt() throws {
        let folder = try Folder()
        for path in [
            "../secret.bin", "deep/../../secret.bin", "./../secret.bin", "deep/..", "..", ".", "", "/", "//",
            folder.root.appending(path: "secret.bin").path, "/dev/zero", "/proc/self/environ", "deep", "deep/",
            "/weights.bin", "weights.bin/", "deep//weights.bin", "missing.bin", "weights.bin\0", "~/secret.bin",
        ] { folder.refuses(path) }
        // Without a folder there is nothing beside the model.
        var encoder = ONNXEncoder()
        encoder.input("x", [4])
        encoder.initializer(ONNXEncoder.tensor("w", [4], external: [("location", "weights.bin")]))
        encoder.node("Add", ["x", "w"], ["y"])
        encoder.output("y")
        expectRefusal(encoder, "weights.bin", "no folder")
    }

    @Test func refusesLinks() throws {
        let folder = try Folder()
        let files = FileManager.default
        let secret = folder.root.appending(path: "secret.bin").path
        try files.createSymbolicLink(atPath: folder.model.appending(path: "link.bin").path, withDestinationPath: secret)
        try files.createSymbolicLink(atPath: folder.model.appending(path: "up").path, withDestinationPath: "..")
        try files.createSymbolicLink(
            atPath: folder.model.appending(path: "inside.bin").path, withDestinationPath: "weights.bin")
        try files.linkItem(atPath: secret, toPath: folder.model.appending(path: "hard.bin").path)
        for path in ["link.bin", "up/secret.bin", "inside.bin", "hard.bin"] { folder.refuses(path) }
    }

    @Test func refusesPartsBeyondTheFile() throws {
        let folder = try Folder()
        for (key, value) in [
            ("offset", "1"), ("offset", "16"), ("offset", "9223372036854775807"), ("offset", "-16"),
            ("offset", "18446744073709551600"), ("offset", "x"), ("length", "15"), ("length", "-1"),
            ("length", "9223372036854775807"),
        ] { folder.refuses("weights.bin", (key, value)) }
        #expect(throws: ONNXError.self) { try folder.load([]) }
    }
}
