import Foundation
import System
import Testing

@Suite struct ThreadAffinityTests {
    private func kernelCPUs(ofThread thread: Int) throws -> CPUSet {
        let status = try SystemFiles.thisMachine.text("proc/self/task/\(thread)/status")
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") })
        return try CPUSet(parsing: line.split(separator: ":")[1])
    }

    /// On a thread of its own, so that no binding is left on one of the test runner's.
    private func onNewThread(_ body: @escaping @Sendable () throws -> Void) throws {
        final class Outcome: @unchecked Sendable {  // written before `done` is signalled, read after
            var error: (any Error)?
            let done = DispatchSemaphore(value: 0)
        }
        let outcome = Outcome()
        Thread {
            do { try body() } catch { outcome.error = error }
            outcome.done.signal()
        }.start()
        outcome.done.wait()
        if let error = outcome.error { throw error }
    }

    @Test func aThreadIsBoundForTheTimeOfACall() throws {
        try onNewThread {
            let before = try ThreadAffinity.cpus()
            let first = CPUSet([before.first!])
            let during = try ThreadAffinity.bound(to: first) { try? ThreadAffinity.cpus() }
            #expect(during == first)
            let after = try ThreadAffinity.cpus()
            #expect(after == before)
        }
    }

    @Test("another thread is bound by its id, and the kernel's files say so, too")
    func bindsAnotherThread() throws {
        let (started, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        final class Place: @unchecked Sendable { var thread = 0 }  // written before `started` is signalled
        let place = Place()
        Thread {
            place.thread = ThreadAffinity.callingThread
            started.signal()
            ended.wait()
        }.start()
        started.wait()
        defer { ended.signal() }
        let first = CPUSet([try ThreadAffinity.cpus().first!])
        try ThreadAffinity.bind(thread: place.thread, to: first)
        let told = try kernelCPUs(ofThread: place.thread)
        #expect(told == first)
        #expect(ThreadAffinity.threads.contains(place.thread))
        #expect(ThreadCPUTime.nanoseconds(ofThread: place.thread) ?? 0 > 0)
    }

    @Test func whatIsNotThereIsRefused() throws {
        try onNewThread {
            let before = try ThreadAffinity.cpus()
            let missing: CPUSet = [CPUSet.numberLimit - 1]
            let refused = ThreadBindingError(cpus: missing, problem: .system(code: EINVAL))
            #expect(throws: refused) { try ThreadAffinity.bind(to: missing) }
            // The kernel takes the part that there is, which isn't what was asked for.
            let half = before.union(missing)
            let halved = ThreadBindingError(cpus: half, problem: .differs(actual: before))
            #expect(throws: halved) { try ThreadAffinity.bind(to: half) }
            #expect(throws: ThreadBindingError(cpus: [], problem: .noCPUs)) { try ThreadAffinity.bind(to: []) }
            let after = try ThreadAffinity.cpus()
            #expect(after == before)
        }
        let gone = ThreadBindingError(cpus: [], problem: .system(code: ESRCH))
        #expect(throws: gone) { try ThreadAffinity.cpus(ofThread: 1 << 22) }
        #expect(ThreadCPUTime.nanoseconds(ofThread: 1 << 22) == nil)
    }
}
