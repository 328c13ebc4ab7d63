import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct OpeningTests {
    /// Lane 0 hangs in another stream's frame while it should open; lane 1 would wait for it for ever.
    @Test(.timeLimit(.minutes(1))) func anOpeningThatWaitsForAHungLaneIsGivenUp() throws {
        for _ in 0..<20 {
            let pool = DevicePool()
            var options = StreamOptions(window: 8)
            options.faults.shortestHangNanoseconds = 100_000_000
            let hanging = FakeDevice(name: "a", laneCount: 2, service: { $0 == 20 ? 2_000_000 : 500 })
            let first = try FrameStream(devices: [hanging], options: options, pool: pool)
            for frame in 0..<20 { #expect(first.push(frame) && first.pull() != nil) }
            #expect(first.push(20))
            usleep(5_000)
            let isOnLane0 = first.core.runtime.lanes[0].pointee.ticket.value.load(ordering: .relaxed) == 20
            let start = monotonicNanoseconds()
            #expect(throws: DeviceConfigurationError.self) {
                _ = try FrameStream(devices: [FakeDevice(name: "a", laneCount: 2)], pool: pool)
            }
            #expect(monotonicNanoseconds() - start < 1_500_000_000)
            first.cancel()
            if isOnLane0 { return }
        }
        Issue.record("lane 0 never had the frame")
    }

    @Test func devicesAddedAtOnceFailEachForItself() throws {
        for _ in 0..<30 {
            let stream = try FrameStream(devices: [FakeDevice(name: "base")])
            let isGoodIn = Mutex(false)
            let isBadIn = Mutex(false)
            let good = try Thread(name: "good") {
                isGoodIn.withLock { $0 = (try? stream.add(FakeDevice(name: "good"))) != nil }
            }
            let bad = try Thread(name: "bad") {
                isBadIn.withLock { $0 = (try? stream.add(FakeDevice(name: "bad", failingLane: 0))) != nil }
            }
            good.join()
            bad.join()
            stream.cancel()
            #expect(isGoodIn.withLock { $0 } && !isBadIn.withLock { $0 })
        }
    }
}
