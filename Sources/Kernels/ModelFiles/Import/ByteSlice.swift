// Bytes of a model: a mapped file or an array, and parts of it. Immutable; used on the thread that imports.
import Glibc

/// Owns bytes at one address: a mapping of a whole file, or a copy. Sendable because nobody writes to them.
final class ByteStorage: @unchecked Sendable {
    fileprivate let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    init(_ content: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(content.count, 1), alignment: 8)
        copy.copyBytes(from: content)
        bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(copy)[..<content.count])
        isMapped = false
    }

    /// Maps a regular file, so that weights are copied once, to where they stay. The file mustn't shrink meanwhile.
    /// - Throws: with the reason of the system.
    init(mapping path: String) throws(ImportFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system("cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("cannot be read") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ImportFailure(kind: .unreadable, reason: "not a regular file")
        }
        guard status.st_size > 0 else { throw .invalid("the file is empty") }
        let count = Int(status.st_size)
        guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw .system("cannot be mapped")
        }
        bytes = UnsafeRawBufferPointer(start: address, count: count)
        isMapped = true
    }

    /// Reads part of an open file.
    init(_ descriptor: Int32, offset: Int, count: Int, _ path: String) throws(ImportFailure) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 8)
        bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])
        isMapped = false
        var done = 0
        while done < count {
            let read = pread(descriptor, buffer.baseAddress! + done, count - done, off_t(offset + done))
            if read < 0 && errno == EINTR { continue }
            guard read > 0 else {
                throw read == 0 ? .invalid("'\(path)' ended while it was read") : .system("'\(path)' cannot be read")
            }
            done += read
        }
    }

    deinit {
        if isMapped {
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        } else {
            UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.deallocate()
        }
    }
}

/// A part of some bytes, which it keeps alive. Reads outside of it trap.
struct ByteSlice: Sendable {
    private let storage: ByteStorage
    private let range: Range<Int>

    init(_ storage: ByteStorage) { (self.storage, range) = (storage, 0..<storage.bytes.count) }

    private init(_ storage: ByteStorage, _ range: Range<Int>) { (self.storage, self.range) = (storage, range) }

    var count: Int { range.count }

    subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count)
        return storage.bytes[range.lowerBound + index]
    }

    /// - Precondition: within this slice.
    func slice(_ part: Range<Int>) -> ByteSlice {
        precondition(part.lowerBound >= 0 && part.upperBound <= count)
        return ByteSlice(storage, range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
    }

    /// A little-endian number.
    func load<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Number>.size)
        return Number(
            littleEndian: storage.bytes.loadUnaligned(fromByteOffset: range.lowerBound + offset, as: type))
    }

    /// The bytes as text; nil if they aren't UTF-8.
    var text: String? { String(validating: UnsafeRawBufferPointer(rebasing: storage.bytes[range]), as: UTF8.self) }

    /// The bytes as an array of 32-bit floats, little-endian as they lie in files and in memory here.
    /// - Precondition: a whole number of floats.
    var floats: [Float] {
        precondition(count.isMultiple(of: 4))
        return [Float](unsafeUninitializedCapacity: count / 4) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: storage.bytes[range]))
            initialized = count / 4
        }
    }
}
