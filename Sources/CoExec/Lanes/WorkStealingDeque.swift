// A lane's own frames: the lane takes from one end, idle lanes steal from the other. Only frames shorter than 25 µs are
// grabbed several at a time, so that only such frames ever lie here. Owner: one lane's thread; any other thread may only
// steal. Whoever holds the deque frees it after all of these threads have stopped using it.

import Synchronization

/// A bounded work-stealing deque of ticket numbers.
///
/// Order of operations after D. Chase and Y. Lev, "Dynamic Circular Work-Stealing Deque" (SPAA 2005), figures 2 to 4,
/// in the C11 form of N. M. Lê et al., "Correct and Efficient Work-Stealing for Weak Memory Models" (PPoPP 2013),
/// figure 1, but bounded, and with sequentially consistent accesses to `top` and `bottom` in place of its fences: the
/// fences order exactly these accesses, and ThreadSanitizer understands accesses only. `Tests/Models/deque.pml` is a
/// model of it; change both together.
///
/// ## Why it is safe on weak memory
/// - A ticket, and all that its owner wrote before pushing it, is seen by its thief: every store to `bottom` releases,
///   and a thief's load of it acquires.
/// - A slot is filled again only after a load of `top`, acquiring, has shown that the thief of its last ticket is done
///   with it. A thief that is late may read the new ticket, but `top` only grows, so its exchange fails.
/// - Owner and thief never both take the last ticket: of the owner's store to `bottom` and the thief's load of it, each
///   followed or preceded by an access to `top`, one comes first in the one order that all threads agree on.
struct WorkStealingDeque: ~Copyable, @unchecked Sendable {  // the pointer never changes, and slots are atomic
    /// Next slot that a thief takes. Only grows.
    private let top = PaddedAtomic(0)
    /// Next slot that the owner fills. Written by the owner only.
    private let bottom = PaddedAtomic(0)
    private let slots: UnsafeMutablePointer<Atomic<Int>>
    private let mask: Int

    var capacity: Int { mask + 1 }

    /// - Precondition: `capacity` is a power of two.
    init(capacity: Int) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0, "\(capacity) is no power of two")
        mask = capacity - 1
        slots = .allocate(capacity: capacity)
        for index in 0..<capacity { (slots + index).initialize(to: Atomic(0)) }
    }

    deinit {
        slots.deinitialize(count: capacity)
        slots.deallocate()
    }

    /// Adds at the bottom. Owner only.
    /// - Returns: false when the deque is full.
    func push(_ ticket: Int) -> Bool {
        let bottom = bottom.value.load(ordering: .relaxed)
        let top = top.value.load(ordering: .acquiring)
        guard bottom - top < capacity else { return false }
        slots[bottom & mask].store(ticket, ordering: .relaxed)
        // Sequentially consistent, not just releasing: a lane about to park looks here after saying that it will, and
        // the owner looks for parked lanes after this.
        self.bottom.value.store(bottom + 1, ordering: .sequentiallyConsistent)
        return true
    }

    /// Takes what was pushed last. Owner only.
    /// - Returns: nil when the deque is empty; thieves may have taken the last one just now.
    func pop() -> Int? {
        let end = bottom.value.load(ordering: .relaxed)
        // Since `top` only grows, even an old value of it can tell that nothing is left, without disturbing thieves.
        guard top.value.load(ordering: .relaxed) < end else { return nil }
        let last = end - 1
        bottom.value.store(last, ordering: .sequentiallyConsistent)
        let top = top.value.load(ordering: .sequentiallyConsistent)
        guard top < last else {
            // The last one, or less: whoever moves `top` past it has it.
            let isWon = top == last && advanceTop(from: top)
            let ticket = slots[last & mask].load(ordering: .relaxed)
            bottom.value.store(end, ordering: .releasing)
            return isWon ? ticket : nil
        }
        return slots[last & mask].load(ordering: .relaxed)
    }

    /// Takes what was pushed first. Any thread.
    /// - Returns: nil when the deque is empty, and also when another thief or the owner was faster: `isEmpty` tells.
    func steal() -> Int? {
        let top = top.value.load(ordering: .sequentiallyConsistent)
        let bottom = bottom.value.load(ordering: .sequentiallyConsistent)
        guard top < bottom else { return nil }
        // Before the exchange: after it, the owner may fill the slot again.
        let ticket = slots[top & mask].load(ordering: .relaxed)
        return advanceTop(from: top) ? ticket : nil
    }

    /// Whether it held nothing a moment ago, not counting a ticket that the owner is popping. Any thread.
    var isEmpty: Bool {
        top.value.load(ordering: .sequentiallyConsistent) >= bottom.value.load(ordering: .sequentiallyConsistent)
    }

    private func advanceTop(from top: Int) -> Bool {
        self.top.value.compareExchange(
            expected: top, desired: top + 1, successOrdering: .sequentiallyConsistent, failureOrdering: .relaxed
        ).exchanged
    }
}
