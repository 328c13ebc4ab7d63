import Glibc
import Synchronization
import Testing

@testable import CoExec

/// What a stream makes of devices that fail, hang, come back, or are all broken.
@Suite struct FaultTests {
    private static func options(window: Int? = nil) -> StreamOptions {
        var options = StreamOptions(window: window)
        options.faults.shortestHangNanoseconds = 100_000_000
        options.faults.firstPauseNanoseconds = 20_000_000
        return options
    }

    /// Delivers a whole stream and checks what every stream owes: each frame once, in order, with the right result.
    @discardableResult
    private func deliver(_ count: Int, on stream: FrameStream<Int, Int>) throws -> [Delivery<Int, Int>] {
        var deliveries: [Delivery<Int, Int>] = []
        try stream.run(source: counting(to: count)) { deliveries.append($0) }
        #expect(deliveries.map(\.sequence) == Array(0..<count))
        for delivery in deliveries {
            if case .success(let output) = delivery.result { #expect(output == 2 * delivery.sequence) }
        }
        let report = stream.report()
        #expect(report.frames == count && report.inFlight == 0)
        return deliveries
    }

    @Test func aFrameThatFailsOnOneDeviceRunsOnAnother() throws {
        let stream = try FrameStream(
            devices: [FakeDevice(name: "bad", fails: { $0 % 5 == 0 }), FakeDevice(name: "good")],
            options: Self.options())
        let deliveries = try deliver(500, on: stream)
        #expect(deliveries.allSatisfy { if case .success = $0.result { true } else { false } })
        #expect(deliveries.allSatisfy { $0.sequence % 5 != 0 || $0.device == "good" })
        #expect(stream.report().failedFrames == 0)
    }

    @Test func aDeviceThatKeepsFailingIsSetAsideAndProbedAgain() throws {
        let isBroken = Atomic<Bool>(true)
        let flaky = FakeDevice(
            name: "flaky", service: { _ in 100 }, fails: { _ in isBroken.load(ordering: .relaxed) })
        let stream = try FrameStream(
            devices: [flaky, FakeDevice(name: "good", service: { _ in 500 })], options: Self.options())
        var deliveredByFlaky = 0
        try stream.run(source: counting(to: 1500)) { delivery in
            if delivery.sequence == 500 {
                // Set aside after three failures, then one probe a pause: far fewer runs than its share.
                #expect(flaky.probe.runCount < 50)
                #expect(stream.report().devices[0].timesSetAside > 0)
                isBroken.store(false, ordering: .relaxed)
            }
            if delivery.device == "flaky" { deliveredByFlaky += 1 }
        }
        #expect(deliveredByFlaky > 100)
        #expect(stream.report().failedFrames == 0)
    }

    @Test func whereAllDevicesFailAFrameItGetsItsErrorInItsPlace() throws {
        let stream = try FrameStream(
            devices: ["a", "b", "c"].map { FakeDevice(name: $0, fails: { $0 % 10 == 7 }) }, options: Self.options())
        for delivery in try deliver(300, on: stream) {
            if case .failure(let error) = delivery.result {
                #expect(error as? FakeDevice.Failure == FakeDevice.Failure(frame: delivery.sequence))
                #expect(delivery.sequence % 10 == 7)
            } else {
                #expect(delivery.sequence % 10 != 7)
            }
        }
        #expect(stream.report().failedFrames == 30)
    }

    @Test func aSingleBrokenDeviceStillAnswersEveryFrame() throws {
        let stream = try FrameStream(devices: [FakeDevice(name: "a", fails: { _ in true })], options: Self.options())
        try deliver(50, on: stream)
        #expect(stream.report().failedFrames == 50)
    }

    @Test func aHungFrameRunsElsewhereAndTheLateResultIsDropped() throws {
        let hanging = FakeDevice(name: "hanging", service: { $0 == 40 ? 700_000 : 300 })
        let stream = try FrameStream(
            devices: [hanging, FakeDevice(name: "good", service: { $0 == 40 ? 200 : 1000 })],
            options: Self.options(window: 8))
        let start = monotonicNanoseconds()
        let deliveries = try deliver(300, on: stream)
        #expect(deliveries.allSatisfy { if case .success = $0.result { true } else { false } })
        // Well before the hung lane came back, but for the end, where its thread is joined or left.
        #expect(monotonicNanoseconds() - start < 3_000_000_000)
    }

    @Test func whereTheOnlyLaneHangsItsFrameFailsAndTheStreamGoesOn() throws {
        let stream = try FrameStream(
            devices: [FakeDevice(name: "a", service: { $0 == 5 ? 400_000 : 100 })], options: Self.options())
        let deliveries = try deliver(20, on: stream)
        for delivery in deliveries {
            if case .failure(let error) = delivery.result {
                #expect(delivery.sequence >= 5 && (error is LaneHung || error is NoDeviceLeft))
            }
        }
        if case .failure(let error) = deliveries[5].result {
            #expect(error is LaneHung)
        } else {
            Issue.record("frame 5 hung")
        }
    }

    /// Frames so short that lanes grab several: those that a lane had run before it hung are delivered, and those that
    /// it had grabbed run elsewhere.
    @Test func aLaneThatHangsInABatchHoldsUpNoOtherFrame() throws {
        let hanging = FakeDevice(name: "hanging", service: { $0 >= 2000 ? 20_000_000 : 0 })
        let stream = try FrameStream(
            devices: [hanging, FakeDevice(name: "good", service: { _ in 0 })], options: Self.options())
        let start = monotonicNanoseconds()
        let deliveries = try deliver(20_000, on: stream)
        #expect(deliveries.allSatisfy { if case .success = $0.result { true } else { false } })
        #expect(hanging.probe.runCount > 0 && monotonicNanoseconds() - start < 10_000_000_000)
    }

    @Test func endingDoesNotWaitForALaneThatNeverComesBack() throws {
        let stream = try FrameStream(
            devices: [FakeDevice(name: "stuck", service: { $0 == 0 ? 20_000_000 : 100 }), FakeDevice(name: "good")],
            options: Self.options())
        let start = monotonicNanoseconds()
        try deliver(100, on: stream)
        #expect(monotonicNanoseconds() - start < 10_000_000_000)
    }

    /// Random delays, failures, hangs, drops, additions and removals: the promise of a stream holds through all of
    /// them. The long form runs 2 million frames.
    @Test func everyFrameOnceInOrderThroughRandomFaults() throws {
        let faults = Count()
        let frames = longTests ? 10_000 : 2000
        let seeds: UInt64 = longTests ? 200 : 8
        for seed in 0..<seeds { try runRandomStream(seed: seed, frames: frames, faults) }
        #expect(faults.value > Int(seeds) * frames / 200)
    }

    private func runRandomStream(seed: UInt64, frames: Int, _ faults: Count) throws {
        var random = SplitMix64(seed: seed)
        func device(_ name: String, isSound: Bool = false) -> FakeDevice {
            let delay = Int.random(in: 0...300, using: &random)
            let faultRate = isSound ? 0 : [0, 3, 20].randomElement(using: &random)!
            let salt = random.next()
            return FakeDevice(
                name: name, laneCount: Int.random(in: 1...3, using: &random),
                service: { frame in
                    var own = SplitMix64(seed: salt ^ UInt64(frame))
                    if own.next() % 1500 == 0 {
                        _ = faults.increment()
                        return 150_000  // hangs, as the options below see it
                    }
                    return Int(own.next() % UInt64(delay + 1))
                },
                fails: { frame in
                    var own = SplitMix64(seed: salt &+ UInt64(frame))
                    guard Int(own.next() % 100) < faultRate else { return false }
                    _ = faults.increment()
                    return true
                })
        }
        var options = Self.options(window: Int.random(in: 1...64, using: &random))
        options.faults.shortestHangNanoseconds = 50_000_000
        options.admission = [.wait, .wait, .dropOldest, .dropNewest].randomElement(using: &random)!
        if seed % 3 == 0 { options.deadlineNanoseconds = 20_000_000 }
        // One failing device at least, and one that never throws.
        let devices =
            [device("device 0"), device("device 1", isSound: true)]
            + (0..<Int.random(in: 0...2, using: &random)).map { device("device \($0 + 2)") }
        let stream = try FrameStream(devices: devices, options: options)
        var next = 0
        var failed = 0
        var dropped = 0
        let source = counting(to: frames)
        let isLive = options.admission != .wait
        try stream.run(source: {
            if isLive { usleep(50) }
            return try source()
        }) { delivery in
            #expect(delivery.sequence == next, "seed \(seed)")
            next += 1
            switch delivery.result {
            case .success(let output): #expect(output == 2 * delivery.sequence, "seed \(seed)")
            case .failure(let error): if error is DroppedFrame { dropped += 1 } else { failed += 1 }
            }
            if delivery.sequence % 500 == 250 {
                try stream.add(device("added \(delivery.sequence)"))
            } else if delivery.sequence % 1000 == 999 {
                #expect(stream.remove("added \(delivery.sequence - 249)"))
            }
        }
        let report = stream.report()
        #expect(next == frames && report.frames == frames && report.inFlight == 0)
        #expect(report.failedFrames == failed && report.droppedFrames == dropped)
        let succeeded = frames - failed - dropped
        let answered = report.devices.reduce(0) { $0 + $1.frames }
        #expect(succeeded <= answered && answered <= succeeded + failed)
    }
}

/// Whether the long forms of the stress tests run.
let longTests = getenv("COEXEC_LONG_TESTS") != nil
