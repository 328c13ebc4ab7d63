import Glibc
import Synchronization
import Testing

@testable import Sessions

/// Sessions on this machine's first CPU, with a network of microseconds.
@Suite struct SessionTests {
    static func pool() throws -> Pool { try Pool(devices: "cpu:0", tuning: .off) }
    static func model() throws -> Model { try Model(builtIn: "conv16_mnist") }

    static func picture(_ shade: UInt8 = 100, width: Int = 40, height: Int = 30) throws -> Image {
        try Image(width: width, height: height, pixels: [UInt8](repeating: shade, count: width * height * 3))
    }

    @Test func resultsComeInOrderWithTheirTags() throws {
        var options = SessionOptions()
        options.window = 5
        let session = try Self.pool().open(Self.model(), options, tag: String.self)
        for number in 0..<5 { #expect(session.submit(try Self.picture(), tag: "picture \(number)") == .accepted) }
        session.finish()
        for number in 0..<5 {
            guard case .result(let result) = session.receive() else {
                Issue.record("no result \(number)")
                return
            }
            #expect(result.sequence == number && result.tag == "picture \(number)" && result.device == "cpu")
            #expect(result.outputs.count == 1 && result.serviceNanoseconds > 0)
            guard case .classes(let classes, _) = result.finding else {
                Issue.record("no classes")
                return
            }
            #expect(classes.count == 5 && classes[0].score >= classes[1].score)
        }
        guard case .end = session.receive() else {
            Issue.record("no end")
            return
        }
        let report = session.report()
        #expect(report.submitted == 5 && report.received == 5 && report.inFlight == 0)
        #expect(report.latencyP50Nanoseconds > 0 && report.devices.map(\.frames) == [5])
        session.close()
    }

    @Test func anAsynchronousLoopEndsWithTheSession() async throws {
        let session = try Self.pool().open(Self.model())
        async let reading: Void = {
            for number in 0..<20 {
                await session.submit(try Self.picture(), tag: number)
                try await Task.sleep(for: .milliseconds(1))
            }
            session.finish()
        }()
        var tags: [Int] = []
        for await result in session.results { tags.append(result.tag) }
        try await reading
        #expect(tags == Array(0..<20))
    }

    @Test func aCancelledTaskStopsWaiting() async throws {
        let session = try Self.pool().open(Self.model())
        let task = Task { for await _ in session.results {} }
        try await Task.sleep(for: .milliseconds(20))
        task.cancel()
        await task.value
        // The session goes on.
        let submission = await session.submit(try Self.picture())
        #expect(submission == .accepted)
        guard case .result = session.receive() else {
            Issue.record("the session has ended")
            return
        }
    }

    @Test func sessionsShareLanesAndWhatIsCompiled() throws {
        let pool = try Self.pool()
        let model = try Self.model()
        let (first, second) = (try pool.open(model), try pool.open(model, tag: String.self))
        let other = try pool.open(try Model(builtIn: "conv32_mnist"))
        #expect(first.stream.devices[0].device === second.stream.devices[0].device)
        #expect(first.stream.devices[0].device !== other.stream.devices[0].device)
        #expect(pool.lanes.report().count == 1)
        for number in 0..<10 {
            first.submit(try Self.picture(), tag: number)
            second.submit(try Self.picture(), tag: "\(number)")
            other.submit(try Self.picture(), tag: number)
            guard case .result(let a) = first.receive(), case .result(let b) = second.receive(),
                case .result(let c) = other.receive()
            else {
                Issue.record("a result is missing")
                return
            }
            #expect(a.tag == number && b.tag == "\(number)" && c.tag == number)
        }
        let report = pool.report()
        #expect(report.sessions.count == 3 && report.devices.map(\.name) == ["cpu"])
        first.close()
        #expect(pool.report().sessions.count == 2)
    }

    /// The picture is the host's again before its result is had, and when it is flushed, dropped or refused.
    @Test func picturesGoBackToTheirOwner() throws {
        final class Owner: Sendable {
            let alive: Counter
            init(_ alive: Counter) { self.alive = alive }
            deinit { alive.value.subtract(1, ordering: .relaxed) }
        }
        final class Counter: Sendable { let value = Atomic<Int>(0) }
        let alive = Counter()
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: 64 * 64 * 3, alignment: 16)
        bytes.initializeMemory(as: UInt8.self, repeating: 9, count: 64 * 64 * 3)
        defer { bytes.deallocate() }
        func lend() throws -> Image {
            alive.value.add(1, ordering: .relaxed)
            return try Image(
                .rgb, width: 64, height: 64, planes: [ImagePlane(bytes, stride: 192)], colours: .full, owner: Owner(alive))
        }
        var options = SessionOptions()
        options.window = 3
        options.admission = .dropNewest
        let session = try Self.pool().open(Self.model(), options)
        for _ in 0..<50 { #expect(session.submit(try lend()) == .accepted) }
        var received = 0
        while received < 50, case .result(let result) = session.receive() {
            if case .failed(let error) = result.outcome { Issue.record("\(error)") }
            received += 1
            #expect(alive.value.load(ordering: .relaxed) <= 50 - received)
        }
        #expect(session.submit(try lend()) == .accepted)
        session.flush()
        session.close()
        #expect(session.submit(try lend()) == .ended)
        for _ in 0..<2000 where alive.value.load(ordering: .relaxed) > 0 { usleep(1000) }
        #expect(alive.value.load(ordering: .relaxed) == 0)
    }

    @Test func whatCannotBeIsSaid() throws {
        let pool = try Self.pool()
        let model = try Self.model()
        func refuses(_ change: (inout SessionOptions) -> Void) -> String? {
            var options = SessionOptions()
            change(&options)
            do {
                _ = try pool.open(model, options)
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(refuses { $0.devices = ["gpu"] } == "the pool has no device 'gpu' (it has cpu)")
        #expect(refuses { $0.devices = [] } != nil)
        #expect(refuses { $0.devices = ["cpu", "cpu"] } != nil)
        #expect(refuses { $0.window = 0 } == "the window must admit 1 to 65536 frames, not 0")
        #expect(refuses { $0.weight = -.infinity } != nil)
        #expect(refuses { $0.greatestBusyLaneCount = 0 } != nil)
        #expect(refuses { $0.results.task = .detect }?.contains("nothing of the kind is recognised") == true)
        #expect(refuses { $0.results.threshold = 1.5 } != nil)
        #expect(refuses { $0.results.head = "/nowhere.json" }?.contains("/nowhere.json") == true)
        #expect(throws: (any Error).self) { try Pool(devices: "nowhere") }
        #expect(throws: (any Error).self) { try Pool(devices: "cpu:0", hostCPUs: "x") }
        #expect(throws: (any Error).self) { try Model(file: "/nowhere.onnx") }
        #expect(throws: (any Error).self) { try Model(builtIn: "conv16_mnist", labels: "/nowhere.txt") }
        // And the pool still works.
        let session = try pool.open(model)
        #expect(session.submit(try Self.picture()) == .accepted)
    }

    /// Sessions that are let go, at work, leave no threads and no descriptors.
    @Test func sessionsThatAreLetGoEnd() throws {
        func count(_ folder: String) -> Int {
            guard let handle = opendir(folder) else { return -1 }
            defer { closedir(handle) }
            var count = 0
            while readdir(handle) != nil { count += 1 }
            return count
        }
        let model = try Self.model()
        func once() throws {
            let session = try Self.pool().open(model)
            _ = session.stream.descriptor
            for _ in 0..<4 { session.submit(try Self.picture()) }
        }
        try once()
        usleep(300_000)
        let before = count("/proc/self/fd")
        for _ in 0..<20 { try once() }
        for _ in 0..<3000 where count("/proc/self/fd") > before { usleep(1000) }
        // Other tests have theirs.
        #expect(count("/proc/self/fd") <= before + 8)
    }

    @Test func reportsAreTexts() throws {
        let pool = try Self.pool()
        var options = SessionOptions()
        options.name = "a \"door\"\n"
        let session = try pool.open(Self.model(), options)
        for _ in 0..<3 {
            session.submit(try Self.picture())
            _ = session.receive()
        }
        let text = pool.report().prometheus
        #expect(text.contains("coexec_received_total{number=\"0\",session=\"a \\\"door\\\"\\n\"} 3.0\n"))
        #expect(text.contains("coexec_device_frames_total{device=\"cpu\",number=\"0\",session=\"a \\\"door\\\"\\n\"} 3.0\n"))
        let lines = text.split(separator: "\n")
        let isWellFormed = lines.allSatisfy { $0.hasPrefix("# ") || $0.contains("} ") && $0.hasPrefix("coexec_") }
        #expect(isWellFormed && lines.filter { $0.hasPrefix("# TYPE") }.count == 12)
        #expect(pool.report().json.hasPrefix("{\"devices\":[{"))
        session.close()
    }
}
