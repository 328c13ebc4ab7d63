import CoExec
import Testing

@testable import Devices

@Suite struct DutyCycleTests {
    /// A clock that only the test moves.
    final class VirtualClock {
        var now = 1_000_000
        var slept = 0
        /// How much later than asked sleeps end, in turn.
        var lateness: [Int] = [0]
        private var sleepCount = 0

        var clock: DutyCycle.Clock {
            DutyCycle.Clock(now: { self.now }) { deadline in
                let end = max(self.now, deadline) + self.lateness[self.sleepCount % self.lateness.count]
                self.sleepCount += 1
                self.slept += end - self.now
                self.now = end
            }
        }
    }

    /// Throughput of `count` frames relative to full speed.
    /// - Parameters:
    ///   - cooling: how much longer work takes right after a sleep.
    ///   - gap: between frames, at any speed.
    private func relativeThroughput(
        _ speed: Double, work: [Int], count: Int, cooling: Double = 1, gap: Int = 0, lateness: [Int] = [0]
    ) -> Double {
        let virtual = VirtualClock()
        virtual.lateness = lateness
        var cycle = DutyCycle(speed: speed, clock: virtual.clock)
        var full = 0
        var lastSlept = 0
        let start = virtual.now
        func compute(_ nanoseconds: Int) {
            let isCold = virtual.slept != lastSlept
            lastSlept = virtual.slept
            virtual.now += isCold ? Int(Double(nanoseconds) * cooling) : nanoseconds
        }
        for frame in 0..<count {
            let nanoseconds = work[frame % work.count]
            cycle.run {
                compute(nanoseconds)
            } rehearsal: {
                compute(nanoseconds)
            }
            virtual.now += gap
            full += nanoseconds + gap
        }
        return Double(full) / Double(virtual.now - start)
    }

    @Test(arguments: [0.001, 0.1, 0.25, 0.5, 0.9, 0.99])
    func throughputIsExact(speed: Double) {
        for work in [[100_000], [10_000_000], [1_000_000, 5_000_000, 200_000]] {
            #expect(abs(relativeThroughput(speed, work: work, count: 30_000) / speed - 1) < 2e-4)
        }
    }

    @Test("late sleeps are made up for, also where they are longer than what is to be slept")
    func lateSleeps() {
        for (speed, work) in [(0.9, 100_000), (0.5, 100_000), (0.1, 10_000_000)] {
            let relative = relativeThroughput(
                speed, work: [work], count: 30_000, lateness: [55_000, 60_000, 4_000_000, 70_000])
            #expect(abs(relative / speed - 1) < 0.002, "\(relative) at \(speed)")
        }
    }

    @Test("work that sleeping makes longer counts as what it is at full speed")
    func coolingIsMeasured() {
        for speed in [0.1, 0.5, 0.9] {
            let relative = relativeThroughput(speed, work: [1_000_000], count: 3000, cooling: 1.2)
            #expect(abs(relative / speed - 1) < 0.003, "\(relative) at \(speed)")
        }
    }

    @Test func whatComesBetweenFramesCounts() {
        let relative = relativeThroughput(0.2, work: [100_000], count: 3000, gap: 10_000)
        #expect(abs(relative / 0.2 - 1) < 1e-3)
        // Waiting doesn't: a lane that waits as long as it works has time to be slow in.
        let waiting = relativeThroughput(0.5, work: [100_000], count: 3000, gap: 100_000)
        #expect(abs(waiting - 200_000.0 / 300_000) < 1e-3)
    }

    @Test("a machine that stood still is no reason to race for long")
    func standstill() {
        let virtual = VirtualClock()
        virtual.lateness = [10_000_000_000]
        var cycle = DutyCycle(speed: 0.5, clock: virtual.clock)
        func frame() -> Int {
            let start = virtual.now
            cycle.run({ virtual.now += 10_000_000 }, rehearsal: { virtual.now += 10_000_000 })
            return virtual.now - start
        }
        #expect(frame() > 10_000_000_000)
        virtual.lateness = [0]
        let next = (0..<20).map { _ in frame() }
        // 50 ms of credit are five frames' sleep.
        #expect(next.prefix(5).allSatisfy { $0 == 10_000_000 })
        #expect(next.dropFirst(5).prefix(2).allSatisfy { $0 == 20_000_000 })
    }

    @Test("a lane that is pushed off its core doesn't look dead after")
    func pushedOff() {
        let virtual = VirtualClock()
        var cycle = DutyCycle(speed: 0.1, clock: virtual.clock)
        func frame(_ nanoseconds: Int) -> Int {
            let start = virtual.now
            cycle.run({ virtual.now += nanoseconds }, rehearsal: { virtual.now += 1_000_000 })
            return virtual.now - start
        }
        for _ in 0..<100 { _ = frame(1_000_000) }
        // Three usual frames' stretch, and the time itself.
        #expect(frame(500_000_000) < 500_000_000 + 31_000_000)
        #expect(frame(1_000_000) < 11_000_000)
    }

    @Test func workThatFailsIsNotStretched() {
        struct Failure: Error {}
        let virtual = VirtualClock()
        var cycle = DutyCycle(speed: 0.1, clock: virtual.clock)
        #expect(throws: Failure.self) { try cycle.run({ throw Failure() }, rehearsal: {}) }
        #expect(virtual.slept == 0)
    }

    @Test func fullSpeedAddsNothing() {
        let virtual = VirtualClock()
        var cycle = DutyCycle(speed: 1, clock: virtual.clock)
        var runs = 0
        for _ in 0..<100 { cycle.run({ runs += 1 }, rehearsal: { runs += 1 }) }
        #expect(runs == 100 && virtual.slept == 0)
    }
}
