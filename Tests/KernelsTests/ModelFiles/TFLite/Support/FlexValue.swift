// Writes FlexBuffers for tests: maps of numbers, as custom operators have them for options.

enum FlexValue {
    case int(Int)
    case float(Float)
    case bool(Bool)

    private var bits: UInt32 {
        switch self {
        case .int(let number): UInt32(truncatingIfNeeded: number)
        case .float(let number): number.bitPattern
        case .bool(let isTrue): isTrue ? 1 : 0
        }
    }

    /// Kind and width, of which all have four bytes.
    private var type: UInt8 {
        switch self {
        case .int: 1 << 2 | 2
        case .float: 3 << 2 | 2
        case .bool: 26 << 2 | 2
        }
    }

    /// - Parameter entries: in the order of their names.
    static func map(_ entries: [(name: String, value: FlexValue)]) -> [UInt8] {
        var bytes: [UInt8] = []
        var names: [Int] = []
        for entry in entries {
            names.append(bytes.count)
            bytes += Array(entry.name.utf8) + [0]
        }
        while !bytes.count.isMultiple(of: 4) { bytes.append(0) }
        bytes += UInt32(entries.count).bytes
        let keys = bytes.count
        for name in names { bytes += UInt32(bytes.count - name).bytes }
        bytes += UInt32(bytes.count - keys).bytes + UInt32(4).bytes + UInt32(entries.count).bytes
        let map = bytes.count
        for entry in entries { bytes += entry.value.bits.bytes }
        for entry in entries { bytes.append(entry.value.type) }
        while !bytes.count.isMultiple(of: 4) { bytes.append(0) }
        return bytes + UInt32(bytes.count - map).bytes + [9 << 2 | 2, 4]
    }
}
