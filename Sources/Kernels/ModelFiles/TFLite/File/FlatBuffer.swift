// Reads FlatBuffers (https://flatbuffers.dev/internals), the encoding of TFLite files: tables found through vtables,
// and vectors. Every offset is checked before it is followed. Used on the thread that imports.

/// A buffer, and what may still be read of it: a hostile file can point at one part many times.
final class FlatBuffer {
    let bytes: ByteSlice
    private var budget: Int

    /// - Parameter budget: tables, elements of vectors and bytes of texts that are read at most.
    init(_ bytes: ByteSlice, budget: Int) { (self.bytes, self.budget) = (bytes, budget) }

    /// The four characters behind the root's offset that say what a file is.
    var identifier: String? { bytes.count >= 8 ? bytes.slice(4..<8).text : nil }

    func root() throws(ImportFailure) -> FlatTable {
        try FlatTable(self, at: try target(of: 0, "the root"), "the root")
    }

    /// Counts what is read.
    func spend(_ amount: Int) throws(ImportFailure) {
        guard amount <= budget else { throw .unsupported("the file says more than any network needs") }
        budget -= amount
    }

    /// A number that lies whole within the buffer.
    func load<Number: FixedWidthInteger>(
        _ type: Number.Type, at position: Int, _ what: String
    ) throws(ImportFailure) -> Number {
        guard position >= 0, position <= bytes.count - MemoryLayout<Number>.size else { throw Self.outside(what) }
        return bytes.load(type, at: position)
    }

    /// Where the offset at a position leads.
    func target(of position: Int, _ what: String) throws(ImportFailure) -> Int {
        let offset = Int(try load(UInt32.self, at: position, what))
        guard offset > 0, position + offset < bytes.count else { throw Self.outside(what) }
        return position + offset
    }

    static func outside(_ what: String) -> ImportFailure { .invalid("damaged: \(what) lies outside of the file") }
}

/// A record whose fields may be left out.
struct FlatTable {
    private let buffer: FlatBuffer
    private let position: Int
    private let byteCount: Int
    /// Where each field lies, counted from the table's beginning; 0 if it is left out.
    private let vtable: ByteSlice
    private let what: String

    fileprivate init(_ buffer: FlatBuffer, at position: Int, _ what: String) throws(ImportFailure) {
        try buffer.spend(1)
        let table = position - Int(try buffer.load(Int32.self, at: position, what))
        let vtableBytes = Int(try buffer.load(UInt16.self, at: table, what))
        byteCount = Int(try buffer.load(UInt16.self, at: table + 2, what))
        guard vtableBytes >= 4, vtableBytes.isMultiple(of: 2), vtableBytes <= buffer.bytes.count - table,
            byteCount >= 4, byteCount <= buffer.bytes.count - position
        else { throw FlatBuffer.outside(what) }
        vtable = buffer.bytes.slice(table + 4..<table + vtableBytes)
        (self.buffer, self.position, self.what) = (buffer, position, what)
    }

    /// Where a field lies; nil if it is left out.
    private func field(_ index: Int, byteCount size: Int, _ name: String) throws(ImportFailure) -> Int? {
        guard 2 * index + 2 <= vtable.count else { return nil }
        let offset = Int(vtable.load(UInt16.self, at: 2 * index))
        guard offset != 0 else { return nil }
        guard offset >= 4, offset + size <= byteCount else { throw FlatBuffer.outside("\(name) of \(what)") }
        return position + offset
    }

    /// A number, or what the schema says where it is left out.
    func number<Number: FixedWidthInteger>(
        _ index: Int, _ type: Number.Type, default value: Number = 0, _ name: String
    ) throws(ImportFailure) -> Int {
        let position = try field(index, byteCount: MemoryLayout<Number>.size, name)
        let number = position.map { buffer.bytes.load(type, at: $0) } ?? value
        guard let whole = Int(exactly: number) else { throw .invalid("\(name) of \(what) is \(number)") }
        return whole
    }

    func flag(_ index: Int, _ name: String) throws(ImportFailure) -> Bool {
        try number(index, UInt8.self, name) != 0
    }

    func float(_ index: Int, default value: Float = 0, _ name: String) throws(ImportFailure) -> Float {
        guard let position = try field(index, byteCount: 4, name) else { return value }
        return Float(bitPattern: buffer.bytes.load(UInt32.self, at: position))
    }

    func table(_ index: Int, _ name: String) throws(ImportFailure) -> FlatTable? {
        guard let position = try field(index, byteCount: 4, name) else { return nil }
        return try FlatTable(buffer, at: try buffer.target(of: position, name), name)
    }

    /// The bytes of a vector's elements; nil if it is left out.
    private func vector(_ index: Int, elementBytes: Int, _ name: String) throws(ImportFailure) -> Range<Int>? {
        guard let position = try field(index, byteCount: 4, name) else { return nil }
        let start = try buffer.target(of: position, name)
        let count = Int(try buffer.load(UInt32.self, at: start, name))
        guard count <= (buffer.bytes.count - start - 4) / elementBytes else { throw FlatBuffer.outside(name) }
        return start + 4..<start + 4 + count * elementBytes
    }

    /// A vector of bytes, where it lies.
    func bytes(_ index: Int, _ name: String) throws(ImportFailure) -> ByteSlice? {
        try vector(index, elementBytes: 1, name).map(buffer.bytes.slice)
    }

    func text(_ index: Int, _ name: String) throws(ImportFailure) -> String? {
        guard let range = try vector(index, elementBytes: 1, name) else { return nil }
        try buffer.spend(range.count)
        guard let text = buffer.bytes.slice(range).text else { throw .invalid("\(name) of \(what) is not UTF-8") }
        return text
    }

    /// A vector of whole numbers, empty if it is left out.
    func numbers<Number: FixedWidthInteger>(
        _ index: Int, _ type: Number.Type, _ name: String
    ) throws(ImportFailure) -> [Int] {
        let size = MemoryLayout<Number>.size
        guard let range = try vector(index, elementBytes: size, name) else { return [] }
        try buffer.spend(range.count / size)
        return stride(from: range.lowerBound, to: range.upperBound, by: size).map {
            Int(truncatingIfNeeded: buffer.bytes.load(type, at: $0))
        }
    }

    func floats(_ index: Int, _ name: String) throws(ImportFailure) -> [Float] {
        guard let range = try vector(index, elementBytes: 4, name) else { return [] }
        try buffer.spend(range.count / 4)
        return buffer.bytes.slice(range).floats
    }

    func tables(_ index: Int, _ name: String) throws(ImportFailure) -> [FlatTable] {
        guard let range = try vector(index, elementBytes: 4, name) else { return [] }
        try buffer.spend(range.count / 4)
        var tables: [FlatTable] = []
        tables.reserveCapacity(range.count / 4)
        for position in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
            let name = "\(name) \(tables.count)"
            tables.append(try FlatTable(buffer, at: try buffer.target(of: position, name), name))
        }
        return tables
    }
}
