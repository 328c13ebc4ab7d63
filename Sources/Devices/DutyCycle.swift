// Emulates a slower unit: works, then sleeps for as long as the slower unit would still be working.
// Each lane has its own, used on that lane's thread.

import CoExec

/// Stretches work to 1 ÷ speed of the time that it takes at full speed, by sleeping after it.
///
/// The throughput of a lane that always has work is, in the long run, `speed` times what it would be at full speed:
///
/// - Sleeps that end late, as all do by some microseconds, are made up for by later ones.
/// - Work right after a sleep takes longer than in one go, since caches, predictors and the core's clock have cooled
///   down. How much longer is measured: now and then, before a piece of work, a rehearsal is done several times in a
///   row, and its last time is compared to its first one.
/// - What the lane does between two pieces of work counts as work, unless it waited.
///
/// Time is time on the wall: a lane that other programs push off its core would be pushed off at full speed too, and a
/// lane that waits for an accelerator has no other measure. Only of a piece of work that takes several times as long as
/// usual, the rest is not stretched: a tenth of a second without a core would make a lane look dead at a tenth of its
/// speed.
struct DutyCycle {
    /// What it reads and sleeps by.
    struct Clock {
        let now: () -> Int
        let sleep: (_ untilNanoseconds: Int) -> Void

        static var monotonic: Clock { Clock(now: monotonicNanoseconds, sleep: sleep(untilNanoseconds:)) }
    }

    /// Relative to the real unit, in (0, 1]; 1 adds nothing.
    let speed: Double
    private let clock: Clock

    /// What the slower unit would still be working; negative where sleeps have been too long.
    private var owedNanoseconds = 0.0
    /// When the last piece of work was over, sleep included; nil before the first.
    private var lastEnd: Int?
    private var hasSlept = false
    /// A moving average of work, nil before the first.
    private var usualNanoseconds: Double?
    /// Since the last rehearsal.
    private var sleptNanoseconds = 0
    private var rehearsalCount = 0
    /// The latest ratios of warm work to work right after a sleep.
    private var ratios: [Double] = []
    private var ratio = 1.0
    /// Work right after sleeps from before the ratio was known.
    private var unratedNanoseconds = 0.0

    init(speed: Double, clock: Clock = .monotonic) { (self.speed, self.clock) = (speed, clock) }

    /// Longer than this a lane has waited for a frame, rather than seen to the stream.
    private static let longestGapNanoseconds = 50_000
    /// The most that is made up for, or three usual pieces of work: a sleep that ends later isn't the timer's doing.
    private static let greatestCredit = 50_000_000.0
    /// What counts of a piece of work, at most, in usual ones.
    private static let longestWork = 3.0
    private static let newestShare = 0.125
    /// A rehearsal takes this long at least: a core's clock takes some milliseconds to rise.
    private static let rehearsalNanoseconds = 10_000_000
    private static let longestRehearsal = 100
    /// What has been slept between rehearsals, in rehearsals: of the first few, and of later ones.
    private static let firstRehearsals = (count: 4, interval: 2)
    private static let rehearsalInterval = 64
    private static let ratioCount = 15
    /// What is beyond is another program's doing.
    private static let ratioRange = 0.5...1.25

    /// - Parameters:
    ///   - work: what the slower unit does.
    ///   - rehearsal: work of the same kind, always the same.
    mutating func run(_ work: () throws -> Void, rehearsal: () throws -> Void) rethrows {
        guard speed < 1 else { return try work() }
        let begin = clock.now()
        let gap = lastEnd.map { begin - $0 } ?? .max
        lastEnd = nil
        let isCold = hasSlept
        let isRehearsed = isCold && isRehearsalDue
        if isRehearsed { try rehearse(rehearsal) }
        let start = isRehearsed ? clock.now() : begin
        try work()
        var end = clock.now()
        let usual = usualNanoseconds ?? Double(end - start)
        let worked = min(Double(end - start), Self.longestWork * usual)
        usualNanoseconds = usual + (worked - usual) * Self.newestShare
        let full = worked * (isCold && !isRehearsed ? ratio : 1)
        if isCold && rehearsalCount == 0 { unratedNanoseconds += worked }
        owedNanoseconds += full / speed - (worked + Double(start - begin))
        if gap <= Self.longestGapNanoseconds { owedNanoseconds += Double(gap) * (1 / speed - 1) }
        hasSlept = owedNanoseconds >= 1
        if hasSlept {
            clock.sleep(end + Int(owedNanoseconds))
            let now = clock.now()
            sleptNanoseconds += Int(owedNanoseconds)
            owedNanoseconds -= Double(now - end)
            end = now
        }
        owedNanoseconds = max(owedNanoseconds, -max(Self.greatestCredit, Self.longestWork * usual))
        lastEnd = end
    }

    private var isRehearsalDue: Bool {
        let (first, interval) = Self.firstRehearsals
        let cost = max(Self.rehearsalNanoseconds, 2 * Int(usualNanoseconds ?? 0))
        return sleptNanoseconds >= (rehearsalCount < first ? interval : Self.rehearsalInterval) * cost
    }

    private mutating func rehearse(_ rehearsal: () throws -> Void) rethrows {
        let start = clock.now()
        try rehearsal()
        var last = clock.now()
        let cold = last - start
        var warm = cold
        for _ in 1..<Self.longestRehearsal {
            try rehearsal()
            let now = clock.now()
            (warm, last) = (now - last, now)
            if last - start >= Self.rehearsalNanoseconds { break }
        }
        (sleptNanoseconds, rehearsalCount) = (0, rehearsalCount + 1)
        if ratios.count == Self.ratioCount { ratios.removeFirst() }
        ratios.append(
            min(max(Double(warm) / Double(max(cold, 1)), Self.ratioRange.lowerBound), Self.ratioRange.upperBound))
        ratio = ratios.sorted()[ratios.count / 2]
        owedNanoseconds -= unratedNanoseconds * (1 - ratio) / speed
        unratedNanoseconds = 0
    }
}
