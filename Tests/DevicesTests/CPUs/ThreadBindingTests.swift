import Foundation
import Testing

@testable import Devices

@Suite struct ThreadBindingTests {
    @Test func bindsOneThreadAndReadsItBack() throws {
        let topology = try Topology.thisMachine()
        for cpu in topology.inventory.allowed.numbers {
            try onThreadOfItsOwn { () throws in
                #expect(try topology.bindThread(to: [cpu]) == [cpu])
                #expect(try kernelBinding() == [cpu])
                #expect(try topology.threadBinding() == [cpu])
            }
        }
    }

    @Test func otherThreadsKeepTheirBinding() throws {
        let topology = try Topology.thisMachine()
        let before = try kernelBinding()
        try onThreadOfItsOwn { try topology.bindThread(to: [topology.inventory.allowed.first!]) }
        #expect(try kernelBinding() == before)
    }

    @Test("CPUs that aren't there are named, and the former binding stays")
    func refusesMissingCPUs() throws {
        let topology = try Topology.thisMachine()
        let present = topology.inventory.allowed.first!
        let missing = topology.inventory.online.numbers.last! + 1
        try onThreadOfItsOwn { () throws in
            let before = try kernelBinding()
            let expected = ThreadBindingError(cpus: [present, missing], problem: .notOnline([missing]))
            #expect(throws: expected) { try topology.bindThread(to: [present, missing]) }
            #expect("\(expected)".contains("no CPU \(missing)"))
            #expect(throws: ThreadBindingError(cpus: [], problem: .noCPUs)) { try topology.bindThread(to: []) }
            #expect(try kernelBinding() == before)
        }
    }

    @Test("hwloc would say yes to another machine's CPUs and do nothing")
    func refusesAnotherMachine() throws {
        let dump = try MachineDump([(1000, "0xd03"), (1000, "0xd03")])
        let foreign = try Topology(sysroot: dump.path)
        #expect(throws: ThreadBindingError(cpus: [0], problem: .foreignTopology)) { try foreign.bindThread(to: [0]) }
        #expect(throws: ThreadBindingError(cpus: [], problem: .foreignTopology)) { try foreign.threadBinding() }
    }
}

/// The calling thread's CPUs, from the kernel without hwloc.
private func kernelBinding() throws -> CPUSet {
    let status = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") })
    return try CPUSet(parsing: line.split(separator: ":")[1])
}

/// Runs `body` on a new thread and waits, so that no binding is left on a thread of the test runner.
func onThreadOfItsOwn(_ body: @escaping @Sendable () throws -> Void) throws {
    final class Outcome: @unchecked Sendable {
        // Written before `done` is signalled, read after.
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
