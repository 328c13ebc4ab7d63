// Writes FlatBuffers for tests: each value behind the one that points to it.

indirect enum FlatValue {
    case int8(Int)
    case uint32(Int)
    case float(Float)
    /// Fields in the schema's order; nil for those left out.
    case table([FlatValue?])
    case tables([FlatValue])
    case text(String)
    case bytes([UInt8])
    case int32s([Int])
    case int64s([Int])
    case floats([Float])

    func encoded(identifier: String) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4) + Array(identifier.utf8)
        let root = append(to: &bytes)
        bytes.patch(0, UInt32(root))
        return bytes
    }

    private var inlineBytes: Int { if case .int8 = self { 1 } else { 4 } }

    /// - Returns: where the value begins.
    private func append(to bytes: inout [UInt8]) -> Int {
        // Elements lie behind a count of four bytes, aligned as TFLite's schema has its data.
        while bytes.count % 16 != 12 { bytes.append(0) }
        switch self {
        case .int8, .uint32, .float: preconditionFailure("such a value lies in its table")
        case .table(let fields): return Self.append(fields, to: &bytes)
        case .tables(let tables):
            let start = bytes.count
            bytes += UInt32(tables.count).bytes
            bytes += [UInt8](repeating: 0, count: 4 * tables.count)
            for (index, table) in tables.enumerated() {
                let position = start + 4 + 4 * index
                let target = table.append(to: &bytes)
                bytes.patch(position, UInt32(target - position))
            }
            return start
        case .text(let text): return Self.vector(Array(text.utf8) + [0], count: text.utf8.count, &bytes)
        case .bytes(let values): return Self.vector(values, count: values.count, &bytes)
        case .int32s(let values):
            return Self.vector(values.flatMap { Int32(truncatingIfNeeded: $0).bytes }, count: values.count, &bytes)
        case .int64s(let values): return Self.vector(values.flatMap { Int64($0).bytes }, count: values.count, &bytes)
        case .floats(let values):
            return Self.vector(values.flatMap(\.bitPattern.bytes), count: values.count, &bytes)
        }
    }

    private static func vector(_ content: [UInt8], count: Int, _ bytes: inout [UInt8]) -> Int {
        let start = bytes.count
        bytes += UInt32(count).bytes
        bytes += content
        return start
    }

    private static func append(_ fields: [FlatValue?], to bytes: inout [UInt8]) -> Int {
        var (offsets, size) = ([Int](), 4)
        for field in fields {
            guard let field else {
                offsets.append(0)
                continue
            }
            while !size.isMultiple(of: field.inlineBytes) { size += 1 }
            offsets.append(size)
            size += field.inlineBytes
        }
        let vtable = bytes.count
        for value in [4 + 2 * fields.count, size] + offsets { bytes += UInt16(value).bytes }
        while !bytes.count.isMultiple(of: 4) { bytes.append(0) }
        let table = bytes.count
        bytes += [UInt8](repeating: 0, count: size)
        bytes.patch(table, UInt32(table - vtable))
        for (field, offset) in zip(fields, offsets) {
            let position = table + offset
            switch field {
            case nil: break
            case .int8(let value): bytes[position] = UInt8(truncatingIfNeeded: value)
            case .uint32(let value): bytes.patch(position, UInt32(truncatingIfNeeded: value))
            case .float(let value): bytes.patch(position, value.bitPattern)
            case let other?: bytes.patch(position, UInt32(other.append(to: &bytes) - position))
            }
        }
        return table
    }
}

extension FixedWidthInteger {
    /// Little-endian.
    var bytes: [UInt8] { withUnsafeBytes(of: littleEndian, Array.init) }
}

extension [UInt8] {
    fileprivate mutating func patch(_ position: Int, _ number: UInt32) {
        replaceSubrange(position..<position + 4, with: number.bytes)
    }
}
