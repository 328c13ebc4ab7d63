import Testing

@testable import CoExec

@Suite struct ReorderBufferTests {
    /// Any arrival order that the window allows leaves in sequence order, each value once.
    @Test(arguments: [1, 2, 3, 7, 64], 0..<20 as Range<UInt64>)
    func randomArrivalsLeaveInOrder(capacity: Int, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var buffer = ReorderBuffer<Int>(capacity: capacity)
        var waiting: [Int] = []
        var admitted = 0
        var left: [Int] = []
        while left.count < 500 {
            while admitted < min(500, buffer.head + capacity) {
                waiting.append(admitted)
                admitted += 1
            }
            if !waiting.isEmpty, Bool.random(using: &random) {
                let sequence = waiting.remove(at: Int.random(in: waiting.indices, using: &random))
                buffer.insert(sequence * 10, sequence: sequence)
            }
            #expect(buffer.isHeadReady == (buffer.head < admitted && !waiting.contains(buffer.head)))
            if let value = buffer.removeHead() { left.append(value) }
        }
        #expect(left == (0..<500).map { $0 * 10 })
        #expect(buffer.count == 0)
    }

    @Test func headWaitsForItsFrame() {
        var buffer = ReorderBuffer<String>(capacity: 3)
        buffer.insert("c", sequence: 2)
        buffer.insert("b", sequence: 1)
        #expect(!buffer.isHeadReady)
        #expect(buffer.removeHead() == nil)
        #expect(buffer.count == 2)
        buffer.insert("a", sequence: 0)
        #expect([buffer.removeHead(), buffer.removeHead(), buffer.removeHead()] == ["a", "b", "c"])
        #expect(buffer.head == 3)
    }
}
