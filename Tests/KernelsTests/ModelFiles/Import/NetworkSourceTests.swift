// NetworkSource: files and built-in networks are opened alike.

import Foundation
import NetworkGraph
import Testing

@testable import ModelFiles

@Suite struct NetworkSourceTests {
    @Test func builtInNetworksKnowTheirPictures() throws {
        let source = NetworkSource.builtIn("mobilenet_v1_0.25")
        let opened = try source.open(ModelOptions(batch: 2, resampling: .bilinear))
        #expect(opened.image.batch == 2 && opened.image.resampling == .bilinear)
        #expect(opened.image == opened.network.frames)
        #expect(opened.origins == nil && !opened.isNormalizationAssumed)
        let (task, labels) = (try source.statedTask(), try source.packedLabels())
        #expect(task == nil && labels == nil)
    }

    @Test(.timeLimit(.minutes(1))) func nobodyWaitsForAPipe() throws {
        let path = FileManager.default.temporaryDirectory.path + "/pipe-\(UUID().uuidString).onnx"
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        #expect {
            try NetworkSource.file(path).open()
        } throws: { error in
            "\(error)".contains(path) && "\(error)".contains("not a regular file")
        }
    }

    @Test func whatIsNotThereIsNamed() {
        #expect(throws: UnknownNetworkError.self) { try NetworkSource.builtIn("nonet").open() }
        #expect {
            try NetworkSource.file("/none.onnx").open()
        } throws: { error in
            "\(error)".contains("/none.onnx")
        }
    }
}
