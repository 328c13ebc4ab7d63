// The deque: what owner and thieves get, and that many threads at once lose nothing and get nothing twice.
// The stress has a short form; COEXEC_LONG_TESTS=1 asks for the long one: 1,000,000 items at every capacity.

import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct WorkStealingDequeTests {
    @Test func theOwnerTakesTheLatest() {
        let deque = SharedDeque(capacity: 4)
        for ticket in [10, 20, 30] { #expect(deque.push(ticket)) }
        #expect(deque.pop() == 30)
        #expect(deque.push(40))
        #expect(deque.pop() == 40)
        #expect(deque.pop() == 20)
        #expect(deque.pop() == 10)
        #expect(deque.pop() == nil)
    }

    @Test func thievesTakeTheOldest() {
        let deque = SharedDeque(capacity: 4)
        for ticket in [10, 20, 30] { #expect(deque.push(ticket)) }
        #expect(deque.steal() == 10)
        #expect(deque.push(40))
        #expect(deque.steal() == 20)
        #expect(deque.pop() == 40)
        #expect(deque.steal() == 30)
        #expect(deque.steal() == nil)
    }

    @Test(arguments: [1, 2, 4, 1024])
    func aFullDequeTakesNoMore(capacity: Int) {
        let deque = SharedDeque(capacity: capacity)
        #expect(deque.capacity == capacity)
        for ticket in 0..<capacity { #expect(deque.push(ticket)) }
        #expect(!deque.push(-1))
        #expect(deque.steal() == 0)
        #expect(deque.push(capacity))
        #expect(!deque.push(-1))
        #expect(deque.pop() == capacity)
        for ticket in 1..<capacity { #expect(deque.steal() == ticket) }
        #expect(deque.isEmpty)
    }

    /// Slots are used again and again, whichever end empties them.
    @Test(arguments: [1, 2, 8])
    func slotsWrapAround(capacity: Int) {
        let deque = SharedDeque(capacity: capacity)
        for round in 0..<5 * capacity + 3 {
            for index in 0..<capacity { #expect(deque.push(round * 100 + index)) }
            let stolen = round % (capacity + 1)
            for index in 0..<stolen { #expect(deque.steal() == round * 100 + index) }
            for index in (stolen..<capacity).reversed() { #expect(deque.pop() == round * 100 + index) }
            #expect(deque.pop() == nil)
            #expect(deque.steal() == nil)
            #expect(deque.isEmpty)
        }
    }

    @Test func anEmptyDequeStaysUsable() {
        let deque = SharedDeque(capacity: 2)
        #expect(deque.isEmpty)
        for _ in 0..<10 {
            #expect(deque.pop() == nil)
            #expect(deque.steal() == nil)
        }
        #expect(deque.push(1))
        #expect(!deque.isEmpty)
        #expect(deque.pop() == 1)
        #expect(deque.isEmpty)
    }
}

/// A deque that `#expect` can look at, which takes no noncopyable values.
private final class SharedDeque: Sendable {
    private let deque: WorkStealingDeque

    init(capacity: Int) { deque = WorkStealingDeque(capacity: capacity) }

    var capacity: Int { deque.capacity }
    var isEmpty: Bool { deque.isEmpty }
    func push(_ ticket: Int) -> Bool { deque.push(ticket) }
    func pop() -> Int? { deque.pop() }
    func steal() -> Int? { deque.steal() }
}

@Suite(.serialized) struct WorkStealingDequeStressTests {
    static let isLong = getenv("COEXEC_LONG_TESTS").map { String(cString: $0) == "1" } ?? false
    static let items = isLong ? 1_000_000 : 30_000
    static let capacities = isLong ? [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] : [2, 16, 1024]

    /// Keeps the deque full, and mostly waits for the thieves: slots that wrap around.
    @Test(arguments: capacities)
    func everyItemOnceWhenTheOwnerFillsIt(capacity: Int) throws {
        let stolen = try stress(capacity: capacity) { deque, ticket, take in
            while !deque.push(ticket) {
                if ticket % 4 == 0, let own = deque.pop() { take(own) } else { sched_yield() }
            }
        }
        #expect(stolen > 0)
    }

    /// Pops after each push: owner and thieves are after the last item all the time.
    @Test(arguments: capacities)
    func everyItemOnceWhenAllWantTheLast(capacity: Int) throws {
        try stress(capacity: capacity) { deque, ticket, take in
            while !deque.push(ticket) { sched_yield() }
            if ticket % 64 == 0 { sched_yield() }
            if let own = deque.pop() { take(own) }
        }
    }

    /// Takes as many as it likes: every fill level is met.
    @Test(arguments: capacities)
    func everyItemOnceWhenTheOwnerPopsAtRandom(capacity: Int) throws {
        var random = SplitMix64(seed: UInt64(capacity))
        try stress(capacity: capacity) { deque, ticket, take in
            while !deque.push(ticket) { sched_yield() }
            for _ in 0..<Int.random(in: 0..<3, using: &random) {
                if let own = deque.pop() { take(own) }
            }
        }
    }

    /// Runs an owner, on this thread, and 8 thieves until every item is taken; checks that each was taken once, and
    /// that its taker saw what the owner had written before the push.
    /// - Returns: how many were stolen, which may be none: an owner that never has to wait for thieves may be done
    ///   before a busy machine lets one run.
    @discardableResult
    private func stress(
        capacity: Int, own: (_ deque: SharedDeque, _ ticket: Int, _ take: (Int) -> Void) -> Void
    ) throws -> Int {
        let shared = Shared(capacity: capacity, items: Self.items)
        let thieves = try (0..<8).map { index in
            try Thread(name: "thief \(index)") {
                shared.started.wrappingAdd(1, ordering: .relaxed)
                while true {
                    // Read first: what is pushed after it is not missed.
                    let isLast = shared.isAllPushed.load(ordering: .acquiring)
                    if let ticket = shared.deque.steal() {
                        shared.take(ticket)
                        shared.stolen.wrappingAdd(1, ordering: .relaxed)
                    } else if shared.deque.isEmpty {
                        if isLast { return }
                        sched_yield()
                    }
                }
            }
        }
        while shared.started.load(ordering: .relaxed) < thieves.count { sched_yield() }
        for ticket in 0..<Self.items {
            shared.payload[ticket] = ~ticket
            own(shared.deque, ticket, shared.take)
        }
        shared.isAllPushed.store(true, ordering: .releasing)
        while let ticket = shared.deque.pop() { shared.take(ticket) }
        for thief in thieves { thief.join() }
        #expect(shared.duplicates.load(ordering: .relaxed) == 0)
        #expect(shared.missing == 0)
        #expect(shared.unseen.load(ordering: .relaxed) == 0)
        return shared.stolen.load(ordering: .relaxed)
    }

    /// What owner and thieves share. `payload` isn't atomic, so that ThreadSanitizer sees whether the deque orders it.
    private final class Shared: @unchecked Sendable {  // `payload` is handed over through the deque
        let deque: SharedDeque
        let payload: UnsafeMutableBufferPointer<Int>
        /// One bit an item: taken.
        private let bitmap: UnsafeMutableBufferPointer<Atomic<UInt64>>
        let isAllPushed = Atomic(false)
        let started = Atomic(0), duplicates = Atomic(0), unseen = Atomic(0), stolen = Atomic(0)

        init(capacity: Int, items: Int) {
            deque = SharedDeque(capacity: capacity)
            payload = .allocate(capacity: items)
            payload.initialize(repeating: 0)
            bitmap = .allocate(capacity: (items + 63) / 64)
            for index in 0..<bitmap.count { bitmap.initializeElement(at: index, to: Atomic(0)) }
        }

        deinit {
            payload.deallocate()
            bitmap.deinitialize().deallocate()
        }

        func take(_ ticket: Int) {
            if payload[ticket] != ~ticket { unseen.wrappingAdd(1, ordering: .relaxed) }
            let bit = UInt64(1) << UInt64(ticket % 64)
            if bitmap[ticket / 64].bitwiseOr(bit, ordering: .relaxed).oldValue & bit != 0 {
                duplicates.wrappingAdd(1, ordering: .relaxed)
            }
        }

        var missing: Int {
            payload.count - (0..<bitmap.count).reduce(0) { $0 + bitmap[$1].load(ordering: .relaxed).nonzeroBitCount }
        }
    }
}
