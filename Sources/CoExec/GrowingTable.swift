// A table that grows under its readers. Owner: a stream. One thread at a time appends, any thread reads.

import Synchronization

/// Elements by index; one that was appended never changes, and is there before the count says so.
struct GrowingTable<Element: Sendable>: ~Copyable, @unchecked Sendable {  // entries below `count` never change
    private let entries: UnsafeMutablePointer<Element>
    private let capacity: Int
    private let countStorage = Atomic<Int>(0)

    init(capacity: Int) {
        self.capacity = capacity
        entries = .allocate(capacity: capacity)
    }

    deinit {
        entries.deinitialize(count: count)
        entries.deallocate()
    }

    var count: Int { countStorage.load(ordering: .acquiring) }

    subscript(_ index: Int) -> Element { entries[index] }

    /// - Precondition: fewer than `capacity` elements.
    func append(_ element: Element) {
        let count = countStorage.load(ordering: .relaxed)
        precondition(count < capacity, "a stream has at most \(capacity) lanes in its life")
        (entries + count).initialize(to: element)
        countStorage.store(count + 1, ordering: .releasing)
    }
}
