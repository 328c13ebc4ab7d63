// An integer that several threads hammer on, kept off the cache lines of everything else.

import Synchronization

/// An atomic in the middle of 128 bytes: wherever these land, no other datum shares its cache line of 64 bytes, and two
/// of them are 128 bytes apart, since processors fetch neighbouring lines in pairs.
struct PaddedAtomic: ~Copyable {
    private typealias EightWords = (Int, Int, Int, Int, Int, Int, Int, Int)
    private typealias SevenWords = (Int, Int, Int, Int, Int, Int, Int)

    private let before: EightWords = (0, 0, 0, 0, 0, 0, 0, 0)
    let value: Atomic<Int>
    private let after: SevenWords = (0, 0, 0, 0, 0, 0, 0)

    init(_ initial: Int) { value = Atomic(initial) }
}
