import Glibc
import Synchronization
import Testing

@testable import CoExec

/// Live sources, devices that come and go, and the other two ways into a stream.
@Suite struct LiveStreamTests {
    @Test(arguments: [Admission.dropOldest, .dropNewest])
    func aFastSourceDropsFramesAndSaysSoInTheirPlace(admission: Admission) throws {
        var options = StreamOptions(window: 4)
        options.admission = admission
        let stream = try FrameStream(devices: [FakeDevice(name: "a", service: { _ in 4000 })], options: options)
        let producer = try Thread(name: "camera") {
            for frame in 0..<400 {
                #expect(stream.push(frame))
                usleep(200)
            }
            stream.finish()
        }
        var sequences: [Int] = []
        var frames: [Int] = []
        var dropped = 0
        while let delivery = stream.pull() {
            sequences.append(delivery.sequence)
            switch delivery.result {
            case .success(let output):
                frames.append(output / 2)
                #expect(delivery.frame == delivery.sequence && output == 2 * delivery.sequence)
            case .failure(let error):
                #expect(error as? DroppedFrame == DroppedFrame(reason: .overflow))
                #expect(delivery.frame.map { $0 == delivery.sequence } ?? true)
                dropped += 1
            }
            #expect(stream.report().inFlight <= 4)
        }
        producer.join()
        stream.cancel()
        #expect(sequences == Array(0..<400))
        #expect(frames == frames.sorted() && frames.count + dropped == 400)
        // What waits at the end runs, however busy the machine is.
        #expect(dropped > 20 && frames.count > 0)
        #expect(stream.report().droppedFrames == dropped)
    }

    /// The oldest frame that waits makes room for the newest, so a lane that becomes free gets news.
    @Test func droppingTheOldestKeepsTheNews() throws {
        var options = StreamOptions(window: 4)
        options.admission = .dropOldest
        let isHeld = Atomic<Bool>(true)
        let device = FakeDevice(
            name: "a",
            service: { frame in
                while frame == 0 && isHeld.load(ordering: .acquiring) { usleep(1000) }
                return 0
            })
        let stream = try FrameStream(devices: [device], options: options)
        #expect(stream.push(0))
        while device.probe.running.load(ordering: .relaxed) == 0 { usleep(100) }
        for frame in 1..<100 { #expect(stream.push(frame)) }
        isHeld.store(false, ordering: .releasing)
        stream.finish()
        var ran: [Int] = []
        var sequences: [Int] = []
        while let delivery = stream.pull() {
            sequences.append(delivery.sequence)
            if case .success(let output) = delivery.result { ran.append(output / 2) }
        }
        stream.cancel()
        #expect(sequences == Array(0..<100))
        #expect(ran == [0, 97, 98, 99])
        #expect(stream.report().droppedFrames == 96)
    }

    @Test func framesPastTheirDeadlineAreDropped() throws {
        var options = StreamOptions(window: 64)
        options.admission = .dropNewest
        options.deadlineNanoseconds = 10_000_000
        let stream = try FrameStream(devices: [FakeDevice(name: "a", service: { _ in 4000 })], options: options)
        for frame in 0..<50 { #expect(stream.push(frame)) }
        stream.finish()
        var late = 0
        var delivered = 0
        while let delivery = stream.pull() {
            #expect(delivery.sequence == delivered)
            delivered += 1
            if case .failure(let error) = delivery.result {
                #expect(error as? DroppedFrame == DroppedFrame(reason: .late))
                late += 1
            }
        }
        stream.cancel()
        #expect(delivered == 50 && late > 30 && late < 50)
    }

    @Test func devicesComeAndGoWhileAStreamRuns() throws {
        let first = FakeDevice(name: "first", service: { _ in 300 })
        let second = FakeDevice(name: "second", laneCount: 2, service: { _ in 300 })
        let stream = try FrameStream(devices: [first], window: 16)
        var byDevice: [String: Int] = [:]
        var next = 0
        let producer = try Thread(name: "producer") {
            for frame in 0..<3000 { _ = stream.push(frame) }
            stream.finish()
        }
        while let delivery = stream.pull() {
            #expect(delivery.sequence == next)
            next += 1
            byDevice[delivery.device ?? "none", default: 0] += 1
            if next == 500 { try stream.add(second) }
            if next == 1500 {
                #expect(stream.remove("first"))
                #expect(first.probe.closedCount == 1)
                #expect(!stream.remove("first"))
            }
        }
        producer.join()
        stream.cancel()
        #expect(next == 3000)
        #expect(byDevice["second", default: 0] > 1400 && byDevice["first", default: 0] > 500)
        #expect(second.probe.closedCount == 2)
    }

    @Test func aDeviceThatCannotBeAddedLeavesTheStreamAsItWas() throws {
        let stream = try FrameStream(devices: [FakeDevice(name: "good")])
        var next = 0
        try stream.run(source: counting(to: 200)) { delivery in
            next += 1
            if next == 50 {
                #expect(throws: DeviceError.self) {
                    try stream.add(FakeDevice(name: "bad", laneCount: 2, failingLane: 1))
                }
            }
            #expect(delivery.device == "good")
        }
        #expect(next == 200)
    }

    @Test func framesOfTheLastDeviceToLeaveGetAnError() throws {
        let stream = try FrameStream(devices: [FakeDevice(name: "a", service: { _ in 500 })], window: 4)
        for frame in 0..<3 where frame < 1 { #expect(stream.push(frame)) }
        #expect(stream.pull()?.device == "a")
        stream.remove("a")
        stream.finish()
        #expect(stream.pull() == nil)
        stream.cancel()
    }

    @Test(arguments: [0, 1, 7, 5000])
    func lanesCanPullTheSourceAndDeliver(count: Int) throws {
        for workers in [1, 2, 4] {
            let stream = try FrameStream(
                devices: (0..<workers).map { FakeDevice(name: "worker \($0)") }, window: 16)
            let delivered = Mutex<[Int]>([])
            let source = counting(to: count)
            try stream.runOnLanes(source: source) { delivery in
                let output = try delivery.result.get()
                delivered.withLock {
                    #expect(delivery.sequence == $0.count && output == 2 * delivery.sequence)
                    $0.append(output)
                }
            }
            #expect(delivered.withLock { $0.count } == count)
        }
    }

    @Test func errorsOfTheEndsReachTheCallerOfRunOnLanes() throws {
        let failure = FakeDevice.Failure(frame: 7)
        let delivered = Count()
        let stream = try FrameStream(devices: [FakeDevice(name: "a"), FakeDevice(name: "b")], window: 8)
        #expect(throws: failure) {
            try stream.runOnLanes(source: counting(to: 33, then: failure)) { _ in _ = delivered.increment() }
        }
        #expect(delivered.value == 33)
        let other = try FrameStream(devices: [FakeDevice(name: "a"), FakeDevice(name: "b")], window: 8)
        #expect(throws: failure) {
            try other.runOnLanes(source: counting(to: .max)) { if $0.sequence == 20 { throw failure } }
        }
    }

    @Test func anAsynchronousSequenceOfResults() async throws {
        let devices = [FakeDevice(name: "a", service: { _ in 100 }), FakeDevice(name: "b", laneCount: 2)]
        var next = 0
        for try await delivery in try FrameStream(devices: devices).results(from: counting(to: 1000)) {
            #expect(delivery.sequence == next)
            #expect(try delivery.result.get() == 2 * next)
            next += 1
        }
        #expect(next == 1000)
        // A thread of its own waits for them, not the task's.
        func closedCounts() -> [Int] { devices.map(\.probe.closedCount) }
        for _ in 0..<2000 where closedCounts() != [1, 2] { try await Task.sleep(nanoseconds: 1_000_000) }
        #expect(closedCounts() == [1, 2])
    }

    @Test func leavingTheLoopEndsTheStream() async throws {
        let device = FakeDevice(name: "a", laneCount: 2, service: { _ in 100 })
        var next = 0
        for try await _ in try FrameStream(devices: [device]).results(from: counting(to: .max)) {
            next += 1
            if next == 50 { break }
        }
        for _ in 0..<2000 where device.probe.closedCount < 2 { usleep(5_000) }
        #expect(device.probe.closedCount == 2)
    }

    @Test func cancellingTheTaskEndsTheStream() async throws {
        let device = FakeDevice(name: "a", service: { _ in 100 })
        let stream = try FrameStream(devices: [device])
        let task = Task {
            var count = 0
            for try await _ in stream.results(from: counting(to: .max)) { count += 1 }
            return count
        }
        while stream.report().frames < 20 { try await Task.sleep(nanoseconds: 1_000_000) }
        task.cancel()
        #expect(try await task.value >= 20)
        for _ in 0..<2000 where device.probe.closedCount < 1 { try await Task.sleep(nanoseconds: 1_000_000) }
        #expect(device.probe.closedCount == 1)
    }

    @Test func cancellingTheStreamWakesAnAsynchronousConsumer() throws {
        let stream = try FrameStream(devices: [FakeDevice(name: "a")])
        let woken = Count()
        stream.core.runtime.whenHeadIsReady { _ = woken.increment() }
        #expect(woken.value == 0)
        stream.cancel()
        #expect(woken.value == 1 && stream.pull() == nil)
    }

    @Test func aSourceThatThrowsThrowsFromTheSequenceAfterItsFrames() async throws {
        var count = 0
        await #expect(throws: FakeDevice.Failure(frame: 1)) {
            let stream = try FrameStream(devices: [FakeDevice(name: "a")])
            for try await _ in stream.results(from: counting(to: 25, then: FakeDevice.Failure(frame: 1))) { count += 1 }
        }
        #expect(count == 25)
    }

    @Test(arguments: ["single:b", "round-robin", "fixed-shares:3,1", "earliest-completion"])
    func otherPoliciesDeliverInOrderToo(text: String) throws {
        let policy = try Policies.policy(text)
        let stream = try FrameStream(
            devices: [FakeDevice(name: "a", service: { _ in 100 }), FakeDevice(name: "b", service: { _ in 200 })],
            options: StreamOptions(window: 16, policy: policy))
        var next = 0
        try stream.run(source: counting(to: 400)) { delivery in
            #expect(delivery.sequence == next)
            next += 1
        }
        let frames = stream.report().devices.map(\.frames)
        #expect(next == 400)
        switch policy {
        case is SingleDevice: #expect(frames == [0, 400])
        case is RoundRobin: #expect(frames == [200, 200])
        case is FixedShares: #expect(frames == [300, 100])
        default: #expect(frames[0] > 0 && frames[1] > 0)
        }
    }

    @Test func servingTheEndsEndsWithTheLastDevice() throws {
        let stream = try FrameStream(devices: [FakeDevice(name: "a", service: { _ in 100 })], window: 4)
        let remover = try Thread(name: "remover") {
            usleep(20_000)
            stream.remove("a")
        }
        #expect(throws: NoDeviceLeft.self) { try stream.runOnLanes(source: counting(to: .max)) { _ in } }
        remover.join()
    }
}
