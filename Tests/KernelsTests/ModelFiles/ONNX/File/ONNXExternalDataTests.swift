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
        func load(_ entries: [(String, String)], as path: String = "model/m.onnx") throws -> Network {
            var encoder = ONNXEncoder()
            encoder.input("x", [4])
            encoder.initializer(ONNXEncoder.tensor("w", [4], external: entries))
            encoder.node("Add", ["x", "w"], ["y"])
            encoder.output("y")
            let file = root.appending(path: path)
            // Over what a link leads to, not over the link.
            try Data(encoder.bytes).write(to: file.resolvingSymlinksInPath())
            return try Network(onnxFile: file.path)
        }

        func link(_ path: String, to destination: String) throws {
            try FileManager.default.createSymbolicLink(
                atPath: root.appending(path: path).path, withDestinationPath: destination)
        }

        func refuses(_ location: String, _ entries: (String, String)..., as path: String = "model/m.onnx") {
            #expect(throws: ONNXError.self, "\(location) \(entries)") {
                try load([("location", location)] + entries, as: path)
            }
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

    @Test func refusesLinksThatLeadOutOfIt() throws {
        let folder = try Folder()
        let secret = folder.root.appending(path: "secret.bin").path
        try folder.link("model/link.bin", to: secret)
        try folder.link("model/up", to: "..")
        try folder.link("model/twice.bin", to: "link.bin")
        try folder.link("model/round.bin", to: "round.bin")
        try folder.link("model/nowhere.bin", to: "missing.bin")
        try folder.link("model/self", to: ".")
        // A folder beside it whose name begins with its own.
        try FileManager.default.createDirectory(
            at: folder.root.appending(path: "model2"), withIntermediateDirectories: false)
        try FileManager.default.copyItem(
            atPath: secret, toPath: folder.root.appending(path: "model2/weights.bin").path)
        try folder.link("model/other.bin", to: "../model2/weights.bin")
        try folder.link("model/device.bin", to: "/dev/zero")
        try folder.link("model/whole", to: "deep")
        try FileManager.default.linkItem(atPath: secret, toPath: folder.model.appending(path: "hard.bin").path)
        try folder.link("model/harder.bin", to: "hard.bin")
        for path in [
            "link.bin", "up/secret.bin", "twice.bin", "round.bin", "nowhere.bin", "self/link.bin", "other.bin",
            "device.bin", "whole", "self", "hard.bin", "harder.bin", "weights.bin/../link.bin",
        ] { folder.refuses(path) }
    }

    @Test func followsLinksThatStayInIt() throws {
        let folder = try Folder()
        try folder.link("model/inside.bin", to: "weights.bin")
        try folder.link("model/twice.bin", to: "shortcut/weights.bin")
        try folder.link("model/shortcut", to: "deep")
        try folder.link("elsewhere", to: "model")
        for path in ["inside.bin", "twice.bin", "shortcut/weights.bin"] {
            for model in ["model/m.onnx", "elsewhere/m.onnx"] {
                let network = try folder.load([("location", path)], as: model)
                #expect(try network.run(Tensor(zeros: [4]))[0].values == [1, 2, 3, 4])
            }
        }
    }

    /// `snapshots/REVISION/…` are links to `blobs/HASH`.
    @Test func followsLinksOfHuggingFacesCache() throws {
        let folder = try Folder()
        let files = FileManager.default
        for path in ["a/blobs", "a/snapshots/1/onnx", "b/blobs"] {
            try files.createDirectory(at: folder.root.appending(path: path), withIntermediateDirectories: true)
        }
        for path in ["a/blobs/d", "b/blobs/d"] {
            try files.copyItem(at: folder.root.appending(path: "secret.bin"), to: folder.root.appending(path: path))
        }
        try files.createDirectory(at: folder.root.appending(path: "a/refs"), withIntermediateDirectories: true)
        try files.copyItem(
            at: folder.root.appending(path: "secret.bin"), to: folder.root.appending(path: "a/refs/main"))
        try Data().write(to: folder.root.appending(path: "a/blobs/m"))
        try folder.link("a/snapshots/1/model.onnx", to: "../../blobs/m")
        try folder.link("a/snapshots/1/model.onnx.data", to: "../../blobs/d")
        try folder.link("a/snapshots/1/onnx/model.onnx", to: "../../../blobs/m")
        try folder.link("a/snapshots/1/onnx/model.onnx.data", to: "../../../blobs/d")
        for model in ["a/snapshots/1/model.onnx", "a/snapshots/1/onnx/model.onnx"] {
            let network = try folder.load([("location", "model.onnx.data")], as: model)
            #expect(try network.run(Tensor(zeros: [4]))[0].values == [1, 2, 3, 4])
        }
        // Not to another repository's contents, nor to anything else of this one's.
        try folder.link("a/snapshots/1/b.data", to: "../../../b/blobs/d")
        try folder.link("a/snapshots/1/refs.data", to: "../../refs/main")
        try folder.link("a/snapshots/1/blobs", to: "../..")
        try folder.link("a/snapshots/1/secret.data", to: "../../../secret.bin")
        for path in ["b.data", "refs.data", "blobs/refs/main", "secret.data", "../../blobs/d"] {
            folder.refuses(path, as: "a/snapshots/1/model.onnx")
        }
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
