import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct EndingLanesTests {
    /// One lane of the stream before has ended, the other is still at its frame.
    @Test func aStreamOpensWhileOneThatWasLetGoEnds() throws {
        let pool = DevicePool()
        let slow = FakeDevice(name: "ending", laneCount: 2, service: { _ in 300_000 })
        var first: FrameStream<Int, Int>? = try FrameStream(devices: [slow], pool: pool)
        #expect(first!.push(0))
        usleep(50_000)
        first = nil
        usleep(20_000)
        let second = try FrameStream(devices: [FakeDevice(name: "ending", laneCount: 2)], pool: pool)
        var next = 0
        try second.run(source: counting(to: 100)) { delivery in
            #expect(delivery.sequence == next)
            next += 1
        }
        #expect(next == 100)
    }
}
