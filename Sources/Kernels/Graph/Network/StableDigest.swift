// A digest that is the same in every process and on every machine, which Swift's seeded `Hasher` is not. A value.

/// FNV-1a with 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv). It tells accidents, not forgeries.
package struct StableDigest {
    @usableFromInline var state: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    @inlinable package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }

    /// Sixteen hexadecimal digits.
    package var text: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    @inlinable package static func text(of bytes: some Sequence<UInt8>) -> String {
        var digest = StableDigest()
        digest.add(bytes)
        return digest.text
    }
}
