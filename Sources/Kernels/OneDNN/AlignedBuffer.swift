// Bytes outside of Swift's arrays: aligned for vectors, at one address for life.

/// Owns bytes at an address that starts a cache line (and a 512-bit vector).
/// Sendable because it only hands out the address: who writes there when is its user's business.
final class AlignedBuffer: @unchecked Sendable {
    static let alignment = 64

    let address: UnsafeMutableRawPointer

    /// Zeroed, so that padding never holds a NaN.
    init(bytes: Int) {
        address = .allocate(byteCount: max(bytes, 1), alignment: Self.alignment)
        address.initializeMemory(as: UInt8.self, repeating: 0, count: max(bytes, 1))
    }

    deinit { address.deallocate() }
}
