import Glibc
import Synchronization
import Testing

@testable import CoExec

/// Errors are the application's, and what they do when they go away may need the pool's lock.
@Suite struct ErrorLifetimeTests {
    private let pool = DevicePool()
    private let gone = Count()

    /// Asks the pool for its report when it goes away, which needs the lock.
    private final class AskingError: Error, Sendable {
        let pool: DevicePool
        let gone: Count
        init(_ pool: DevicePool, _ gone: Count) { (self.pool, self.gone) = (pool, gone) }
        deinit {
            _ = pool.report()
            _ = gone.increment()
        }
    }
    private struct ClosureDevice: Device {
        let name: String
        let body: @Sendable (_ frame: Int) throws -> Int
        var laneCount: Int { 1 }
        func openLane(_ index: Int) -> any Lane<Int, Int> { ClosureLane(body) }
    }
    private final class ClosureLane: Lane {
        let body: @Sendable (_ frame: Int) throws -> Int
        init(_ body: @escaping @Sendable (_ frame: Int) throws -> Int) { self.body = body }
        func run(_ frame: Int) throws -> Int { try body(frame) }
    }

    private func device(_ name: String, _ body: @escaping @Sendable (_ frame: Int) throws -> Int) -> ClosureDevice {
        ClosureDevice(name: name, body: body)
    }

    private func stream(_ devices: [ClosureDevice], window: Int) throws -> FrameStream<Int, Int> {
        try FrameStream(devices: devices, options: StreamOptions(window: window), pool: pool)
    }

    /// A device that throws for frame 0.
    private var failing: ClosureDevice {
        device("failing") { [pool, gone] frame in
            if frame == 0 { throw AskingError(pool, gone) }
            return frame
        }
    }

    @Test(.timeLimit(.minutes(1))) func aDeliveredErrorIsLetGoWithoutTheLock() throws {
        let stream = try stream([failing], window: 1)
        for frame in 0..<4 {
            #expect(stream.push(frame))
            let delivery = stream.pull()
            #expect(delivery?.sequence == frame)
        }
        stream.cancel()
        #expect(gone.value == 1)
    }

    @Test(.timeLimit(.minutes(1))) func anErrorOfAFrameThatThenSucceedsToo() throws {
        // The other one waits for the failure.
        let hasFailed = Count()
        let first = device("first") { [pool, gone] _ in
            _ = hasFailed.increment()
            throw AskingError(pool, gone)
        }
        let second = device("second") { frame in
            while hasFailed.value == 0 { usleep(100) }
            return frame
        }
        let stream = try stream([first, second], window: 4)
        for round in 0..<10 {
            for frame in 0..<4 { #expect(stream.push(4 * round + frame)) }
            for _ in 0..<4 {
                let output = try stream.pull()?.result.get()
                #expect(output != nil)
            }
        }
        stream.cancel()
        #expect(gone.value == hasFailed.value)
    }

    @Test(.timeLimit(.minutes(1))) func anErrorThatComesTooLateToo() throws {
        let runs = Count()
        let straggling = device("straggling") { [pool, gone] frame in
            guard runs.increment() == 4 else {
                usleep(1000)
                return frame
            }
            usleep(300_000)
            throw AskingError(pool, gone)
        }
        let quick = device("quick") { frame in
            usleep(1000)
            return frame
        }
        let stream = try stream([straggling, quick], window: 4)
        var delivered = 0
        try stream.run(source: counting(to: 400)) { delivery in
            let output = try delivery.result.get()
            #expect(output == delivered)
            delivered += 1
        }
        #expect(delivered == 400 && gone.value == 1)
    }

    @Test(.timeLimit(.minutes(1))) func anErrorThatNobodyPulledToo() throws {
        var abandoned: FrameStream<Int, Int>? = try stream([failing], window: 4)
        #expect(abandoned?.push(0) == true)
        usleep(50_000)
        abandoned = nil
        for _ in 0..<5000 where gone.value == 0 { usleep(1000) }
        #expect(gone.value == 1)
    }
}
