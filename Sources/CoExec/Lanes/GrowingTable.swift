// A table that grows under its readers. Owner: a stream. One thread at a time appends, any thread reads.

import Synchronization

/// Elements by index, each in its place for good; one is there before the count says so.
struct GrowingTable<Element: ~Copyable>: ~Copyable, @unchecked Sendable {  // entries below `count` stay
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

    /// Where an element is: reading it there counts no references, which lanes would otherwise do to each other's.
    subscript(_ index: Int) -> UnsafeMutablePointer<Element> { entries + index }

    /// - Precondition: fewer than `capacity` elements.
    func append(_ element: consuming Element) {
        let count = countStorage.load(ordering: .relaxed)
        precondition(count < capacity, "a stream has at most \(capacity) lanes in its life")
        (entries + count).initialize(to: element)
        countStorage.store(count + 1, ordering: .releasing)
    }
}
