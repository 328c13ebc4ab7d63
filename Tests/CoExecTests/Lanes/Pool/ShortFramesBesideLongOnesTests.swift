import Glibc
import Testing

@testable import CoExec

@Suite struct ShortFramesBesideLongOnesTests {
    private struct Quick: Device {
        let name: String
        var laneCount: Int { 2 }
        func openLane(_ index: Int) -> any Lane<Int, Int> { QuickLane() }
    }
    private final class QuickLane: Lane {
        /// So short that only one of two lanes should be at such frames.
        var expectedServiceNanoseconds: Int? { 50 }
        func run(_ frame: Int) -> Int { frame }
    }

    /// The lane that is awake is so for the other stream's frame.
    @Test func aShortFrameDoesNotWaitForAnotherStreamsLongOne() throws {
        let pool = DevicePool()
        let short = try FrameStream(devices: [Quick(name: "a")], pool: pool)
        let long = try FrameStream(
            devices: [FakeDevice(name: "a", laneCount: 2, service: { _ in 1_000_000 })], pool: pool)
        #expect(long.push(0))
        usleep(50_000)
        let start = monotonicNanoseconds()
        #expect(short.push(0) && short.pull() != nil)
        #expect(monotonicNanoseconds() - start < 500_000_000)
        short.cancel()
        long.cancel()
    }
}
