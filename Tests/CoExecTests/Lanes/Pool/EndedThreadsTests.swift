import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct EndedThreadsTests {
    @Test func threadsOfStreamsThatWereLetGoAreJoined() throws {
        let pool = DevicePool()
        for number in 0..<100 {
            _ = try FrameStream(devices: [FakeDevice(name: "gone\(number)")], pool: pool)
        }
        usleep(200_000)
        let last = try FrameStream(devices: [FakeDevice(name: "last")], pool: pool)
        let count = pool.withLock { pool.endedThreads.count }
        #expect(count < 20)
        last.cancel()
    }
}
