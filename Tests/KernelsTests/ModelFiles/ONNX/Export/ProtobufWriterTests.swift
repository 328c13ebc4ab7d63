// Messages that are written field by field, read back by the importer's reader.
import Testing

@testable import ModelFiles

@Suite struct ProtobufWriterTests {
    private func bytes(_ writer: ProtobufWriter) -> [UInt8] {
        writer.pieces.flatMap { piece in piece.withBytes { [UInt8]($0) } }
    }

    @Test func numbersAndTexts() throws {
        var writer = ProtobufWriter()
        writer.integer(1, 300)
        writer.integer(16, -1)
        writer.float(2, -0.5)
        writer.text(3, "ä")
        let bytes = bytes(writer)
        // As the encoding's documentation has 300.
        #expect(bytes.prefix(3) == [0x08, 0xAC, 0x02] && bytes.count == writer.byteCount)
        var reader = ProtobufReader(ByteSlice(ByteStorage(bytes)))
        var fields: [Int] = []
        while let (field, value) = try reader.next() {
            fields.append(field)
            switch field {
            case 1: #expect(try value.integer("") == 300)
            case 16: #expect(try value.integer("") == -1)
            case 2: #expect(try value.float("") == -0.5)
            default: #expect(try value.text("") == "ä")
            }
        }
        #expect(fields == [1, 16, 2, 3])
    }

    @Test("arrays of any size stay whole in messages within messages", arguments: [0, 1, 1023, 1024, 100_000])
    func nestedArrays(_ count: Int) throws {
        let floats = (0..<count).map(Float.init)
        var writer = ProtobufWriter()
        writer.message(7) { graph in
            graph.message(5) { tensor in
                tensor.integer(2, 1)
                tensor.floats(9, floats)
                tensor.text(8, "behind")
            }
        }
        #expect(bytes(writer).count == writer.byteCount)
        var reader = ProtobufReader(ByteSlice(ByteStorage(bytes(writer))))
        let graph = try #require(try reader.next())
        var inner = ProtobufReader(try graph.value.message(""))
        let message = try #require(try inner.next())
        var tensor = ProtobufReader(try message.value.message(""))
        _ = try tensor.next()
        let data = try #require(try tensor.next())
        let again = try data.value.message("").floats
        #expect(data.field == 9 && again == floats)
        let name = try #require(try tensor.next())
        #expect(try name.value.text("") == "behind")
        #expect(try tensor.next() == nil)
    }
}
