// The FlatBuffers reader: what it reads, and what it refuses to follow.
import Testing

@testable import ModelFiles

@Suite struct FlatBufferTests {
    private func buffer(_ bytes: [UInt8], budget: Int = 100) -> FlatBuffer {
        FlatBuffer(ByteSlice(ByteStorage(bytes)), budget: budget)
    }

    private let whole = FlatValue.table([
        .int8(-3), nil, .float(1.5), .text("näme"), .int32s([1, -2]), .floats([0.5]), .bytes([7, 8]),
        .tables([.table([.uint32(9)]), .table([])]), .table([.int64s([1 << 40])]),
    ]).encoded(identifier: "TEST")

    @Test func fieldsAndWhatIsLeftOut() throws {
        let buffer = buffer(whole)
        #expect(buffer.identifier == "TEST")
        let root = try buffer.root()
        #expect(try root.number(0, Int8.self, "a") == -3)
        #expect(try root.number(1, Int32.self, default: 5, "b") == 5)
        #expect(try root.number(40, Int32.self, default: 6, "c") == 6)
        #expect(try root.float(2, "d") == 1.5)
        #expect(try root.text(3, "e") == "näme")
        #expect(try root.numbers(4, Int32.self, "f") == [1, -2])
        #expect(try root.floats(5, "g") == [0.5])
        #expect(try root.bytes(6, "h")?.count == 2)
        let tables = try root.tables(7, "i")
        #expect(try tables.map { try $0.number(0, UInt32.self, "j") } == [9, 0])
        #expect(try root.table(8, "k")?.numbers(0, Int64.self, "l") == [1 << 40])
        let (table, text, bytes) = (try root.table(1, "m"), try root.text(1, "n"), try root.bytes(1, "o"))
        #expect(table == nil && text == nil && bytes == nil)
    }

    private func readAll(_ buffer: FlatBuffer) throws {
        let root = try buffer.root()
        _ = try root.number(0, Int8.self, "a")
        _ = try root.float(2, "d")
        _ = try root.text(3, "e")
        _ = try root.numbers(4, Int32.self, "f")
        _ = try root.floats(5, "g")
        _ = try root.bytes(6, "h")
        for table in try root.tables(7, "i") { _ = try table.number(0, UInt32.self, "j") }
        _ = try root.table(8, "k")?.numbers(0, Int64.self, "l")
    }

    @Test func everyTruncationIsRefused() {
        for length in whole.indices {
            // The padding behind the last vector's numbers is none of theirs.
            #expect(throws: ImportFailure.self) { try readAll(buffer(Array(whole[..<length]))) }
        }
    }

    @Test func everyFlippedBitEndsInValuesOrAnError() {
        for position in whole.indices {
            for bit in 0..<8 {
                var damaged = whole
                damaged[position] ^= 1 << bit
                try? readAll(buffer(damaged))
            }
        }
    }

    @Test func partsThatManyPointToAreCounted() {
        var bytes = [UInt8](repeating: 0, count: 8)
        // A root whose one field is a vector of tables that are all the root.
        bytes += [6, 0, 8, 0, 4, 0, 0, 0]
        bytes += UInt32(8).bytes + UInt32(4).bytes
        bytes += UInt32(1000).bytes
        for index in 0..<1000 { bytes += UInt32(bitPattern: Int32(16 - (28 + 4 * index))).bytes }
        bytes.replaceSubrange(0..<4, with: UInt32(16).bytes)
        #expect(throws: ImportFailure.self) { _ = try buffer(bytes).root().tables(0, "tables") }
    }
}
