import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct ErrorLifetimeTests {
    private final class Holder: Sendable { let stream = Mutex<FrameStream<Int, Int>?>(nil) }
    /// Asks the stream for its report when it goes away, which needs the lock.
    private final class AskingError: Error, Sendable {
        let holder: Holder
        init(_ holder: Holder) { self.holder = holder }
        deinit { _ = holder.stream.withLock { $0 }?.report() }
    }
    private struct FailingDevice: Device {
        let name = "failing"
        let holder: Holder
        var laneCount: Int { 1 }
        func openLane(_ index: Int) -> any Lane<Int, Int> { FailingLane(holder) }
    }
    private final class FailingLane: Lane {
        let holder: Holder
        init(_ holder: Holder) { self.holder = holder }
        func run(_ frame: Int) throws -> Int { if frame == 0 { throw AskingError(holder) } else { frame } }
    }

    @Test(.timeLimit(.minutes(1))) func anErrorIsLetGoWithoutTheLock() throws {
        let holder = Holder()
        let stream = try FrameStream(devices: [FailingDevice(holder: holder)], window: 1)
        holder.stream.withLock { $0 = stream }
        for frame in 0..<4 {
            #expect(stream.push(frame))
            let delivery = stream.pull()
            #expect(delivery?.sequence == frame)
        }
        stream.cancel()
        holder.stream.withLock { $0 = nil }
    }
}
