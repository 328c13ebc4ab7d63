import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct CrowdingTests {
    @Test func aStreamThatIsAloneAgainIsNotCrowded() throws {
        let pool = DevicePool()
        let device = FakeDevice(name: "a", service: { _ in 300 })
        let streams = try (0..<2).map { _ in try FrameStream(devices: [device], window: 8, pool: pool) }
        let threads = try streams.flatMap { stream in
            [
                try Thread(name: "feeder") { while stream.push(0) {} },
                try Thread(name: "drain") { while stream.pull() != nil {} },
            ]
        }
        usleep(200_000)
        streams[1].cancel()
        usleep(200_000)
        let crowding = pool.withLock { streams[0].core.runtime.state.view.crowding }
        #expect(crowding == 1)
        streams[0].cancel()
        for thread in threads { thread.join() }
    }
}

extension FrameStream {
    fileprivate convenience init(devices: [StreamDevice], window: Int, pool: DevicePool) throws {
        try self.init(devices: devices, options: StreamOptions(window: window), pool: pool)
    }
}
