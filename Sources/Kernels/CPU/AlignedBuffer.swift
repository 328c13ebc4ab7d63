// Bytes outside of Swift's arrays: aligned for vectors, at one address for life.

import EnginePlanning
import Glibc

/// Owns bytes at an address that starts a cache line (and a 512-bit vector).
/// Sendable because it only hands out the address: who writes there when is its user's business.
final class AlignedBuffer: @unchecked Sendable {
    static let alignment = ArenaPlan.standardAlignment
    /// A huge page of x86-64, and of Arm64 with small pages of 4 KiB.
    private static let hugePage = 2 << 20

    let address: UnsafeMutableRawPointer

    /// Zeroed, so that padding never holds a NaN.
    ///
    /// Asks for huge pages where the size is worth one: weights that stream through once a frame otherwise wait for
    /// page walks (AlexNet's fully connected layers: a third of their time).
    /// - Throws: where there is no memory for it: how much a network needs is its file's word.
    init(bytes: Int) throws(CPULibraryError) {
        guard let address = Self.allocate(bytes: bytes, alignment: Self.alignment) else {
            throw CPULibraryError(
                library: "this system", node: nil, call: "memory", status: ENOMEM,
                reason: "there are no \(bytes) bytes left", isUnimplemented: false)
        }
        self.address = address
        address.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    }

    deinit { free(address) }

    /// Bytes to be freed with `free`; nil where there is no memory for them.
    static func allocate(bytes: Int, alignment: Int) -> UnsafeMutableRawPointer? {
        let isLarge = bytes >= hugePage
        var address: UnsafeMutableRawPointer?
        let status = posix_memalign(&address, isLarge ? max(alignment, hugePage) : alignment, max(bytes, 1))
        guard status == 0, let address else { return nil }
        // Only a wish: without huge pages everything works, slower.
        if isLarge { madvise(address, bytes, MADV_HUGEPAGE) }
        return address
    }
}
