// Something for each frame in flight. Owner: a stream. Which thread may touch an entry when is the stream's business.

/// A ring of entries found by ticket: those of frames that are in flight at once don't meet. It starts at a cache line.
@usableFromInline
struct TicketTable<Element: ~Copyable>: ~Copyable, @unchecked Sendable {  // the pointer never changes
    @usableFromInline let base: UnsafeMutablePointer<Element>
    @usableFromInline let mask: Int

    /// - Parameter capacity: most tickets in flight, a power of two.
    @inlinable
    init(capacity: Int, make: () -> Element) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0, "\(capacity) is no power of two")
        base = UnsafeMutableRawPointer.allocate(byteCount: capacity * MemoryLayout<Element>.stride, alignment: 64)
            .bindMemory(to: Element.self, capacity: capacity)
        for index in 0..<capacity { (base + index).initialize(to: make()) }
        mask = capacity - 1
    }

    @inlinable
    deinit {
        base.deinitialize(count: mask + 1)
        base.deallocate()
    }

    /// Where a ticket's entry is. Put it in a constant before changing the entry in place: with ThreadSanitizer, Swift
    /// 6.3.1 takes `table[ticket].pointee.count += 1` for a change of the table, and may crash on it.
    @inlinable
    subscript(ticket: Int) -> UnsafeMutablePointer<Element> { base + (ticket & mask) }
}

extension TicketTable {
    @inlinable
    func store(_ value: Element, _ ticket: Int) {
        let entry = self[ticket]
        entry.pointee = value
    }

    /// Empties an entry.
    /// - Returns: what it held.
    @inlinable
    func take<Wrapped>(_ ticket: Int) -> Wrapped? where Element == Wrapped? {
        let entry = self[ticket]
        return entry.pointee.take()
    }
}
