// What TFLite models say about themselves: normalisation, and labels packed behind them.
import Foundation
import Kernels
import Testing

@Suite("TFLite metadata")
struct TFLiteMetadataTests {
    private func model(labels name: String = "labels.txt") -> TFLiteEncoder {
        let normalization = FlatValue.table([.int8(1), .table([.floats([100]), .floats([50])])])
        let input = FlatValue.table([nil, nil, nil, nil, .tables([normalization])])
        let file = FlatValue.table([.text(name), nil, .int8(2)])
        let output = FlatValue.table([nil, nil, nil, nil, nil, nil, .tables([file])])
        let graph = FlatValue.table([nil, nil, .tables([input]), .tables([output])])
        var model = TFLiteEncoder.between([1, 2, 2, 3]) { model, x, y in model.operation(19, [x], [y]) }
        model.metadata(FlatValue.table([nil, nil, nil, .tables([graph])]).encoded(identifier: "M001"))
        return model
    }

    /// A ZIP archive of one stored file behind other bytes.
    private func packed(_ content: String, as name: String, behind bytes: [UInt8], method: UInt16 = 0) -> [UInt8] {
        // Sums of many arrays would be more than Swift 6.0 finds the types of.
        func joined(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }
        let (name, data) = (Array(name.utf8), Array(content.utf8))
        let size = UInt32(data.count).bytes
        let common = joined(method.bytes, [0, 0, 0, 0, 0, 0, 0, 0], size, size, UInt16(name.count).bytes)
        let local = joined(UInt32(0x0403_4B50).bytes, [20, 0, 0, 0], common, [0, 0], name, data)
        let unused = [UInt8](repeating: 0, count: 12)
        let directory = joined(
            UInt32(0x0201_4B50).bytes, [20, 0, 20, 0, 0, 0], common, unused, UInt32(bytes.count).bytes, name)
        let directoryStart = UInt32(bytes.count + local.count)
        let end = joined(
            UInt32(0x0605_4B50).bytes, [0, 0, 0, 0, 1, 0, 1, 0], UInt32(directory.count).bytes, directoryStart.bytes,
            [0, 0])
        return joined(bytes, local, directory, end)
    }

    @Test func floatsAreNormalisedAsTheMetadataSays() throws {
        let network = try Network(tflite: model().bytes, image: .centered)
        guard case .image(let input) = network.nodes[0].operation else {
            Issue.record("no image")
            return
        }
        #expect(input.mean == [100, 100, 100] && input.scale == [0.02, 0.02, 0.02])
    }

    private func labels(_ bytes: [UInt8]) throws -> [String]? {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).tflite")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        return try Network.labels(tfliteFile: file.path)
    }

    @Test func labelsArePackedBehindTheModel() throws {
        let bytes = model().bytes
        #expect(try labels(packed("cat\nhound", as: "labels.txt", behind: bytes)) == ["cat", "hound"])
        #expect(try labels(packed("cat", as: "other.txt", behind: bytes)) == nil)
        #expect(try labels(bytes) == nil)
        #expect(try labels(Array("no model at all".utf8)) == nil)
        #expect(throws: TFLiteError.self) { try labels(packed("cat", as: "labels.txt", behind: bytes, method: 8)) }
    }

    @Test func damagedArchivesAreRefused() throws {
        let bytes = model().bytes
        let whole = packed("cat", as: "labels.txt", behind: bytes)
        for position in bytes.count..<whole.count {
            for bit in 0..<8 {
                var damaged = whole
                damaged[position] ^= 1 << bit
                _ = try? labels(damaged)
            }
        }
    }
}
