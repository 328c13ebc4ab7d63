// Structs that callers make: read and written no further than they are there. What isn't is taken for zero.

import Glibc

/// A copy of a caller's struct, whose first field is its size in bytes.
/// - Returns: nil where there is none, or its size can't be.
func read<Struct: BitwiseCopyable>(_ pointer: UnsafePointer<Struct>?) -> Struct? {
    guard let pointer else { return nil }
    let size = Int(UnsafeRawPointer(pointer).load(as: UInt32.self))
    guard size >= MemoryLayout<UInt32>.size else { return nil }
    return withUnsafeTemporaryAllocation(of: Struct.self, capacity: 1) { copy in
        memset(copy.baseAddress!, 0, MemoryLayout<Struct>.size)
        memcpy(copy.baseAddress!, pointer, min(size, MemoryLayout<Struct>.size))
        return copy[0]
    }
}

/// Fills a caller's struct, and leaves its size alone.
/// - Parameter least: bytes that it must have.
/// - Returns: false where there is none, or it is smaller.
func write<Struct: BitwiseCopyable>(
    _ value: Struct, to pointer: UnsafeMutablePointer<Struct>?, least: Int = MemoryLayout<UInt32>.size
) -> Bool {
    guard let size = size(of: pointer), size >= least else { return false }
    withUnsafeBytes(of: value) { bytes in
        let count = min(size, MemoryLayout<Struct>.size) - MemoryLayout<UInt32>.size
        let head = MemoryLayout<UInt32>.size
        _ = memcpy(UnsafeMutableRawPointer(pointer!) + head, bytes.baseAddress! + head, count)
    }
    return true
}

/// The bytes of a caller's struct; nil where there is none.
func size<Struct>(of pointer: UnsafeMutablePointer<Struct>?) -> Int? {
    guard let pointer else { return nil }
    let size = Int(UnsafeRawPointer(pointer).load(as: UInt32.self))
    return size >= MemoryLayout<UInt32>.size ? size : nil
}

/// Writes a text for a caller: cut to fit between two characters, always terminated.
func write(_ text: String, to buffer: UnsafeMutablePointer<CChar>?, size: Int) {
    guard let buffer, size > 0 else { return }
    var count = 0
    for character in text.unicodeScalars {
        let bytes = UTF8.encode(character)!
        guard count + bytes.count < size else { break }
        for byte in bytes {
            buffer[count] = CChar(bitPattern: byte)
            count += 1
        }
    }
    buffer[count] = 0
}

/// An error as one line.
func line(_ error: any Error) -> String { "\(error)".replacing("\n", with: " ") }

extension String {
    /// nil for NULL.
    init?(_ text: UnsafePointer<CChar>?) {
        guard let text else { return nil }
        self.init(cString: text)
    }
}

/// Nanoseconds to wait at most; nil for ever.
func limit(_ timeout: Int64) -> Int? { timeout < 0 ? nil : Int(timeout) }
