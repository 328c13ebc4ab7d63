import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct FrameStreamTests {
    @Test(arguments: [1, 2, 3, 16, 1000])
    func everyFrameOnceInOrder(window: Int) throws {
        let devices = [
            FakeDevice(name: "fast"),
            FakeDevice(name: "jittery", laneCount: 3, service: { $0 % 7 == 0 ? 200 : 0 }),
            FakeDevice(name: "slow", service: { _ in 300 }),
        ]
        let stream = try FrameStream(devices: devices, window: window)
        var next = 0
        try stream.run(source: counting(to: 2000)) { delivery in
            #expect(delivery.sequence == next && delivery.frame == next)
            let output = try delivery.result.get()
            #expect(output == 2 * next)
            #expect(delivery.latencyNanoseconds >= delivery.serviceNanoseconds)
            next += 1
        }
        #expect(next == 2000)
        let report = stream.report()
        #expect(report.frames == 2000 && report.failedFrames == 0)
        #expect(report.devices.map(\.name) == ["fast", "jittery", "slow"])
        #expect(report.devices.reduce(0) { $0 + $1.frames } == 2000)
        #expect(abs(report.composition.reduce(0, +) - 100) < 1e-9)
        for device in devices {
            #expect(device.probe.opened.withLock { $0 } == Array(0..<device.laneCount))
            #expect(device.probe.mostRunningCount <= device.laneCount)
            #expect(device.probe.closedCount == device.laneCount)
        }
    }

    /// A consumer that leaves early leaves lanes at frames that nobody wants: their time isn't squeezed into the
    /// stream's.
    @Test func noLaneIsBusyForLongerThanThereWas() throws {
        struct Enough: Error {}
        let stream = try FrameStream(
            devices: [FakeDevice(name: "a", service: { _ in 20_000 }), FakeDevice(name: "b", service: { _ in 30_000 })],
            window: 8)
        #expect(throws: Enough.self) { try stream.run(source: counting(to: 100)) { _ in throw Enough() } }
        let report = stream.report()
        #expect(report.devices.contains { $0.busyNanoseconds > 20_000_000 })
        #expect(report.busyShares.allSatisfy { $0 <= 1 } && report.workNanoseconds >= report.durationNanoseconds)
    }

    @Test func idleLanesStealSoThatTheFasterDeviceRunsMore() throws {
        let stream = try FrameStream(
            devices: [
                FakeDevice(name: "fast", service: { _ in 1000 }), FakeDevice(name: "slow", service: { _ in 5000 }),
            ])
        try stream.run(source: counting(to: 120)) { _ in }
        let report = stream.report()
        // Ideal shares are 5 : 1; sleeping is imprecise.
        #expect(report.devices[0].frames > 2 * report.devices[1].frames)
        #expect(report.devices[1].frames > 0)
        #expect(report.devices[1].serviceTime.minimum >= 5_000_000)
    }

    @Test func aFailingFrameArrivesAsAnErrorInItsPlace() throws {
        let stream = try FrameStream(
            devices: [FakeDevice(name: "a", fails: { $0 % 10 == 3 }), FakeDevice(name: "b", fails: { $0 % 10 == 3 })])
        var failed: [Int] = []
        try stream.run(source: counting(to: 100)) { delivery in
            if case .failure(let error) = delivery.result {
                #expect(error as? FakeDevice.Failure == FakeDevice.Failure(frame: delivery.frame ?? -1))
                failed.append(delivery.sequence)
            }
        }
        #expect(failed == Array(stride(from: 3, to: 100, by: 10)))
        #expect(stream.report().failedFrames == 10)
    }

    @Test func aSourceThatThrowsEndsTheStreamAfterWhatItGave() throws {
        let stream = try FrameStream(devices: [FakeDevice(name: "a", service: { _ in 500 })], window: 4)
        var delivered = 0
        #expect(throws: FakeDevice.Failure(frame: 99)) {
            try stream.run(source: counting(to: 37, then: FakeDevice.Failure(frame: 99))) { _ in delivered += 1 }
        }
        #expect(delivered == 37)
    }

    @Test func aConsumerThatThrowsStopsTheSource() throws {
        let given = Count()
        let source: @Sendable () -> Int? = { given.increment() }
        let stream = try FrameStream(devices: [FakeDevice(name: "a"), FakeDevice(name: "b")], window: 4)
        #expect(throws: FakeDevice.Failure(frame: 5)) {
            try stream.run(source: source) { delivery in
                if delivery.sequence == 5 { throw FakeDevice.Failure(frame: 5) }
            }
        }
        // Six were delivered, at most a window more were in flight, and one more may have been asked for.
        #expect(given.value <= 6 + 4 + 1)
    }

    @Test func theWindowHoldsBackTheSource() throws {
        let stream = try FrameStream(devices: [FakeDevice(name: "a", laneCount: 2)], window: 3)
        let pushed = Atomic<Int>(0)
        let producer = try Thread(name: "producer") {
            for frame in 0..<20 {
                _ = stream.push(frame)
                pushed.add(1, ordering: .relaxed)
            }
            stream.finish()
        }
        /// Waits until so many frames were admitted, then a little longer, to see whether more are.
        func settled(at count: Int) -> Int {
            for _ in 0..<2000 where pushed.load(ordering: .relaxed) < count { usleep(5_000) }
            usleep(20_000)
            return pushed.load(ordering: .relaxed)
        }
        #expect(settled(at: 3) == 3)
        #expect(stream.pull()?.sequence == 0)
        #expect(settled(at: 4) == 4)
        var count = 1
        while stream.pull() != nil { count += 1 }
        #expect(count == 20)
        producer.join()
        stream.cancel()
    }

    @Test func cancellingWakesAWaitingProducerAndConsumer() throws {
        let stream = try FrameStream(devices: [FakeDevice(name: "a", service: { _ in 1000 })], window: 1)
        let refused = Atomic<Bool>(false)
        let producer = try Thread(name: "producer") {
            while stream.push(0) {}
            refused.store(true, ordering: .relaxed)
        }
        #expect(stream.pull()?.sequence == 0)
        stream.cancel()
        #expect(stream.pull() == nil)
        producer.join()
        let wasRefused = refused.load(ordering: .relaxed)
        #expect(wasRefused)
    }

    @Test func cancellingFromElsewhereEndsARun() throws {
        let stream = try FrameStream(devices: [FakeDevice(name: "a", laneCount: 2, service: { _ in 200 })])
        let delivered = Count()
        let canceller = try Thread(name: "canceller") {
            while delivered.value < 20 { usleep(100) }
            stream.cancel()
        }
        try stream.run(source: counting(to: .max)) { _ in _ = delivered.increment() }
        canceller.join()
        stream.cancel()
        #expect(delivered.value >= 20)
    }

    @Test func aDrainedStreamMayBeLetGo() throws {
        let device = FakeDevice(name: "a", laneCount: 2)
        do {
            let stream = try FrameStream(devices: [device])
            #expect(stream.push(1))
            stream.finish()
            #expect(try stream.pull()?.result.get() == 2)
            #expect(stream.pull() == nil)
        }
        // The lanes end by themselves.
        for _ in 0..<2000 where device.probe.closedCount < 2 { usleep(5_000) }
        #expect(device.probe.closedCount == 2)
    }

    /// A straggler that nobody could foresee: the other device runs its frame once more, and the first result counts.
    @Test func aFrameThatHoldsUpTheEndIsRunOnceMore() throws {
        let stuck = FakeDevice(name: "stuck", service: { _ in 3_000_000 })
        let stream = try FrameStream(devices: [stuck, FakeDevice(name: "fast", service: { _ in 1000 })])
        let start = monotonicNanoseconds()
        for frame in 0..<20 { #expect(stream.push(frame)) }
        stream.finish()
        var sequences: [Int] = []
        while let delivery = stream.pull() {
            sequences.append(delivery.sequence)
            #expect(delivery.device == "fast")
        }
        #expect(monotonicNanoseconds() - start < 2_000_000_000)
        #expect(sequences == Array(0..<20))
        stream.cancel()
    }

    @Test func aLaneThatDoesNotOpenIsNamedAndNothingIsLeftRunning() throws {
        let good = FakeDevice(name: "good", laneCount: 2)
        let bad = FakeDevice(name: "bad", laneCount: 2, failingLane: 1)
        #expect { try FrameStream(devices: [good, bad]) } throws: { error in
            (error as? DeviceError)?.device == "bad"
        }
        #expect(good.probe.closedCount == good.probe.opened.withLock { $0.count })
        #expect(bad.probe.closedCount == 1)
    }

    @Test func anEmptyStreamEnds() throws {
        let stream = try FrameStream(devices: [FakeDevice(name: "a")])
        try stream.run(source: { nil }) { _ in Issue.record("nothing was pushed") }
        #expect(stream.report().frames == 0 && stream.report().framesPerSecond == 0)
    }

    @Test func manyShortStreamsLeaveNoThreadBehind() throws {
        func threadCount() throws -> Int {
            let status = try String(contentsOfFile: "/proc/self/status")
            return status.split(separator: "\n").first { $0.hasPrefix("Threads:") }
                .flatMap { Int($0.dropFirst(8).drop { $0 == "\t" }) } ?? -1
        }
        // Other tests run beside this one: compare loosely.
        let before = try threadCount()
        for _ in 0..<100 {
            let stream = try FrameStream(devices: [FakeDevice(name: "a", laneCount: 4)])
            try stream.run(source: counting(to: 5)) { _ in }
        }
        #expect(try threadCount() < before + 100)
    }
}

extension String {
    init(contentsOfFile path: String) throws {
        guard let file = fopen(path, "r") else { preconditionFailure("cannot open \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
        self.init(decoding: bytes, as: UTF8.self)
    }

    /// A device that was slow when it was first measured is measured again now and then, and gets its share back.
    @Test func aBadFirstMeasurementDoesNotStick() throws {
        let runs = Count()
        let late = FakeDevice(name: "late", service: { _ in runs.increment() <= 3 ? 5000 : 300 })
        let stream = try FrameStream(devices: [late, FakeDevice(name: "steady", service: { _ in 1000 })], window: 4)
        try stream.run(source: counting(to: 3000)) { _ in }
        let report = stream.report()
        #expect(report.devices[0].lanes[0].declined > 0)
        #expect(report.devices[0].frames > 300)
    }
}
