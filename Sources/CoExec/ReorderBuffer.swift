// Puts results that finish out of order back in stream order. A value; its owner guards it.

/// A bounded buffer from which values leave in sequence order, whatever the order in which they entered.
///
/// Slot of a value: `sequence % capacity`. The owner admits a sequence number only while it is less than
/// `head + capacity`, so slots never collide. Insert and remove are O(1) and allocate nothing.
struct ReorderBuffer<Element> {
    private var slots: [Element?]
    /// Sequence number of the next value to leave.
    private(set) var head = 0
    /// Values that wait inside.
    private(set) var count = 0

    var capacity: Int { slots.count }

    /// - Precondition: `capacity > 0`.
    init(capacity: Int) {
        precondition(capacity > 0)
        slots = Array(repeating: nil, count: capacity)
    }

    /// Stores the value of a sequence number.
    /// - Precondition: the number is within the window `head ..< head + capacity` and was not inserted before.
    mutating func insert(_ element: Element, sequence: Int) {
        precondition(sequence >= head && sequence < head + capacity, "sequence \(sequence) is outside the window")
        let slot = sequence % capacity
        precondition(slots[slot] == nil, "sequence \(sequence) was inserted twice")
        slots[slot] = element
        count += 1
    }

    /// Whether the value at the head is there.
    var isHeadReady: Bool { slots[head % capacity] != nil }

    /// Removes the value at the head, or returns nil while it is still missing.
    mutating func removeHead() -> Element? {
        guard let element = slots[head % capacity].take() else { return nil }
        head += 1
        count -= 1
        return element
    }
}
