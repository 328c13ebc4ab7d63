import System
import Testing

@testable import CoExec

/// Time in which nothing ran is nobody's hang, and part of no figure: told in virtual time.
@Suite struct StandstillTests {
    private static let period = HangWatch.periodNanoseconds
    private static let second = 1_000_000_000

    @Test func aLaneHangsForTheTimeInWhichSomebodyLooked() {
        var watch = HangWatch()
        var elapsed = 0
        for tick in 0...200 {
            watch.look(at: tick * Self.period)
            elapsed = watch.nanoseconds(of: 0, at: 7, since: 5_000_000)
        }
        #expect(elapsed == 2 * Self.second - 5_000_000)
    }

    @Test func aStoppedProcessHasNoHungLane() {
        var watch = HangWatch()
        var now = 0
        var greatest = 0
        for _ in 0..<10 {
            for _ in 0..<5 {
                now += Self.period
                watch.look(at: now)
                greatest = max(greatest, watch.nanoseconds(of: 1, at: 3, since: 1_000_000))
            }
            now += 5 * Self.second  // SIGSTOP … SIGCONT
        }
        #expect(greatest <= 60 * Self.period)
        // The lane does hang: found as soon as it was looked at for long enough.
        for _ in 0..<200 {
            now += Self.period
            watch.look(at: now)
            greatest = watch.nanoseconds(of: 1, at: 3, since: 1_000_000)
        }
        #expect(greatest > 2 * Self.second)
    }

    /// A frame that a lane starts while nobody looks is not older than it is; the same ticket run again is a new run.
    @Test func aFrameIsNoOlderThanItsStart() {
        var watch = HangWatch()
        watch.look(at: 0)
        _ = watch.nanoseconds(of: 0, at: 1, since: 0)
        watch.look(at: Self.period)
        #expect(watch.nanoseconds(of: 0, at: 2, since: Self.period - 100) == 100)
        watch.look(at: 2 * Self.period)
        #expect(watch.nanoseconds(of: 0, at: 2, since: 2 * Self.period - 50) == 50)
        #expect(watch.nanoseconds(of: 1, at: 9, since: 2 * Self.period + 50) == 0)
    }

    @Test func aStandstillIsPartOfNoTime() {
        var log = StandstillLog(coreCount: 2)
        log.look(at: 0, cpuNanoseconds: 0)
        log.look(at: Self.period, cpuNanoseconds: Self.period)
        let end = Self.period + 5 * Self.second
        #expect(log.isLookLate(at: end))
        log.look(at: end, cpuNanoseconds: 2 * Self.period)
        #expect(log.count == 1 && log.totalNanoseconds == 5 * Self.second - Self.period)
        #expect(!log.isLookLate(at: end))
        #expect(log.nanoseconds(from: 0, to: 20 * Self.second) == log.totalNanoseconds)
        #expect(log.nanoseconds(from: 0, to: Self.second) == Self.second - 2 * Self.period)
        #expect(log.nanoseconds(from: end, to: 20 * Self.second) == 0)
    }

    /// One that began before the first frame came is taken out of the stream from that frame on.
    @Test(arguments: [0, 2]) func whatLiesBeforeTheStreamDoesntCount(_ seconds: Int) {
        var log = StandstillLog(coreCount: 2)
        log.look(at: 0, cpuNanoseconds: 0)
        let start = 3 * Self.second
        let end = start + seconds * Self.second
        log.restartCount(at: start)
        log.look(at: end, cpuNanoseconds: Self.period)
        #expect(log.count == (seconds == 0 ? 0 : 1))
        #expect(log.totalNanoseconds == max(end - start - Self.period, 0))
        #expect(log.nanoseconds(from: 0, to: end) == log.totalNanoseconds)
    }

    /// Nor does a stream that nobody looks at begin to be looked at by its first frame.
    @Test func aStreamThatNobodyLooksAtHasNone() {
        var log = StandstillLog(coreCount: 2)
        log.restartCount(at: Self.second)
        #expect(!log.isLookLate(at: 9 * Self.second))
        log.look(at: 9 * Self.second, cpuNanoseconds: 0)
        #expect(log.count == 0)
    }

    @Test func aLateLookOfAProcessThatComputesIsNoStandstill() {
        var log = StandstillLog(coreCount: 2)
        log.look(at: 0, cpuNanoseconds: 0)
        log.look(at: Self.second, cpuNanoseconds: Self.second)
        #expect(log.count == 0)
        log.endLooking()
        #expect(!log.isLookLate(at: 10 * Self.second))
        log.look(at: 20 * Self.second, cpuNanoseconds: Self.second)
        #expect(log.count == 0)
    }

    /// Books of a stream whose process stands still for 5 s while a frame runs: told by whoever is awake first.
    @Test func theFiguresOfAStreamLeaveItOut() {
        var state = Dispatcher(options: StreamOptions(window: 4), window: 4)
        _ = state.addDevice("a", laneCount: 1, at: .init(device: 0, firstLane: 0))
        state.laneOpened(0, prior: nil, now: 0)
        let milli = 1_000_000
        for frame in 0..<2 {
            let start = frame * 5 * Self.second
            state.standstill.look(at: start, cpuNanoseconds: processCPUNanoseconds())
            let ticket = state.admit(now: start)
            let assignment = state.take(0, now: start)
            #expect(assignment == .run(ticket..<ticket + 1))
            let isClaimed = state.claims[ticket].pointee.claim(ticket)
            #expect(isClaimed)
            let end = start + (frame == 0 ? 5 * Self.second : 20 * milli)
            state.claims[ticket].pointee.publish(ticket, by: 0, serviceNanoseconds: end - start)
            state.book(
                [LaneRun(ticket: ticket, sequence: ticket, start: start, end: end, outcome: .published)], error: nil,
                of: 0)
            let latency = state.takeHead(now: end)!.latencyNanoseconds
            #expect(latency <= 20 * milli)
            state.advanceHead(by: 1)
        }
        let report = state.report
        #expect(report.standstillNanoseconds == 5 * Self.second - Self.period)
        #expect(report.durationNanoseconds == 30 * milli && report.workNanoseconds == 30 * milli)
        #expect(report.devices[0].busyNanoseconds == 30 * milli)
        #expect(abs(report.devices[0].serviceTime.maximum - 20 * milli) < 100_000)
        let estimate = state.lanes[0].estimate.nanoseconds
        #expect(estimate == 20 * milli)
    }
}
