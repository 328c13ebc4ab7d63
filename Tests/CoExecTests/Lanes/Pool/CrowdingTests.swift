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

    @Test func aStreamKnowsUntilWhenItsLaneIsAtAnothersFrame() throws {
        let pool = DevicePool()
        let device = FakeDevice(name: "a", service: { _ in 20_000 })
        let streams = try (0..<2).map { _ in try FrameStream(devices: [device], window: 8, pool: pool) }
        func elsewhere() -> [Int] {
            pool.withLock { streams.map { $0.core.runtime.state.view.lanes[0].elsewhereUntilNanoseconds } }
        }
        for frame in 0..<4 {
            let start = monotonicNanoseconds()
            #expect(streams[0].push(frame))
            var seen = elsewhere()
            while frame == 3, seen[1] == 0, monotonicNanoseconds() < start + 10_000_000_000 {
                usleep(100)
                seen = elsewhere()
            }
            if frame == 3 { #expect(seen[0] == 0 && seen[1] > start + 10_000_000) }
            let delivery = streams[0].pull()
            #expect(delivery?.sequence == frame)
            #expect(elsewhere() == [0, 0])
        }
        for stream in streams { stream.cancel() }
    }
}

extension FrameStream {
    fileprivate convenience init(devices: [StreamDevice], window: Int, pool: DevicePool) throws {
        try self.init(devices: devices, options: StreamOptions(window: window), pool: pool)
    }
}
