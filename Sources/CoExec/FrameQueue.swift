// The admitted frames that no lane has taken yet. A value; its owner guards it.

/// A first-in, first-out ring of fixed capacity. Append and remove are O(1) and allocate nothing.
struct FrameQueue<Element> {
    private var slots: [Element?]
    private var first = 0
    private(set) var count = 0

    /// - Precondition: `capacity > 0`.
    init(capacity: Int) {
        precondition(capacity > 0)
        slots = Array(repeating: nil, count: capacity)
    }

    /// - Precondition: fewer than `capacity` elements are inside.
    mutating func append(_ element: Element) {
        precondition(count < slots.count, "the queue is full")
        slots[(first + count) % slots.count] = element
        count += 1
    }

    mutating func removeFirst() -> Element? {
        guard let element = slots[first].take() else { return nil }
        first = (first + 1) % slots.count
        count -= 1
        return element
    }
}
