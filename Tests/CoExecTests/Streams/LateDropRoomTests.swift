import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct LateDropRoomTests {
    /// Nobody pulls meanwhile, so that only the lane can tell the producer.
    @Test func aProducerGoesOnWhenFramesWereDroppedLate() throws {
        var options = StreamOptions(window: 64)
        options.deadlineNanoseconds = 30_000_000
        let stream = try FrameStream(devices: [FakeDevice(name: "a", service: { _ in 100_000 })], options: options)
        let latest = Mutex(0)
        let start = monotonicNanoseconds()
        let producer = try Thread(name: "producer") {
            for frame in 0..<6 where stream.push(frame) { latest.withLock { $0 = monotonicNanoseconds() } }
        }
        producer.join()
        #expect(latest.withLock { $0 } - start < 900_000_000)
        stream.cancel()
    }
}
