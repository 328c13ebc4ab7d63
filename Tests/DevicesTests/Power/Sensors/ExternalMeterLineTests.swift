import Testing

@testable import Devices

@Suite struct ExternalMeterLineTests {
    @Test(
        arguments: [
            ("3.25", .sample(nil, watts: 3.25)), ("  -0.5\t", .sample(nil, watts: -0.5)),
            ("12.5 3", .sample(.nanoseconds(12_500_000_000), watts: 3)),
            ("1700000000.123456789,4.5", .sample(.nanoseconds(1_700_000_000_123_456_789), watts: 4.5)),
            ("1700000000123 ; 4.5 # V", .sample(.ticks(1_700_000_000_123), watts: 4.5)),
            ("17\t4e-3", .sample(.ticks(17), watts: 0.004)),
            ("1.5e1 2", .sample(.nanoseconds(15_000_000_000), watts: 2)),
            ("0.1234567891 2", .sample(.nanoseconds(123_456_789), watts: 2)),
            ("5. 2", .sample(.nanoseconds(5_000_000_000), watts: 2)),
            ("", .blank), (" \t", .blank), ("# time watts", .blank),
            ("time watts", .unreadable), ("1 2 3", .unreadable), ("1 nan", .unreadable), ("3.2W", .unreadable),
            ("1e300 2", .unreadable), ("1.2.3 4", .unreadable), ("inf 2", .unreadable),
        ] as [(String, ExternalMeterLine)])
    func line(text: String, expected: ExternalMeterLine) { #expect(ExternalMeterLine(text) == expected) }
}

@Suite struct MeterClockTests {
    /// Lines of a meter: what its clock shows and when they come, in ns; gives the samples' times.
    private func times(
        _ lines: [(ExternalMeterLine.Time, arrival: Int)], realtimeOffset: Int = 0
    ) -> (times: [Int], lost: Int) {
        var clock = MeterClock(realtimeOffsetNanoseconds: realtimeOffset)
        var times: [Int] = []
        var lost = 0
        for (time, arrival) in lines {
            let reading = MeterClock.Reading(time: time, watts: 1, arrivalNanoseconds: arrival)
            if !clock.take(reading, give: { times.append($0.nanoseconds) }) { lost += 1 }
        }
        return (times, lost)
    }

    private let epoch = 1_700_000_000_000_000_000
    private let millisecond = 1_000_000

    @Test("a time since 1970 is told by its size, in any unit", arguments: [1, 1_000, 1_000_000, 1_000_000_000])
    func sinceEpoch(tick: Int) {
        // This machine has been up for 5 s; lines take 30 ms.
        let (boot, up) = (epoch - 5_000_000_000, 5_000_000_000)
        let lines = (0..<3).map { line in
            (
                ExternalMeterLine.Time.ticks((epoch + line * 2_000_000_000) / tick),
                arrival: up + line * 2_000_000_000 + 30 * millisecond
            )
        }
        let result = times(lines, realtimeOffset: boot)
        #expect(result.times == [up, up + 2_000_000_000, up + 4_000_000_000] && result.lost == 0)
    }

    @Test("another origin's unit shows as its numbers grow", arguments: [1, 1_000, 1_000_000, 1_000_000_000])
    func ownOrigin(tick: Int) {
        // A line every 100 ms, or every 2 s where the unit is 1 s; lines take 7 ms, or 1 to 20 ms more.
        let step = max(100 * millisecond, tick == 1_000_000_000 ? 2_000_000_000 : 0)
        let lags = [20, 3, 0, 9, 15, 2].map { ($0 + 7) * millisecond }
        let lines = lags.enumerated().map { line, lag in
            (
                ExternalMeterLine.Time.ticks((77_000_000_000 + line * step) / tick),
                arrival: 3 * millisecond + line * step + lag
            )
        }
        let result = times(lines, realtimeOffset: epoch)
        // The quickest line is taken for the origin: each sample is its 7 ms late, and but for drift no more once it
        // was seen.
        #expect(result.times.count == 6 && result.lost == 0)
        let late = zip(result.times, 0...).map { time, line in time - 3 * millisecond - line * step }
        let drift = (lines.last!.arrival - lines[0].arrival) / 5000
        #expect((7 * millisecond...7 * millisecond + drift).contains(late.last!))
        #expect(late.allSatisfy { (7 * millisecond...27 * millisecond).contains($0) })
    }

    @Test("a clock that runs slow is followed, a time that jumps is lost and pulls nothing after it")
    func drift() {
        let second = 1_000_000_000
        // 100 millionths slow over five hours, a line a second; one in the middle is a year ahead, one an hour back.
        var lines = (0..<18_000).map { line in
            (ExternalMeterLine.Time.nanoseconds(line * (second - 100_000)), arrival: 50 * second + line * second)
        }
        lines[9000].0 = .nanoseconds(365 * 86_400 * second)
        lines[9001].0 = .nanoseconds(5400 * second)
        let result = times(lines, realtimeOffset: epoch)
        #expect(result.lost == 2)
        let late = zip(result.times.suffix(100), lines.suffix(100)).map { $1.arrival - $0 }
        #expect(late.allSatisfy { (0...100 * millisecond).contains($0) }, "\(late.last!)")
    }

    @Test("numbers that never grow are no times, and aren't kept for ever")
    func noTimes() {
        let lines = (0..<2000).map { (ExternalMeterLine.Time.ticks(1), arrival: $0 * 10 * millisecond) }
        let result = times(lines, realtimeOffset: epoch)
        #expect(result.times.isEmpty && result.lost > 0)
    }

    @Test("seconds with a fraction and an origin of their own")
    func fractions() {
        let lines = (0..<40).map { line in
            (
                ExternalMeterLine.Time.nanoseconds(line * 10 * millisecond),
                arrival: 900 * millisecond + line * 10 * millisecond
            )
        }
        #expect(times(lines, realtimeOffset: epoch).times == (0..<40).map { 900 * millisecond + $0 * 10 * millisecond })
    }

    @Test("until unit and origin are known, nothing is told")
    func learning() {
        let lines = (0..<5).map { (ExternalMeterLine.Time.ticks($0), arrival: $0 * 50 * millisecond) }
        #expect(times(lines, realtimeOffset: epoch).times.isEmpty)
        // A clock that stands still never tells its unit.
        let standing = (0..<100).map { (ExternalMeterLine.Time.ticks(4), arrival: $0 * 50 * millisecond) }
        #expect(times(standing, realtimeOffset: epoch).times.isEmpty)
    }

    @Test("a number that cannot be a time is lost, not a crash")
    func overflow() {
        let good = (0..<10).map { (ExternalMeterLine.Time.ticks($0 * 100), arrival: $0 * 100 * millisecond) }
        let result = times(good + [(.ticks(.max), arrival: 1_000 * millisecond)], realtimeOffset: epoch)
        #expect(result.times.count == 10 && result.lost == 1)
    }
}
