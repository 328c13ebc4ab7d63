// Streams that share the lanes of a pool.

import Glibc
import Synchronization
import System
import Testing

@testable import CoExec

@Suite struct DevicePoolTests {
    /// Threads of this process with this name, which Linux keeps 15 bytes of.
    private func threadCount(_ name: String) -> Int {
        let files = SystemFiles.thisMachine
        return ThreadAffinity.threads.count { (try? files.text("proc/self/task/\($0)/comm")) == name }
    }

    private func waitUntil(_ condition: () -> Bool) -> Bool {
        for _ in 0..<2000 where !condition() { usleep(5_000) }
        return condition()
    }

    /// Pushes frames without end until the stream is cancelled.
    private func feed(_ stream: FrameStream<Int, Int>) throws -> Thread {
        try Thread(name: "feeder") {
            var frame = 0
            while stream.push(frame) { frame += 1 }
        }
    }

    @Test func aLaneHasOneThreadWhateverTheNumberOfStreams() throws {
        let pool = DevicePool()
        let streams = try (0..<4).map { _ in
            try FrameStream(devices: [FakeDevice(name: "shared", laneCount: 2)], pool: pool)
        }
        #expect(threadCount("shared/0") == 1 && threadCount("shared/1") == 1)
        #expect(pool.report().map(\.streams) == [4, 4])
        try withThrowingBox(streams) { stream in
            var next = 0
            try stream.run(source: counting(to: 300)) { delivery in
                let output = try delivery.result.get()
                #expect(delivery.sequence == next && output == 2 * next)
                next += 1
            }
            #expect(next == 300)
        }
        #expect(threadCount("shared/0") == 0 && threadCount("shared/1") == 0)
        #expect(pool.report().isEmpty)
    }

    /// Each stream on a thread of its own, at once.
    private func withThrowingBox(
        _ streams: [FrameStream<Int, Int>], _ body: @escaping @Sendable (FrameStream<Int, Int>) throws -> Void
    ) throws {
        let failures = Mutex<[any Error]>([])
        let threads = try streams.map { stream in
            try Thread(name: "user") {
                do { try body(stream) } catch { failures.withLock { $0.append(error) } }
            }
        }
        for thread in threads { thread.join() }
        if let failure = failures.withLock({ $0.first }) { throw failure }
    }

    /// What two streams get of a busy pool, by the time that their frames had on its lanes.
    private func shares(_ options: [StreamOptions], microseconds: [Int], frames: Int) throws -> [Double] {
        let pool = DevicePool()
        let streams = try zip(options, microseconds).map { options, service in
            try FrameStream(
                devices: [
                    FakeDevice(name: "a", service: { _ in service }), FakeDevice(name: "b", service: { _ in service }),
                ], options: options, pool: pool)
        }
        let feeders = try streams.map(feed)
        let counted = streams.map { stream in stream.report().devices.reduce(0) { $0 + $1.busyNanoseconds } }
        var delivered = 0
        let drains = try streams.dropFirst().map { stream in
            try Thread(name: "drain") { while stream.pull() != nil {} }
        }
        while delivered < frames, streams[0].pull() != nil { delivered += 1 }
        let busy = zip(streams, counted).map { stream, before in
            Double(stream.report().devices.reduce(0) { $0 + $1.busyNanoseconds } - before)
        }
        for stream in streams { stream.cancel() }
        for thread in feeders + drains { thread.join() }
        let total = busy.reduce(0, +)
        return busy.map { $0 / total }
    }

    @Test func equalStreamsGetEqualShares() throws {
        let options = [StreamOptions(window: 16), StreamOptions(window: 16)]
        // Also where the frames of one take three times as long.
        for microseconds in [[300, 300], [300, 900]] {
            let shares = try shares(options, microseconds: microseconds, frames: 400)
            #expect(abs(shares[0] - 0.5) < 0.025, "\(shares)")
        }
    }

    @Test func weightsAreShares() throws {
        var heavy = StreamOptions(window: 16)
        heavy.weight = 3
        let shares = try shares([heavy, StreamOptions(window: 16)], microseconds: [300, 300], frames: 600)
        #expect(abs(shares[0] - 0.75) < 0.075, "\(shares)")
    }

    /// Of two streams with frames for it, a lane takes the higher priority's.
    @Test func priorityGoesFirst() throws {
        let pool = DevicePool()
        var urgent = StreamOptions(window: 8)
        urgent.priority = 1
        let device = FakeDevice(name: "a", service: { _ in 500 })
        let bulk = try FrameStream(devices: [device], options: StreamOptions(window: 8), pool: pool)
        let live = try FrameStream(devices: [device], options: urgent, pool: pool)
        let feeders = [try feed(bulk), try feed(live)]
        for _ in 0..<200 { _ = live.pull() }
        #expect(live.report().devices[0].frames >= 200 && bulk.report().devices[0].lanes[0].frames <= 20)
        live.cancel()
        for _ in 0..<100 { #expect(bulk.pull() != nil) }
        bulk.cancel()
        for thread in feeders { thread.join() }
    }

    /// A stream that had no frames for a while takes no more than its share when it has some again.
    @Test func idlenessEarnsNoCredit() throws {
        let pool = DevicePool()
        let device = FakeDevice(name: "a", service: { _ in 300 })
        let bulk = try FrameStream(devices: [device], options: StreamOptions(window: 8), pool: pool)
        let late = try FrameStream(devices: [device], options: StreamOptions(window: 8), pool: pool)
        var feeders = [try feed(bulk)]
        for _ in 0..<300 { _ = bulk.pull() }
        let before = bulk.report().devices[0].lanes[0].frames
        feeders.append(try feed(late))
        let drain = try Thread(name: "drain") { while bulk.pull() != nil {} }
        for _ in 0..<100 { _ = late.pull() }
        let meanwhile = bulk.report().devices[0].lanes[0].frames - before
        #expect((75...140).contains(meanwhile), "\(meanwhile) frames beside 100")
        for stream in [bulk, late] { stream.cancel() }
        for thread in feeders + [drain] { thread.join() }
    }

    @Test func streamsComeAndGoWhileOthersRun() throws {
        let pool = DevicePool()
        let (a, b) = (FakeDevice(name: "a", laneCount: 2, service: { _ in 100 }), FakeDevice(name: "b"))
        let steady = try FrameStream(devices: [a, b], options: StreamOptions(window: 32), pool: pool)
        let feeder = try feed(steady)
        let isOver = Atomic<Bool>(false)
        let next = Mutex(0)
        let drain = try Thread(name: "drain") {
            while let delivery = steady.pull() {
                next.withLock { next in
                    let output = try? delivery.result.get()
                    #expect(delivery.sequence == next && output == 2 * next)
                    next += 1
                }
                if isOver.load(ordering: .relaxed) { steady.finish() }
            }
        }
        let visitor = FakeDevice(name: "a", laneCount: 2)
        for round in 0..<100 {
            let stream = try FrameStream(devices: [visitor], options: StreamOptions(window: 4), pool: pool)
            var count = 0
            try stream.run(source: counting(to: round % 7)) { delivery in
                #expect(delivery.sequence == count)
                count += 1
            }
            #expect(count == round % 7)
        }
        #expect(visitor.probe.opened.withLock { $0.count } == 200 && visitor.probe.closedCount == 200)
        #expect(pool.report().allSatisfy { $0.streams == 1 })
        isOver.store(true, ordering: .relaxed)
        feeder.join()
        drain.join()
        steady.cancel()
        #expect(next.withLock { $0 } > 100 && steady.report().failedFrames == 0)
        #expect(a.probe.closedCount == 2 && b.probe.closedCount == 1)
    }

    /// The lane that hangs gets no frame of any stream until it is back; both streams go on elsewhere.
    @Test func aHangIsEveryStreamsButNobodysEnd() throws {
        let pool = DevicePool()
        var options = StreamOptions(window: 8)
        options.faults.shortestHangNanoseconds = 20_000_000
        let hanging = FakeDevice(name: "a", service: { $0 == 40 ? 400_000 : 500 })
        let healthy = FakeDevice(name: "a", service: { _ in 500 })
        let other = FakeDevice(name: "b", service: { _ in 500 })
        let first = try FrameStream(devices: [hanging, other], options: options, pool: pool)
        let second = try FrameStream(devices: [healthy, other], options: options, pool: pool)
        try withThrowingBox([first, second]) { stream in
            var next = 0
            try stream.run(source: counting(to: 300)) { delivery in
                let output = try delivery.result.get()
                #expect(delivery.sequence == next && output == 2 * next)
                next += 1
            }
            #expect(next == 300)
        }
        #expect(waitUntil { hanging.probe.closedCount == 1 && healthy.probe.closedCount == 1 })
    }

    @Test func aStreamThatIsLetGoEndsItsThreads() throws {
        let device = FakeDevice(name: "let go", laneCount: 2)
        var stream: FrameStream<Int, Int>? = try FrameStream(devices: [device])
        for frame in 0..<20 { #expect(stream!.push(frame)) }
        stream = nil
        #expect(waitUntil { device.probe.closedCount == 2 && threadCount("let go/0") == 0 })
        #expect(waitUntil { threadCount("let go/1") == 0 })
    }

    @Test func devicesComeAndGoForEver() throws {
        let stream = try FrameStream(devices: [FakeDevice(name: "stays")], options: StreamOptions(window: 8))
        let feeder = try feed(stream)
        let drain = try Thread(name: "drain") { while stream.pull() != nil {} }
        for round in 0..<150 {
            try stream.add(FakeDevice(name: "plugged \(round)", laneCount: 2))
            #expect(stream.remove("plugged \(round)"))
        }
        stream.finish()
        for thread in [feeder, drain] { thread.join() }
        stream.cancel()
        let report = stream.report()
        #expect(report.devices.count == 151 && report.failedFrames == 0)
        #expect(Set(report.devices.map(\.name)).count == 151)
        #expect(report.devices.reduce(0) { $0 + $1.frames } == report.frames)
    }

    @Test func whatDoesNotGoTogetherIsAnError() throws {
        let pool = DevicePool()
        let stream = try FrameStream(devices: [FakeDevice(name: "a", laneCount: 2)], pool: pool)
        #expect(throws: DeviceConfigurationError.self) {
            try FrameStream(devices: [FakeDevice(name: "a", laneCount: 3)], pool: pool)
        }
        #expect(throws: StreamConfigurationError.self) { try stream.add(FakeDevice(name: "a", laneCount: 2)) }
        #expect(throws: StreamConfigurationError.self) { try stream.add(FakeDevice(name: "b", laneCount: 0)) }
        #expect(throws: StreamConfigurationError.self) { try stream.add(FakeDevice(name: "b", laneCount: 63)) }
        #expect(throws: StreamConfigurationError.self) { try FrameStream<Int, Int>(devices: []) }
        #expect(throws: StreamConfigurationError.self) {
            try FrameStream(devices: [FakeDevice(name: "a")], options: StreamOptions(window: 0))
        }
        #expect(throws: PolicyError.self) {
            try FrameStream(devices: [FakeDevice(name: "a")], options: StreamOptions(policy: SingleDevice(9)))
        }
        #expect(throws: PolicyError.self) {
            try FrameStream(devices: [FakeDevice(name: "a")], options: StreamOptions(policy: FixedShares([1, 2])))
        }
        stream.finish()
        #expect(!stream.push(1))
        #expect(stream.pull() == nil)
        stream.cancel()
        #expect(pool.report().isEmpty)
    }
}

@Suite struct DevicePoolFigureTests {
    /// The threads' time goes to the stream whose frames took it, and is nobody's twice.
    @Test func cpuTimeIsTheStreamsThatTookIt() throws {
        let pool = DevicePool()
        let spinning = try FrameStream(devices: [SpinningDevice(microseconds: 1000)], pool: pool)
        let light = try FrameStream(devices: [SpinningDevice(microseconds: 10)], pool: pool)
        for frame in 0..<50 {
            #expect(spinning.push(frame) && light.push(frame))
            _ = spinning.pull()
            _ = light.pull()
        }
        spinning.cancel()
        light.cancel()
        let reports = [spinning.report(), light.report()]
        let times = reports.map { $0.devices[0].cpuNanoseconds }
        // A hundred times, but for what a frame costs besides: under ThreadSanitizer a quarter of a millisecond.
        #expect(times[0] > 2 * times[1], "\(times)")
        let together = StreamReport(together: reports)
        #expect(together.frames == 100 && together.devices.map(\.frames) == [100])
        #expect(together.devices[0].cpuNanoseconds == times[0] + times[1])
        #expect(together.devices[0].busyNanoseconds == reports.reduce(0) { $0 + $1.devices[0].busyNanoseconds })
    }

    /// Computes rather than sleeps.
    private struct SpinningDevice: Device {
        let name = "spinner"
        let microseconds: Int
        var laneCount: Int { 1 }

        func openLane(_ index: Int) -> any Lane<Int, Int> { SpinningLane(nanoseconds: microseconds * 1000) }

        private final class SpinningLane: Lane {
            let nanoseconds: Int
            init(nanoseconds: Int) { self.nanoseconds = nanoseconds }

            func run(_ frame: Int) -> Int {
                let end = monotonicNanoseconds() + nanoseconds
                while monotonicNanoseconds() < end {}
                return frame
            }
        }
    }
}
