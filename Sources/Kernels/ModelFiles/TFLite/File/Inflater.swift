// DEFLATE (RFC 1951), as files in ZIP archives are compressed. A value, used up by one file.

struct Inflater {
    private let input: ByteSlice
    /// Bytes that the archive says there will be.
    private let count: Int
    private var position = 0
    private var (bits, bitCount): (UInt32, Int) = (0, 0)
    private var output: [UInt8] = []

    /// What compressed bytes stand for.
    /// - Parameter count: how many that are; memory is taken for these only.
    /// - Throws: where the bytes are damaged, or give another number.
    static func content(of bytes: ByteSlice, count: Int) throws(ImportFailure) -> [UInt8] {
        var inflater = Inflater(bytes, count)
        try inflater.run()
        guard inflater.output.count == count else { throw damaged }
        return inflater.output
    }

    private init(_ input: ByteSlice, _ count: Int) { (self.input, self.count) = (input, count) }

    private mutating func run() throws(ImportFailure) {
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try copyStored()
            case 1: try expand(Self.fixedLengths, Self.fixedDistances)
            case 2:
                let codes = try readCodes()
                try expand(codes.lengths, codes.distances)
            default: throw Self.damaged
            }
        }
    }

    // MARK: Blocks

    private mutating func copyStored() throws(ImportFailure) {
        (bits, bitCount) = (0, 0)
        guard position + 4 <= input.count else { throw Self.damaged }
        let size = Int(input.load(UInt16.self, at: position))
        guard Int(~input.load(UInt16.self, at: position + 2)) == size, position + 4 + size <= input.count else {
            throw Self.damaged
        }
        for place in position + 4..<position + 4 + size { try put(input[place]) }
        position += 4 + size
    }

    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577,
    ]

    private mutating func expand(_ lengths: Code, _ distances: Code) throws(ImportFailure) {
        while true {
            let symbol = try next(lengths)
            if symbol == 256 { return }
            guard symbol > 256 else {
                try put(UInt8(symbol))
                continue
            }
            guard symbol - 257 < Self.lengthBases.count else { throw Self.damaged }
            let length = Self.lengthBases[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
            let place = try next(distances)
            guard place < Self.distanceBases.count else { throw Self.damaged }
            let distance = Self.distanceBases[place] + (try take(max(place / 2 - 1, 0)))
            guard distance <= output.count else { throw Self.damaged }
            for _ in 0..<length { try put(output[output.count - distance]) }
        }
    }

    private mutating func put(_ byte: UInt8) throws(ImportFailure) {
        guard output.count < count else { throw Self.damaged }
        output.append(byte)
    }

    // MARK: Codes

    /// A canonical Huffman code: how many symbols have each length, and the symbols in their order.
    private struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        init(_ lengths: some Sequence<Int>) {
            let coded = lengths.enumerated().filter { $0.element > 0 }
            for (_, length) in coded { counts[length] += 1 }
            symbols = coded.sorted { ($0.element, $0.offset) < ($1.element, $1.offset) }.map(\.offset)
        }
    }

    private static let fixedLengths = Code((0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    private static let fixedDistances = Code([Int](repeating: 5, count: 30))

    private mutating func readCodes() throws(ImportFailure) -> (lengths: Code, distances: Code) {
        let (symbols, distances) = (try take(5) + 257, try take(5) + 1)
        let stated = try take(4) + 4
        var sizes = [Int](repeating: 0, count: 19)
        for place in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].prefix(stated) {
            sizes[place] = try take(3)
        }
        let code = Code(sizes)
        var lengths: [Int] = []
        while lengths.count < symbols + distances {
            let symbol = try next(code)
            switch symbol {
            case 16:
                guard let last = lengths.last else { throw Self.damaged }
                lengths += [Int](repeating: last, count: 3 + (try take(2)))
            case 17: lengths += [Int](repeating: 0, count: 3 + (try take(3)))
            case 18: lengths += [Int](repeating: 0, count: 11 + (try take(7)))
            default: lengths.append(symbol)
            }
        }
        guard lengths.count == symbols + distances else { throw Self.damaged }
        return (Code(lengths[..<symbols]), Code(lengths[symbols...]))
    }

    private mutating func next(_ code: Code) throws(ImportFailure) -> Int {
        var (value, first, index) = (0, 0, 0)
        for length in 1...15 {
            value |= try take(1)
            let count = code.counts[length]
            if value - first < count { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw Self.damaged
    }

    private mutating func take(_ wanted: Int) throws(ImportFailure) -> Int {
        while bitCount < wanted {
            guard position < input.count else { throw Self.damaged }
            bits |= UInt32(input[position]) << UInt32(bitCount)
            position += 1
            bitCount += 8
        }
        let result = bits & ((1 << UInt32(wanted)) - 1)
        bits >>= UInt32(wanted)
        bitCount -= wanted
        return Int(result)
    }

    private static let damaged = ImportFailure.invalid("damaged: a file packed with the model can't be unpacked")
}
