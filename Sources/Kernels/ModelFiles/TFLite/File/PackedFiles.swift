// The ZIP archive that metadata's writers put behind a TFLite model (PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and
// 4.3.16): files stored as they are, or deflated. A value type.

struct PackedFiles {
    private let bytes: ByteSlice

    init(_ bytes: ByteSlice) { self.bytes = bytes }

    /// A file's content; nil if there is no such file.
    /// - Throws: for one that is compressed in another way, and where the archive is damaged.
    func content(of name: String) throws(ImportFailure) -> ByteSlice? {
        guard let end = endOfDirectory else { return nil }
        let count = Int(bytes.load(UInt16.self, at: end + 10))
        var position = Int(bytes.load(UInt32.self, at: end + 16))
        for _ in 0..<count {
            guard position <= end - 46, bytes.load(UInt32.self, at: position) == 0x0201_4B50 else { throw Self.damaged }
            func length(_ offset: Int) -> Int { Int(bytes.load(UInt16.self, at: position + offset)) }
            let next = position + 46 + length(28) + length(30) + length(32)
            guard next <= end else { throw Self.damaged }
            guard bytes.slice(position + 46..<position + 46 + length(28)).text == name else {
                position = next
                continue
            }
            let method = length(10)
            guard method == 0 || method == 8 else {
                throw .unsupported("'\(name)' in the model is compressed by method \(method)")
            }
            let size = Int(bytes.load(UInt32.self, at: position + 20))
            let header = Int(bytes.load(UInt32.self, at: position + 42))
            guard header <= end - 30, bytes.load(UInt32.self, at: header) == 0x0403_4B50 else { throw Self.damaged }
            let start =
                header + 30 + Int(bytes.load(UInt16.self, at: header + 26))
                + Int(bytes.load(UInt16.self, at: header + 28))
            guard start <= end, size <= end - start else { throw Self.damaged }
            let stored = bytes.slice(start..<start + size)
            let count = method == 8 ? Int(bytes.load(UInt32.self, at: position + 24)) : size
            guard count <= Self.largest else { throw .unsupported("'\(name)' in the model has \(count) bytes") }
            guard method == 8 else { return stored }
            // No text grows when it is deflated, but by the heads of blocks that are stored.
            guard size <= count + count / 8 + 1024 else { throw Self.damaged }
            return ByteSlice(ByteStorage(try Inflater.content(of: stored, count: count)))
        }
        return nil
    }

    /// Where the last record begins, which only a comment may follow.
    private var endOfDirectory: Int? {
        var position = bytes.count - 22
        while position >= max(0, bytes.count - 22 - 65535) {
            if bytes[position] == 0x50, bytes.load(UInt32.self, at: position) == 0x0605_4B50 { return position }
            position -= 1
        }
        return nil
    }

    /// Bytes of a file once it is unpacked: texts are smaller.
    private static let largest = 1 << 24

    private static let damaged = ImportFailure.invalid("damaged: the files packed with the model can't be found")
}
