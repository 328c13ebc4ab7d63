import Synchronization
import Testing

@testable import CoExec
@testable import Sessions

/// Sessions from tasks: what waits holds no thread.
@Suite struct TaskTests {
    static func session(window: Int) throws -> Session<Int> {
        var options = SessionOptions()
        options.window = window
        return try SessionTests.pool().open(SessionTests.model(), options)
    }

    /// Waits until a task waits for room, which shows in nothing but that it isn't done.
    static func settle() async throws { try await Task.sleep(for: .milliseconds(30)) }

    @Test func oneTaskHandsInWhatAnotherTakesOut() async throws {
        let session = try Self.session(window: 2)
        async let reading: Void = {
            for number in 0..<200 {
                let submission = await session.submit(try SessionTests.picture(), tag: number)
                #expect(submission == .accepted)
            }
            session.finish()
        }()
        var tags: [Int] = []
        for await result in session.results {
            tags.append(result.tag)
            if result.tag % 50 == 0 { try await Self.settle() }
        }
        try await reading
        #expect(tags == Array(0..<200))
        let report = session.report()
        #expect(report.submitted == 200 && report.inFlight == 0)
    }

    /// Many more than there are threads for tasks, all without room.
    @Test func tasksThatWaitHoldNoThread() async throws {
        let session = try Self.session(window: 1)
        try await withThrowingTaskGroup(of: Submission.self) { group in
            for number in 0..<100 {
                group.addTask { await session.submit(try SessionTests.picture(), tag: number) }
            }
            var tags: Set<Int> = []
            for await result in session.results {
                tags.insert(result.tag)
                if tags.count == 100 { break }
            }
            #expect(tags == Set(0..<100))
            for try await submission in group { #expect(submission == .accepted) }
        }
    }

    /// A full session and a task that waits for room: what has the task go on, and how.
    static func waiting(_ change: (Session<Int>, Task<Submission, any Error>) throws -> Void) async throws -> Submission {
        let session = try Self.session(window: 1)
        let first = await session.submit(try SessionTests.picture())
        #expect(first == .accepted)
        let task = Task { await session.submit(try SessionTests.picture(), tag: 7) }
        try await Self.settle()
        try change(session, task)
        let submission = try await task.value
        // The session has lost nothing of it.
        #expect(session.report().submitted == (submission == .accepted ? 2 : 1))
        return submission
    }

    @Test func whatEndsAWait() async throws {
        let cancelled = try await Self.waiting { _, task in task.cancel() }
        let interrupted = try await Self.waiting { session, _ in
            session.interrupt(true)
            session.interrupt(false)
        }
        #expect(cancelled == .interrupted && interrupted == .interrupted)
        let closed = try await Self.waiting { session, _ in session.close() }
        let finished = try await Self.waiting { session, _ in session.finish() }
        #expect(closed == .ended && finished == .ended)
        let received = try await Self.waiting { session, _ in _ = session.receive() }
        let flushed = try await Self.waiting { session, _ in session.flush() }
        let widened = try await Self.waiting { session, _ in
            var options = SessionOptions()
            options.window = 2
            try session.configure(options)
        }
        let dropping = try await Self.waiting { session, _ in
            var options = SessionOptions.live
            options.window = 1
            try session.configure(options)
        }
        #expect(received == .accepted && flushed == .accepted && widened == .accepted && dropping == .accepted)
    }

    @Test func aTaskThatIsCancelledBeforehandHandsNothingIn() async throws {
        let session = try Self.session(window: 4)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await session.submit(try SessionTests.picture())
        }
        task.cancel()
        let submission = try await task.value
        #expect(submission == .interrupted && session.report().submitted == 0)
    }

    @Test func anInterruptionEndsALoopOverResults() async throws {
        let session = try Self.session(window: 4)
        let task = Task { for await _ in session.results {} }
        try await Self.settle()
        session.interrupt(true)
        session.interrupt(false)
        await task.value
    }

    /// Waits that are broken off again and again leave nothing, and take nobody's turn.
    @Test func brokenWaitsLeaveNothing() async throws {
        let session = try Self.session(window: 1)
        await session.submit(try SessionTests.picture())
        for _ in 0..<200 {
            let task = Task { await session.submit(try SessionTests.picture(), tag: 1) }
            await Task.yield()
            task.cancel()
            _ = try await task.value
        }
        #expect(session.report().submitted == 1)
        let last = Task { await session.submit(try SessionTests.picture(), tag: 2) }
        try await Self.settle()
        _ = session.receive()
        let submission = try await last.value
        guard case .result(let result) = session.receive() else {
            Issue.record("no result")
            return
        }
        #expect(submission == .accepted && result.tag == 2)
    }
}

/// The owner of a borrowed picture, which is there to be told apart from the picture's loan.
private final class Owner: Sendable {
    let loan: Loan
    init(_ loan: Loan) { self.loan = loan }
    deinit { loan.isBack.store(true, ordering: .releasing) }
}

private final class Loan: Sendable {
    let isBack = Atomic<Bool>(false)
}

/// On one lane, which neither hangs nor is outrun: owners are gone by the time that their results are there, also where
/// the thread that handed them in is still on its way out.
@Suite struct OwnerTests {
    private static func lend(_ bytes: UnsafeMutableRawPointer, _ loan: Loan) throws -> Image {
        try Image(
            .rgb, width: 64, height: 64, planes: [ImagePlane(bytes, stride: 192)], colours: .full, owner: Owner(loan))
    }

    static func ownersAreGone(_ admission: Admission, deadline: Int? = nil, isTask: Bool) async throws {
        let bytes = Bytes()
        var options = SessionOptions()
        (options.window, options.admission, options.deadlineNanoseconds) = (4, admission, deadline)
        let session = try SessionTests.pool().open(SessionTests.model(), options, tag: Loan.self)
        let count = 1000
        let task = !isTask ? nil : Task.detached {
            for _ in 0..<count {
                let loan = Loan()
                await session.submit(try lend(bytes.address, loan), tag: loan)
            }
            session.finish()
        }
        let thread = isTask ? nil : try Thread(name: "lends") {
            for _ in 0..<count {
                let loan = Loan()
                _ = try? session.submit(lend(bytes.address, loan), tag: loan, waiting: nil)
            }
            session.finish()
        }
        var (received, kept) = (0, 0)
        for await result in session.results {
            received += 1
            if !result.tag.isBack.load(ordering: .acquiring) { kept += 1 }
        }
        try await task?.value
        thread?.join()
        #expect(received == count && kept == 0, "\(admission): \(kept) of \(received) owners are still there")
    }

    private final class Bytes: @unchecked Sendable {  // never changed
        let address = UnsafeMutableRawPointer.allocate(byteCount: 64 * 192, alignment: 16)
        init() { address.initializeMemory(as: UInt8.self, repeating: 9, count: 64 * 192) }
        deinit { address.deallocate() }
    }

    @Test func afterEachResult() async throws {
        for isTask in [false, true] { try await Self.ownersAreGone(.wait, isTask: isTask) }
    }

    @Test func afterDrops() async throws {
        for admission in [Admission.dropOldest, .dropNewest] {
            try await Self.ownersAreGone(admission, isTask: false)
        }
        try await Self.ownersAreGone(.wait, deadline: 1, isTask: true)
    }
}
