// Protocol Buffers' wire format (https://protobuf.dev/programming-guides/encoding), as far as ONNX needs it.

/// Reads one message, field by field, and never beyond its end. Nested messages are slices that get a reader of their
/// own, so depth is bounded by the code that reads them, and no declared length costs memory. A value type.
struct ProtobufReader {
    enum Value {
        case varint(UInt64)
        case fixed32(UInt32)
        case fixed64(UInt64)
        case bytes(ByteSlice)
    }

    private let bytes: ByteSlice
    private var position = 0

    init(_ bytes: ByteSlice) { self.bytes = bytes }

    /// The next field; nil at the end of the message. Of a field that stands there twice, the last one counts.
    mutating func next() throws(ImportFailure) -> (field: Int, value: Value)? {
        guard position < bytes.count else { return nil }
        let key = try varint()
        guard key >> 3 > 0, key >> 3 < 1 << 29 else { throw .invalid("damaged: a field's number is \(key >> 3)") }
        let field = Int(key >> 3)
        switch key & 7 {
        case 0: return (field, .varint(try varint()))
        case 1: return (field, .fixed64(try take(8).load(UInt64.self, at: 0)))
        case 2:
            let count = try varint()
            guard count <= UInt64(bytes.count - position) else { throw Self.truncated }
            return (field, .bytes(try take(Int(count))))
        case 5: return (field, .fixed32(try take(4).load(UInt32.self, at: 0)))
        default: throw .invalid("damaged: field \(field) has wire type \(key & 7)")
        }
    }

    private static let truncated = ImportFailure.invalid("truncated or damaged: a field reaches beyond its message")

    private mutating func take(_ count: Int) throws(ImportFailure) -> ByteSlice {
        guard count <= bytes.count - position else { throw Self.truncated }
        position += count
        return bytes.slice(position - count..<position)
    }

    private mutating func varint() throws(ImportFailure) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard position < bytes.count else { throw Self.truncated }
            let byte = bytes[position]
            position += 1
            result |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return result }
        }
        throw .invalid("damaged: a number is longer than ten bytes")
    }

    /// The numbers of a packed field.
    static func varints(_ bytes: ByteSlice) throws(ImportFailure) -> [Int] {
        var reader = ProtobufReader(bytes)
        var result: [Int] = []
        while reader.position < bytes.count { result.append(Int(truncatingIfNeeded: try reader.varint())) }
        return result
    }
}

extension ProtobufReader.Value {
    func integer(_ what: String) throws(ImportFailure) -> Int {
        guard case .varint(let value) = self else { throw .invalid("damaged: \(what) is not a number") }
        return Int(truncatingIfNeeded: value)
    }

    func float(_ what: String) throws(ImportFailure) -> Float {
        guard case .fixed32(let bits) = self else { throw .invalid("damaged: \(what) is not a float") }
        return Float(bitPattern: bits)
    }

    func message(_ what: String) throws(ImportFailure) -> ByteSlice {
        guard case .bytes(let bytes) = self else { throw .invalid("damaged: \(what) has no bytes") }
        return bytes
    }

    func text(_ what: String) throws(ImportFailure) -> String {
        guard let text = try message(what).text else { throw .invalid("damaged: \(what) is not UTF-8 text") }
        return text
    }

    /// Appends a repeated field of integers, packed or one by one.
    func append(to integers: inout [Int], _ what: String) throws(ImportFailure) {
        if case .bytes(let packed) = self {
            integers += try ProtobufReader.varints(packed)
        } else {
            integers.append(try integer(what))
        }
    }

    /// Appends a repeated field of floats, packed or one by one.
    func append(to floats: inout [Float], _ what: String) throws(ImportFailure) {
        if case .bytes(let packed) = self {
            guard packed.count.isMultiple(of: 4) else { throw .invalid("damaged: \(what) ends within a float") }
            floats += packed.floats
        } else {
            floats.append(try float(what))
        }
    }
}
