import Glibc
import Synchronization
import Testing

@testable import CoExec

/// Streams that come to streams which have used their lanes for long.
@Suite(.serialized) struct IdleCreditTests {
    private let device = FakeDevice(name: "a", service: { _ in 1000 })

    private func feed(_ stream: FrameStream<Int, Int>, _ count: Count) throws -> [Thread] {
        [
            try Thread(name: "feeder") { while stream.push(0) {} },
            try Thread(name: "drain") { while stream.pull() != nil { _ = count.increment() } },
        ]
    }

    private func stream(_ pool: DevicePool, priority: Int = 0) throws -> FrameStream<Int, Int> {
        var options = StreamOptions(window: 8)
        options.priority = priority
        return try FrameStream(devices: [device], options: options, pool: pool)
    }

    @Test func aStreamOnLanesHasNoCreditForTheTimeBeforeIt() throws {
        let pool = DevicePool()
        let (first, second, third) = (try stream(pool), try stream(pool), try stream(pool))
        let (count, count3) = (Count(), Count())
        var threads = try feed(first, count) + feed(second, Count())
        usleep(2_000_000)
        let before = count.value
        threads.append(
            try Thread(name: "third") {
                try? third.runOnLanes(source: counting(to: 400)) { _ in _ = count3.increment() }
            })
        while count3.value < 150 { usleep(1_000) }
        #expect(count.value - before > 75, "\(count.value - before)")
        for stream in [first, second, third] { stream.cancel() }
        for thread in threads { thread.join() }
    }

    /// What streams of another priority have had is no debt.
    @Test func aStreamIsNotHeldBackByWhatAHigherPriorityHasUsed() throws {
        let pool = DevicePool()
        let (urgent, first, second) = (try stream(pool, priority: 1), try stream(pool), try stream(pool))
        let (count1, count2) = (Count(), Count())
        var threads = try feed(urgent, Count()) + feed(first, count1)
        usleep(2_000_000)
        urgent.cancel()
        let before = count1.value
        threads += try feed(second, count2)
        while count1.value - before < 200 { usleep(1_000) }
        #expect(count2.value > 100, "\(count2.value)")
        for stream in [first, second] { stream.cancel() }
        for thread in threads { thread.join() }
    }
}
