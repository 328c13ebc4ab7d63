// What this process takes of the machine's memory, as the kernel counts, and whether it can have more.

import Glibc

/// Memory of the process.
package enum ProcessMemory {
    /// The most that was resident so far, bytes; nil where the kernel doesn't tell. The corresponding line of
    /// /proc/self/status is VmHWM.
    package static var peakBytes: Int? {
        guard let status = try? SystemFiles.thisMachine.text("proc/self/status") else { return nil }
        for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let words = line.split(whereSeparator: \.isWhitespace)
            return words.count == 3 && words[2] == "kB" ? Int(words[1]).map { $0 * 1024 } : nil
        }
        return nil
    }

    /// Asks for memory and gives it back. Before what Swift allocates: it ends the process where there is none.
    /// - Throws: where the system doesn't give so much now. Less than a megabyte isn't asked for.
    package static func check(bytes: Int) throws(MemoryError) {
        guard bytes >= 1 << 20 else { return }
        let pages = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard pages != MAP_FAILED else { throw MemoryError(bytes: bytes) }
        munmap(pages, bytes)
    }
}

/// There is no memory for something.
public struct MemoryError: Error, Hashable, CustomStringConvertible {
    public let bytes: Int
    public var description: String { "there are no \(bytes) bytes of memory left" }
}
