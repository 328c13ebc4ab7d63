// The parker: no wake-up is lost, none is kept twice, and time-outs take about as long as they should.

import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite(.serialized) struct ParkerTests {
    private static let forever = 60_000_000_000

    @Test func aWakeUpThatComesFirstIsKept() {
        let parker = Parker()
        parker.wake()
        #expect(nanoseconds { parker.park(nanoseconds: Self.forever) } < Self.forever / 2)
    }

    @Test func severalWakeUpsCountAsOne() {
        let parker = Parker()
        for _ in 0..<3 { parker.wake() }
        parker.park(nanoseconds: Self.forever)
        #expect(nanoseconds { parker.park(nanoseconds: 20_000_000) } >= 20_000_000)
    }

    /// Never early; late only by what a busy machine takes.
    @Test(arguments: [0, 100_000, 5_000_000, 1_050_000_000])
    func aTimeOutTakesItsTime(duration: Int) {
        let parker = Parker()
        let slept = nanoseconds { parker.park(nanoseconds: duration) }
        #expect(slept >= duration)
        #expect(slept < duration + 5_000_000_000)
    }

    @Test func aWakeUpEndsALongSleep() throws {
        let shared = Pair()
        let start = monotonicNanoseconds()
        let sleeper = try Thread(name: "sleeper") { shared.first.park(nanoseconds: Self.forever) }
        usleep(50_000)
        shared.first.wake()
        sleeper.join()
        #expect(monotonicNanoseconds() - start < Self.forever / 2)
    }

    /// Two threads wake each other in turn, with nothing else to go by: each sleep ends by exactly one wake-up, and
    /// hands over what its sender wrote.
    @Test func wakeUpsAloneAreEnough() throws {
        let rounds = 100_000
        let shared = Pair()
        let partner = try Thread(name: "partner") {
            for _ in 0..<rounds {
                shared.longSleep(of: shared.second)
                shared.note += 1
                shared.first.wake()
            }
        }
        var unseen = 0
        for round in 0..<rounds {
            shared.note += 1
            shared.second.wake()
            shared.longSleep(of: shared.first)
            if shared.note != 2 * round + 2 { unseen += 1 }
        }
        partner.join()
        #expect(shared.lost.load(ordering: .relaxed) == 0)
        #expect(unseen == 0)
    }

    /// The same with time-outs mixed in, so short that many run out just as the wake-up comes.
    @Test func timeOutsLoseNoWakeUp() throws {
        let rounds = 100_000
        let shared = Pair()
        let partner = try Thread(name: "partner") {
            for round in 0..<rounds {
                while shared.turn.load(ordering: .relaxed) != 2 * round + 1 { shared.longSleep(of: shared.second) }
                shared.turn.store(2 * round + 2, ordering: .relaxed)
                shared.first.wake()
            }
        }
        for round in 0..<rounds {
            shared.turn.store(2 * round + 1, ordering: .relaxed)
            shared.second.wake()
            while shared.turn.load(ordering: .relaxed) != 2 * round + 2 {
                if round % 3 == 0 {
                    shared.first.park(nanoseconds: round % 20_000)
                } else {
                    shared.longSleep(of: shared.first)
                }
            }
        }
        partner.join()
        #expect(shared.lost.load(ordering: .relaxed) == 0)
    }

    /// Many wake one: the Dekker handshake that a lane uses. It says that it sleeps, then looks once more.
    @Test func manyWakersLoseNothing() throws {
        let perWaker = 100_000
        let shared = Pair()
        let wakers = try (0..<3).map { index in
            try Thread(name: "waker \(index)") {
                for index in 0..<perWaker {
                    shared.turn.wrappingAdd(1, ordering: .sequentiallyConsistent)
                    if shared.isAsleep.load(ordering: .sequentiallyConsistent) { shared.first.wake() }
                    if index % 8 == 0 { sched_yield() }  // so that the sleeper catches up, and sleeps
                }
            }
        }
        var seen = 0
        while seen < 3 * perWaker {
            shared.isAsleep.store(true, ordering: .sequentiallyConsistent)
            if shared.turn.load(ordering: .sequentiallyConsistent) == seen {
                shared.longSleep(of: shared.first)
            }
            shared.isAsleep.store(false, ordering: .sequentiallyConsistent)
            seen = shared.turn.load(ordering: .sequentiallyConsistent)
        }
        for waker in wakers { waker.join() }
        #expect(shared.lost.load(ordering: .relaxed) == 0)
    }

    private func nanoseconds(_ body: () -> Void) -> Int {
        let start = monotonicNanoseconds()
        body()
        return monotonicNanoseconds() - start
    }

    /// What threads share. `note` isn't atomic, so that ThreadSanitizer sees whether wake-ups order it.
    private final class Pair: @unchecked Sendable {  // `note` is handed over by wake-ups
        let first = Parker(), second = Parker()
        let turn = Atomic(0)
        let isAsleep = Atomic(false)
        let lost = Atomic(0)
        var note = 0

        /// Sleeps ten seconds at most; running out means that a wake-up was lost.
        func longSleep(of parker: borrowing Parker) {
            let start = monotonicNanoseconds()
            parker.park(nanoseconds: 10_000_000_000)
            if monotonicNanoseconds() - start >= 10_000_000_000 { lost.wrappingAdd(1, ordering: .relaxed) }
        }
    }
}
