// Reads the options of custom operators: FlexBuffers (https://flatbuffers.dev/flexbuffers), of which only a map of numbers
// is needed. Every offset is checked before it is followed. A value type.

/// Numbers by their names. What isn't a number is left out.
struct FlexMap {
    private(set) var numbers: [String: Double] = [:]

    /// - Throws: where the bytes are no map, or point outside of themselves.
    init(_ bytes: ByteSlice) throws(ImportFailure) {
        let reader = FlexReader(bytes: bytes)
        // At the end: the root, its type, and how many bytes it has.
        guard bytes.count >= 3 else { throw FlexReader.damaged }
        let width = Int(bytes[bytes.count - 1])
        let (kind, mapWidth) = (Int(bytes[bytes.count - 2]) >> 2, 1 << (Int(bytes[bytes.count - 2]) & 3))
        guard kind == 9, [1, 2, 4, 8].contains(width) else { throw FlexReader.damaged }
        let map = try reader.target(of: bytes.count - 2 - width, width)
        let count = try reader.unsigned(map - mapWidth, mapWidth)
        let keyWidth = try reader.unsigned(map - 2 * mapWidth, mapWidth)
        let keys = try reader.target(of: map - 3 * mapWidth, mapWidth)
        guard count <= bytes.count, [1, 2, 4, 8].contains(keyWidth) else { throw FlexReader.damaged }
        for index in 0..<count {
            let key = try reader.text(try reader.target(of: keys + index * keyWidth, keyWidth))
            let type = try reader.unsigned(map + count * mapWidth + index, 1)
            numbers[key] = try reader.number(map + index * mapWidth, mapWidth, type)
        }
    }
}

private struct FlexReader {
    let bytes: ByteSlice

    static let damaged = ImportFailure.invalid("damaged: the custom options are no map")

    func unsigned(_ position: Int, _ width: Int) throws(ImportFailure) -> Int {
        guard position >= 0, position <= bytes.count - width else { throw Self.damaged }
        let number: UInt64 =
            switch width {
            case 1: UInt64(bytes[position])
            case 2: UInt64(bytes.load(UInt16.self, at: position))
            case 4: UInt64(bytes.load(UInt32.self, at: position))
            default: bytes.load(UInt64.self, at: position)
            }
        guard let whole = Int(exactly: number) else { throw Self.damaged }
        return whole
    }

    /// Where an offset leads: they count backwards.
    func target(of position: Int, _ width: Int) throws(ImportFailure) -> Int {
        let offset = try unsigned(position, width)
        guard offset <= position else { throw Self.damaged }
        return position - offset
    }

    /// Up to its zero.
    func text(_ start: Int) throws(ImportFailure) -> String {
        var end = start
        while end < bytes.count, end - start < 64, bytes[end] != 0 { end += 1 }
        guard end < bytes.count, bytes[end] == 0, let text = bytes.slice(start..<end).text else { throw Self.damaged }
        return text
    }

    /// - Parameter type: kind and, for what lies elsewhere, width.
    func number(_ position: Int, _ width: Int, _ type: Int) throws(ImportFailure) -> Double? {
        switch type >> 2 {
        case 1: return signed(try bits(position, width), width)
        case 2: return Double(try bits(position, width))
        case 3: return float(try bits(position, width), width)
        case 26: return try bits(position, width) == 0 ? 0 : 1
        case 6, 7, 8:
            let own = 1 << (type & 3)
            let bits = try bits(try target(of: position, width), own)
            return type >> 2 == 6 ? signed(bits, own) : type >> 2 == 7 ? Double(bits) : float(bits, own)
        default: return nil
        }
    }

    private func bits(_ position: Int, _ width: Int) throws(ImportFailure) -> UInt64 {
        guard position >= 0, position <= bytes.count - width else { throw Self.damaged }
        return (0..<width).reduce(0) { $0 | UInt64(bytes[position + $1]) << (8 * $1) }
    }

    private func signed(_ bits: UInt64, _ width: Int) -> Double {
        Double(Int64(truncatingIfNeeded: bits << (64 - 8 * width)) >> (64 - 8 * width))
    }

    private func float(_ bits: UInt64, _ width: Int) -> Double? {
        switch width {
        case 4: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case 8: Double(bitPattern: bits)
        default: nil
        }
    }
}
