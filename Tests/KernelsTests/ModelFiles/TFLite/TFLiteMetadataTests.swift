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
        packed(Array(content.utf8), content.utf8.count, as: name, behind: bytes, method: method)
    }

    /// - Parameter count: bytes that it has when it is unpacked.
    private func packed(
        _ data: [UInt8], _ count: Int, as name: String, behind bytes: [UInt8], method: UInt16
    ) -> [UInt8] {
        // Sums of many arrays would be more than Swift 6.0 finds the types of.
        func joined(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }
        let name = Array(name.utf8)
        let common = joined(
            method.bytes, [0, 0, 0, 0, 0, 0, 0, 0], UInt32(data.count).bytes, UInt32(count).bytes,
            UInt16(name.count).bytes)
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

    // MARK: Ultralytics

    /// {"author": "Ultralytics", "task": "detect", "imgsz": [32, 64], "names": {"0": "person", …}, …}, deflated with the
    /// code that every reader knows.
    private static let json = """
        q+ZSUFBKLC3JyC9SslJQCs0pKUrMqSzJTC5W0gFJlSQWZ4MkUlJLUpNLIGKZuenFVUDBaCBHQcHYSAdMm5kAqViwguKSosyUVKAK\
        iJxSXmJuajGQWw1WqGQAMrAgtag4P08JolfJEGxHUWZZapF6sUKMUnFqYkmMEkzWCCSbnJgWU2pgkGqpBBSsBZubWJSOZGxSYkly\
        BpBrCJLnqgUA
        """
    /// Sixty names, "class 0 of 0" and so on, deflated with a code of their own.
    private static let names = """
        ZdRNbtswEIbhqwhad2HOjyj1Hj2AESRoAbcBYndRBLl7wncW+sBuP9GjeWYov6/Xv4+fr2/r92X9cXu8XW//Hr+e7uu3Zf1z/f18\
        /8rf18t4+nS73u/LZXl9WS7jcTvDNsI2QjvDGKGN0M/wGKGPMOTn20hjpHmmliPNkW5n6pzdRtrlXdTtI93PdKOFfaTHme50e0AQ\
        mGMomdCMGg1cU10nx9cE2I0cYhNjxRibIL1Gh7IJc6vzOJtAD4bSkDaherWPtQm2s6+G1kTbqG9wTbhJHatdCvdg7AbXhBu1Zbgm\
        3AOX4TXxRtXHa+I9qg5eE2/Sv+E18e7EcE24G+MxuC5cY1sO14W7U8fhunCTdrxur3CNsTlcF+5e9xquC3djDA7X9RbTp8N14bY6\
        D9eVy/gdr6u3crwh3sAVeEO8Tv+BN8Tb6jzeEG99mPW96nbZYsAN4e6wAm4ItzOegBvC7XUebgi3V324cfyXw83LXCfhZpvfm3DT\
        5j4TbvrsSrwZ0xiy/qBynlrCzW2ecsLNPm8l4eY+bzHh5jFv/Sv5+PgE
        """

    private func packed(_ json: String, _ count: Int) throws -> [UInt8] {
        let model = TFLiteEncoder.between([1, 2, 2, 3]) { model, x, y in model.operation(19, [x], [y]) }
        let data = try #require(Data(base64Encoded: json))
        return packed(Array(data), count, as: "metadata.json", behind: model.bytes, method: 8)
    }

    @Test func ultralyticsPacksWhatItSays() throws {
        let plain = TFLiteEncoder.between([1, 2, 2, 3]) { model, x, y in model.operation(19, [x], [y]) }.bytes
        let text = """
            {'author': 'Ultralytics', 'task': 'classify', 'imgsz': [32, 64], 'args': {'a': [1, "}"], 'names': 1}, \
            'names': {0: 'person', 1: 'driver\\'s "seat"', 2: 'café'}}
            """
        let names = ["person", "driver's \"seat\"", "café"]
        for (bytes, fit) in [
            (try packed(Self.json, 218), ImageFit.letterbox(grey: 114)),
            (packed(text, as: "temp_meta.txt", behind: plain), .crop),
        ] {
            #expect(try labels(bytes) == names)
            let image = try image(bytes)
            #expect(image.fit == fit)
            #expect(image.mean == [0, 0, 0] && image.scale == [Float](repeating: 1 / 255, count: 3))
        }
        let oldest = packed("{'stride': 32, 'names': ['a', 'b']}", as: "meta.txt", behind: plain)
        #expect(try labels(oldest) == ["a", "b"])
        let many = try labels(packed(Self.names, 1447))
        #expect(many == (0..<60).map { "class \($0 * $0 % 97) of \($0)" })
    }

    /// The size that it says is that of pictures whose extents are open.
    @Test func ultralyticsSaysTheSize() throws {
        var model = TFLiteEncoder()
        let x = model.tensor("x", [1, 1, 1, 3], signature: [1, -1, -1, 3])
        let y = model.tensor("y", [1, 1, 1, 3])
        model.operation(19, [x], [y])
        (model.inputs, model.outputs) = ([x], [y])
        let text = "{'author': 'Ultralytics', 'imgsz': [32, 64], 'task': 'detect'}"
        let image = try image(packed(text, as: "temp_meta.txt", behind: model.bytes))
        #expect(image.height == 32 && image.width == 64)
    }

    private func image(_ bytes: [UInt8]) throws -> ImageInput {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).tflite")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        return try TrainedModel(modelFile: file.path).image
    }

    /// What can't be unpacked is no reason not to run the model.
    @Test func damagedTextsAreLeftAlone() throws {
        for (json, count) in [(Self.json, 218), (Self.names, 1447)] {
            let whole = try packed(json, count)
            let start = whole.count - 22 - 46 - 13 - (Data(base64Encoded: json)?.count ?? 0)
            for position in stride(from: start, to: whole.count, by: 3) {
                var damaged = whole
                damaged[position] ^= 1 << (position % 8)
                _ = try? labels(damaged)
                _ = try image(damaged)
            }
        }
    }
}
