// Protocol Buffers' wire format (https://protobuf.dev/programming-guides/encoding), written as far as ONNX needs it.

/// A message under construction. Large parts are kept as the arrays that they came as, also within messages within
/// messages: weights are copied once, to where they are written. A value type.
struct ProtobufWriter: Sendable {
    /// A run of the message's bytes.
    enum Piece: Sendable {
        case bytes([UInt8])
        /// 32-bit floats, little-endian as they lie in files and in memory here.
        case floats([Float])

        func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
            switch self {
            case .bytes(let bytes): bytes.withUnsafeBytes(body)
            case .floats(let floats): floats.withUnsafeBytes(body)
            }
        }
    }

    private var finished: [Piece] = []
    /// Small fields, behind the finished pieces.
    private var small: [UInt8] = []
    private(set) var byteCount = 0
    /// From so many bytes on, arrays are not copied.
    private static let largeCount = 4096

    var pieces: [Piece] { finished + [.bytes(small)] }

    /// A number; a negative one as ten bytes.
    mutating func integer(_ field: Int, _ value: Int) {
        varint(UInt64(field) << 3)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func float(_ field: Int, _ value: Float) {
        varint(UInt64(field) << 3 | 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { append(.bytes([UInt8]($0)), $0.count) }
    }

    mutating func text(_ field: Int, _ text: String) { bytes(field, Array(text.utf8)) }

    mutating func bytes(_ field: Int, _ content: [UInt8]) {
        header(field, content.count)
        append(.bytes(content), content.count)
    }

    /// Floats as bytes.
    mutating func floats(_ field: Int, _ content: [Float]) {
        header(field, 4 * content.count)
        append(.floats(content), 4 * content.count)
    }

    /// A message in this one, its fields set by `build`.
    mutating func message(_ field: Int, _ build: (inout ProtobufWriter) -> Void) {
        var message = ProtobufWriter()
        build(&message)
        self.message(field, message)
    }

    mutating func message(_ field: Int, _ message: ProtobufWriter) {
        header(field, message.byteCount)
        for piece in message.pieces { append(piece, piece.withBytes(\.count)) }
    }

    private mutating func header(_ field: Int, _ count: Int) {
        varint(UInt64(field) << 3 | 2)
        varint(UInt64(count))
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            small.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
            byteCount += 1
        }
        small.append(UInt8(rest))
        byteCount += 1
    }

    private mutating func append(_ piece: Piece, _ count: Int) {
        byteCount += count
        if count < Self.largeCount {
            piece.withBytes { small.append(contentsOf: $0) }
        } else {
            finished += [.bytes(small), piece]
            small = []
        }
    }
}
