import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct SupervisorTests {
    /// The last stream is let go, so that the supervisor ends with nobody waiting for it.
    @Test func aHangIsNoticedAfterAStreamWasLetGo() throws {
        let pool = DevicePool()
        var first: FrameStream<Int, Int>? = try FrameStream(devices: [FakeDevice(name: "a")], pool: pool)
        #expect(first!.push(0) && first!.pull() != nil)
        first = nil
        usleep(200_000)
        var options = StreamOptions(window: 8, policy: SingleDevice(0))
        options.faults.shortestHangNanoseconds = 100_000_000
        let hanging = FakeDevice(name: "a", service: { $0 == 3 ? 3_000_000 : 1000 })
        let second = try FrameStream(devices: [hanging, FakeDevice(name: "b")], options: options, pool: pool)
        for frame in 0..<4 {
            #expect(second.push(frame))
            let start = monotonicNanoseconds()
            #expect(second.pull() != nil)
            #expect(monotonicNanoseconds() - start < 2_500_000_000)
        }
        second.cancel()
    }

    /// Its supervisor must not be waited for, now that it watches the other.
    @Test(.timeLimit(.minutes(2))) func cancellingDoesNotWaitForAStreamThatOpensMeanwhile() throws {
        for round in 0..<200 {
            let pool = DevicePool()
            let first = try FrameStream(devices: [FakeDevice(name: "a")], pool: pool)
            let second = Mutex<FrameStream<Int, Int>?>(nil)
            let isCancelled = Atomic(false)
            let mayOpen = Atomic(false)
            let opener = try Thread(name: "opener") {
                while !mayOpen.load(ordering: .relaxed) {}
                usleep(UInt32(20 * (round % 20)))
                second.withLock { $0 = try? FrameStream(devices: [FakeDevice(name: "b")], pool: pool) }
            }
            let canceller = try Thread(name: "canceller") {
                mayOpen.store(true, ordering: .relaxed)
                first.cancel()
                isCancelled.store(true, ordering: .relaxed)
            }
            opener.join()
            for _ in 0..<1000 where !isCancelled.load(ordering: .relaxed) { usleep(5_000) }
            let wasPrompt = isCancelled.load(ordering: .relaxed)
            #expect(wasPrompt, "round \(round)")
            second.withLock { $0 }?.cancel()
            canceller.join()
            if !wasPrompt { break }
        }
    }
}
