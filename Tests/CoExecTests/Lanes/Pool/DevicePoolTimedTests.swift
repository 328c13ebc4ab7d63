// What streams cost each other on a pool's lanes, in ratios. Frames sleep, so a busy machine disturbs little.

import Glibc
import System
import Testing

@testable import CoExec

@Suite(.serialized) struct DevicePoolTimedTests {
    private typealias Stream = FrameStream<Int, Int>

    private func device(microseconds: Int) -> FakeDevice {
        FakeDevice(name: "a", laneCount: 2, service: { _ in microseconds })
    }

    /// Runs frames through streams, all at once, each fed as fast as it takes them.
    /// - Returns: frames a second, together.
    private func throughput(of streams: [Stream], frames: Int) throws -> Double {
        let start = monotonicNanoseconds()
        let threads = try streams.map { stream in
            try Thread(name: "user") { try? stream.run(source: counting(to: frames / streams.count)) { _ in } }
        }
        for thread in threads { thread.join() }
        return Double(frames) * 1e9 / Double(monotonicNanoseconds() - start)
    }

    @Test func twoEqualStreamsTogetherAreAsFastAsOne() throws {
        var ratios: [Double] = []
        for _ in 0..<3 {
            let alone = try throughput(of: [Stream(devices: [device(microseconds: 1000)])], frames: 600)
            let pool = DevicePool()
            let both = try (0..<2).map { _ in try Stream(devices: [device(microseconds: 1000)], pool: pool) }
            ratios.append(try throughput(of: both, frames: 600) / alone)
        }
        #expect(ratios.max()! >= 0.97, "\(ratios)")
    }

    /// A source of 30 frames a second.
    private func camera(_ frames: Int) -> @Sendable () throws -> Int? {
        let start = monotonicNanoseconds()
        let next = counting(to: frames)
        return {
            guard let frame = try next() else { return nil }
            sleep(untilNanoseconds: start + frame * 33_333_333)
            return frame
        }
    }

    @Test func aLiveStreamBesideABulkOneWaitsForAFrameOfItAtMost() throws {
        let alone = try Stream(devices: [device(microseconds: 4000)])
        try alone.run(source: camera(60)) { _ in }
        let pool = DevicePool()
        let bulk = try Stream(devices: [device(microseconds: 10_000)], pool: pool)
        let live = try Stream(devices: [device(microseconds: 4000)], pool: pool)
        let feeder = try Thread(name: "bulk") { while bulk.push(1) {} }
        let drain = try Thread(name: "drain") { while bulk.pull() != nil {} }
        try live.run(source: camera(60)) { _ in }
        bulk.cancel()
        for thread in [feeder, drain] { thread.join() }
        let (own, beside) = (alone.report().latency.p99, live.report().latency.p99)
        // What waking a thread takes on a busy machine comes to it.
        #expect(beside <= own + 10_000_000 + 2_000_000, "\(own) alone, \(beside) beside the other")
        #expect(bulk.report().frames > 300)
    }

    @Test func openingAndClosingStallsNobodyForLongerThanAFrame() throws {
        // Two lanes deliver in turn: without visitors a gap is at most a frame, so with one stalled frame two. A busy
        // machine may stall one of the rounds.
        let longest = try (0..<3).map { _ in try longestGapBesideVisitors() }
        #expect(longest.min()! < 2 * 2_000_000 + 2_000_000, "\(longest) ns")
    }

    /// The longest time between two results of a stream with frames of 2 ms, while 100 others come
    /// and go, each of which takes longer than that to prepare.
    private func longestGapBesideVisitors() throws -> Int {
        let pool = DevicePool()
        let steady = try Stream(devices: [device(microseconds: 2000)], options: StreamOptions(window: 8), pool: pool)
        let feeder = try Thread(name: "steady") { while steady.push(1) {} }
        let gaps = Gaps()
        let drain = try Thread(name: "drain") { while steady.pull() != nil { gaps.mark() } }
        usleep(100_000)
        gaps.restart()
        for _ in 0..<100 {
            var visitor = device(microseconds: 0)
            visitor.preparation = 10_000
            let stream = try Stream(devices: [visitor], pool: pool)
            try stream.run(source: counting(to: 3)) { _ in }
        }
        let longest = gaps.longest
        steady.cancel()
        for thread in [feeder, drain] { thread.join() }
        return longest
    }

    /// The longest time between marks, of one thread, while another asks.
    private final class Gaps: @unchecked Sendable {  // guarded by `lock`
        private let lock = Lock()
        private var latest = monotonicNanoseconds()
        private var greatest = 0

        func mark() {
            lock.withLock {
                let now = monotonicNanoseconds()
                greatest = max(greatest, now - latest)
                latest = now
            }
        }

        func restart() { lock.withLock { (greatest, latest) = (0, monotonicNanoseconds()) } }
        var longest: Int { lock.withLock { greatest } }
    }
}
