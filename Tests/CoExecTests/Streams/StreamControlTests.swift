import Glibc
import Synchronization
import System
import Testing

@testable import CoExec

/// Time-outs, interruption, flushing and changes, from any thread.
@Suite struct StreamControlTests {
    private func options(_ window: Int, _ change: (inout StreamOptions) -> Void = { _ in }) -> StreamOptions {
        var options = StreamOptions(window: window)
        options.staysOpen = true
        change(&options)
        return options
    }

    /// A device whose frames wait until a gate is open.
    private final class Gate: Sendable {
        let isOpen = Atomic<Bool>(false)
        func device(_ name: String = "a", lanes: Int = 1) -> FakeDevice {
            FakeDevice(name: name, laneCount: lanes) { _ in
                while !self.isOpen.load(ordering: .acquiring) { usleep(200) }
                return 0
            }
        }
        func open() { isOpen.store(true, ordering: .releasing) }
    }

    private final class Flag: Sendable { let isSet = Atomic<Bool>(false) }

    private func number(_ reception: Reception<Int, Int>) -> Int? {
        guard case .delivery(let delivery) = reception, case .success(let output) = delivery.result else { return nil }
        return output / 2
    }

    private func isTimedOut(_ reception: Reception<Int, Int>) -> Bool { if case .timedOut = reception { true } else { false } }
    private func isEnd(_ reception: Reception<Int, Int>) -> Bool { if case .end = reception { true } else { false } }
    private func isInterrupted(_ reception: Reception<Int, Int>) -> Bool {
        if case .interrupted = reception { true } else { false }
    }

    @Test(arguments: [0, 5_000_000])
    func whoWaitsIsBackInTime(limit: Int) throws {
        let gate = Gate()
        let stream = try FrameStream(devices: [gate.device()], options: options(2))
        #expect(isTimedOut(stream.receive(waiting: limit)))
        while stream.submit(0, waiting: 100_000_000) == .accepted {}
        var late = 0
        let count = limit == 0 ? 1000 : 50
        for _ in 0..<count {
            let start = monotonicNanoseconds()
            #expect(stream.submit(1, waiting: limit) == .timedOut)
            #expect(isTimedOut(stream.receive(waiting: limit)))
            let took = monotonicNanoseconds() - start
            #expect(took >= 2 * limit)
            if took > 2 * limit + 2_000_000 { late += 1 }
        }
        // A busy machine may hold a thread up, but not every time.
        #expect(late < count / 2)
        gate.open()
        #expect(number(stream.receive()) == 0)
        stream.finish()
        #expect(stream.submit(2, waiting: 0) == .ended)
        while number(stream.receive()) != nil {}
        #expect(isEnd(stream.receive(waiting: 0)))
        stream.cancel()
    }

    @Test func anInterruptionFreesWhoWaitsAndLosesNothing() throws {
        let gate = Gate()
        let stream = try FrameStream(devices: [gate.device()], options: options(2))
        var accepted = 0
        while stream.submit(accepted, waiting: 20_000_000) == .accepted { accepted += 1 }
        let freed = Count()
        let waiting = try (0..<4).map { index in
            try Thread(name: "waits") { [isInterrupted] in
                let isFreed = index < 2 ? stream.submit(99) == .interrupted : isInterrupted(stream.receive())
                if isFreed { _ = freed.increment() }
            }
        }
        usleep(20_000)
        stream.interrupt(true)
        for thread in waiting { thread.join() }
        #expect(freed.value == 4)
        gate.open()
        #expect(stream.isReady && isInterrupted(stream.receive()) && stream.submit(99) == .interrupted)
        stream.interrupt(false)
        for frame in 0..<accepted { #expect(number(stream.receive()) == frame) }
        #expect(isTimedOut(stream.receive(waiting: 0)))
        stream.cancel()
    }

    /// What lanes are at goes on, and its results go nowhere; the stream goes on behind it, also after its end.
    @Test func aFlushForgetsAllAndTheStreamGoesOn() throws {
        let gate = Gate()
        let stream = try FrameStream(devices: [gate.device(lanes: 2)], options: options(8))
        var accepted = 0
        while stream.submit(accepted, waiting: 20_000_000) == .accepted { accepted += 1 }
        stream.finish()
        #expect(stream.flush() == accepted)
        #expect(stream.report().inFlight == 0 && stream.report().frames == 0)
        #expect(isTimedOut(stream.receive(waiting: 0)))
        #expect(stream.submit(50, waiting: 0) == .accepted)
        gate.open()
        guard case .delivery(let delivery) = stream.receive() else {
            Issue.record("nothing after a flush")
            return
        }
        #expect(delivery.frame == 50 && delivery.sequence == accepted)
        stream.finish()
        #expect(isEnd(stream.receive()))
        #expect(stream.flush() == 0)
        #expect(stream.submit(51) == .accepted && number(stream.receive()) == 51)
        stream.cancel()
        #expect(stream.report().frames == 2)
    }

    /// Frames so short that lanes grab several at once, policies that assign, dropped frames, hanging and failing ones:
    /// what comes after each flush is what was pushed after it, in order.
    @Test(arguments: [0, 1, 2, 3])
    func flushesAtAnyTimeLoseNothingThatCameAfterThem(kind: Int) throws {
        var options = options(16)
        if kind == 1 { options.policy = EarliestCompletion() }
        if kind == 2 { options.admission = .dropOldest }
        let devices = [
            FakeDevice(
                name: "a", laneCount: 2, service: { kind == 0 ? 0 : $0 % 3 * 300 }, fails: { kind == 3 && $0 % 7 == 0 }),
            FakeDevice(name: "b") { _ in kind == 0 ? 0 : 700 },
        ]
        let stream = try FrameStream(devices: devices, options: options)
        var next = 0
        var place = 0
        for round in 0..<150 {
            for _ in 0..<(round * 7) % 29 {
                if stream.submit(next, waiting: 1_000_000) == .accepted { place += 1 }
                next += 1
                if next % 5 == 0, case .delivery = stream.receive(waiting: 0) {}
            }
            stream.flush()
            let first = next
            for _ in 0..<3 {
                #expect(stream.submit(next) == .accepted)
                next += 1
            }
            for index in 0..<3 {
                guard case .delivery(let delivery) = stream.receive(waiting: 5_000_000_000) else {
                    Issue.record("frame \(first + index) is lost")
                    return
                }
                #expect(delivery.frame == first + index && delivery.sequence == place)
                place += 1
            }
        }
        stream.cancel()
    }

    /// Pushers, pullers, flushes and interruptions at once: nothing comes twice, and each pusher's frames in their order.
    @Test func anyThreadMayDoAnything() throws {
        let devices = [FakeDevice(name: "a", laneCount: 2) { $0 % 5 * 20 }, FakeDevice(name: "b") { _ in 50 }]
        let stream = try FrameStream(devices: devices, options: options(16))
        let accepted = Count()
        let forgotten = Atomic<Int>(0)
        let isOver = Atomic<Bool>(false)
        let seen = (0..<2).map { _ in Box<[Int]>([]) }
        let pushers = try (0..<2).map { pusher in
            try Thread(name: "pusher") {
                for index in 0..<3000 {
                    while true {
                        let submission = stream.submit(2 * index + pusher, waiting: 3_000_000)
                        if submission == .accepted { break }
                        if submission == .interrupted { usleep(50) }
                    }
                    _ = accepted.increment()
                }
            }
        }
        let pullers = try seen.map { seen in
            try Thread(name: "puller") {
                while !isOver.load(ordering: .acquiring) {
                    if case .delivery(let delivery) = stream.receive(waiting: 3_000_000) {
                        seen.value.append(delivery.frame!)
                    }
                }
            }
        }
        let disturber = try Thread(name: "disturber") {
            while !isOver.load(ordering: .acquiring) {
                usleep(2000)
                forgotten.add(stream.flush(), ordering: .relaxed)
                stream.interrupt(true)
                stream.interrupt(false)
            }
        }
        for pusher in pushers { pusher.join() }
        while stream.report().inFlight > 0 { usleep(1000) }
        isOver.store(true, ordering: .releasing)
        for thread in pullers + [disturber] { thread.join() }
        stream.cancel()
        let numbers = seen.flatMap(\.value)
        #expect(Set(numbers).count == numbers.count)
        #expect(numbers.count + forgotten.load(ordering: .relaxed) == accepted.value)
    }

    @Test func aRunningStreamTakesOtherOptions() throws {
        let gate = Gate()
        var options = options(2) { $0.greatestWindow = 8 }
        let stream = try FrameStream(devices: [gate.device()], options: options)
        #expect(throws: StreamConfigurationError.self) {
            options.window = 9
            try stream.configure(options)
        }
        #expect(throws: StreamConfigurationError.self) {
            (options.window, options.weight) = (2, 0)
            try stream.configure(options)
        }
        (options.window, options.weight, options.admission) = (6, 2, .dropNewest)
        try stream.configure(options)
        #expect(stream.window == 6)
        for frame in 0..<20 { #expect(stream.submit(frame, waiting: 0) == .accepted) }
        #expect(stream.report().inFlight == 6)
        // Narrower than what is in flight: nothing gets in until there is room.
        options.window = 2
        try stream.configure(options)
        #expect(stream.submit(20, waiting: 0) == .accepted && stream.report().inFlight == 6)
        gate.open()
        stream.finish()
        var numbers: [Int] = []
        while case .delivery(let delivery) = stream.receive() {
            if case .success(let output) = delivery.result { numbers.append(output / 2) }
        }
        #expect(numbers == Array(0..<6))
        stream.cancel()
    }

    /// The oldest make room one by one, so that in the end the newest are left.
    @Test func aNarrowerWindowStillDropsTheOldest() throws {
        let gate = Gate()
        var options = options(8) { $0.admission = .dropOldest }
        let device = gate.device()
        let stream = try FrameStream(devices: [device], options: options)
        #expect(stream.submit(0) == .accepted)
        while device.probe.running.load(ordering: .relaxed) == 0 { usleep(100) }
        for frame in 1..<12 { #expect(stream.submit(frame) == .accepted) }
        options.window = 3
        try stream.configure(options)
        for frame in 12..<20 { #expect(stream.submit(frame) == .accepted) }
        gate.open()
        stream.finish()
        var ran: [Int] = []
        var places: [Int] = []
        while case .delivery(let delivery) = stream.receive() {
            places.append(delivery.sequence)
            if case .success(let output) = delivery.result { ran.append(output / 2) }
        }
        #expect(places == Array(0..<20) && ran == [0] + Array(13..<20))
        stream.cancel()
    }

    /// Whoever is told may flush, also where late frames end while a lane takes one.
    @Test func whoIsToldMayFlush() throws {
        var options = options(32) { $0.deadlineNanoseconds = 2_000_000 }
        options.admission = .dropNewest
        let stream = try FrameStream(
            devices: [FakeDevice(name: "a") { _ in 300 }, FakeDevice(name: "b") { _ in 500 }], options: options)
        let calls = Count()
        @Sendable func flushWhenTold() {
            stream.whenReady {
                stream.flush()
                if calls.increment() < 200 { flushWhenTold() }
            }
        }
        flushWhenTold()
        let end = monotonicNanoseconds() + 20_000_000_000
        var frame = 0
        while calls.value < 200, monotonicNanoseconds() < end {
            _ = stream.submit(frame, waiting: 0)
            frame += 1
            if frame % 8 == 0 { usleep(400) }
        }
        #expect(calls.value >= 200)
        stream.cancel()
    }

    /// What a stream used of the time of another priority's streams is no debt.
    @Test func aStreamOfAnotherPriorityBeginsAnew() throws {
        let pool = DevicePool()
        var options = options(8)
        options.priority = 1
        let device = FakeDevice(name: "a") { _ in 500 }
        let first = try FrameStream(devices: [device], options: options, pool: pool)
        options.priority = 0
        let second = try FrameStream(devices: [device], options: options, pool: pool)
        let isOver = Atomic<Bool>(false)
        let threads = try [first, second].map { stream in
            try Thread(name: "feeds") {
                while !isOver.load(ordering: .acquiring) {
                    while stream.submit(0, waiting: 0) == .accepted {}
                    _ = stream.receive(waiting: 5_000_000)
                }
            }
        }
        usleep(600_000)
        try first.configure(options)
        let before = [first, second].map { $0.report().frames }
        usleep(600_000)
        let frames = zip([first, second], before).map { $0.report().frames - $1 }
        isOver.store(true, ordering: .releasing)
        for thread in threads { thread.join() }
        #expect(frames[0] > 50 && frames[1] > 50, "\(frames)")
        first.cancel()
        second.cancel()
    }

    @Test func aStreamMayKeepLanesFree() throws {
        let device = FakeDevice(name: "a", laneCount: 4) { _ in 2000 }
        let stream = try FrameStream(
            devices: [device], options: options(16) { $0.greatestBusyLaneCount = 2 })
        let most = Atomic<Int>(0)
        for frame in 0..<60 {
            while stream.submit(frame, waiting: 0) != .accepted { _ = stream.receive() }
            let running = device.probe.running.load(ordering: .relaxed)
            if running > most.load(ordering: .relaxed) { most.store(running, ordering: .relaxed) }
        }
        #expect((1...2).contains(most.load(ordering: .relaxed)))
        stream.cancel()
    }

    @Test func readinessIsTold() throws {
        let gate = Gate()
        let stream = try FrameStream(devices: [gate.device()], options: options(4))
        let calls = Count()
        stream.whenReady { _ = calls.increment() }
        stream.whenReady { _ = calls.increment() }
        #expect(stream.submit(0) == .accepted && !stream.isReady && calls.value == 0)
        gate.open()
        for _ in 0..<2000 where calls.value < 2 { usleep(1000) }
        #expect(calls.value == 2 && stream.isReady)
        stream.whenReady { _ = calls.increment() }
        #expect(calls.value == 3)
        _ = stream.receive()
        #expect(!stream.isReady)
        stream.cancel()
    }

    @Test func roomIsTold() throws {
        let gate = Gate()
        let stream = try FrameStream(devices: [gate.device()], options: options(2))
        #expect(stream.submit(0) == .accepted && stream.submit(1) == .accepted)
        #expect(stream.submit(2, waiting: 0) == .timedOut)
        let calls = Count()
        stream.whenRoom { _ = calls.increment() }
        stream.whenRoom { _ = calls.increment() }
        gate.open()
        for _ in 0..<2000 where !stream.isReady { usleep(1000) }
        #expect(calls.value == 0)
        _ = stream.receive()
        #expect(calls.value == 2)
        stream.whenRoom { _ = calls.increment() }
        #expect(calls.value == 3 && stream.submit(2, waiting: 0) == .accepted)
        stream.whenRoom { _ = calls.increment() }
        stream.finish()
        #expect(calls.value == 4)
        stream.cancel()
    }

    /// Producers that don't wait in calls, and the consumer's thread: nobody is forgotten.
    @Test func whoIsToldOfRoomGetsIt() throws {
        let stream = try FrameStream(
            devices: [FakeDevice(name: "a", laneCount: 2) { _ in 100 }, FakeDevice(name: "b") { _ in 250 }],
            options: options(5))
        let producers = try (0..<3).map { _ in
            try Thread(name: "asks for room") {
                for frame in 0..<300 {
                    while stream.submit(frame, waiting: 0) == .timedOut {
                        let flag = Flag()
                        stream.whenRoom { flag.isSet.store(true, ordering: .releasing) }
                        while !flag.isSet.load(ordering: .acquiring) { usleep(20) }
                    }
                }
            }
        }
        for _ in 0..<900 {
            guard case .delivery = stream.receive(waiting: 20_000_000_000) else {
                Issue.record("somebody waits for ever")
                break
            }
        }
        stream.cancel()
        for producer in producers { producer.join() }
    }

    /// A signal that is sent to the process must find a thread of the host.
    @Test func lanesTakeNoSignals() throws {
        func ownMask() -> [Int32] {
            var mask = sigset_t()
            pthread_sigmask(SIG_SETMASK, nil, &mask)
            return (1...31).filter { sigismember(&mask, $0) == 1 }
        }
        let before = ownMask()
        let masks = Mutex<[Bool]>([])
        let device = FakeDevice(name: "a") { _ in
            var mask = sigset_t()
            pthread_sigmask(SIG_SETMASK, nil, &mask)
            let isBlocked = [SIGINT, SIGTERM, SIGCHLD, SIGUSR1].allSatisfy { sigismember(&mask, $0) == 1 }
            let isFault = [SIGSEGV, SIGILL, SIGBUS, SIGFPE].allSatisfy { sigismember(&mask, $0) == 0 }
            masks.withLock { $0.append(isBlocked && isFault) }
            return 0
        }
        let stream = try FrameStream(devices: [device], options: options(4))
        #expect(stream.submit(0) == .accepted)
        _ = stream.receive()
        stream.cancel()
        #expect(masks.withLock { $0 } == [true] && ownMask() == before)
    }
}
