// Time in which the process didn't run: stopped by a signal or a debugger, in a frozen cgroup, or without a core on a
// machine that is too busy. Values without threads, told the time by whoever has the stream's lock; the clock that
// they are told, CLOCK_MONOTONIC, goes on meanwhile, but for a machine that sleeps.

/// How long each lane has been at its frame, counting only time in which somebody was there to look. Owner: the
/// supervisor, whose looks being late says that nobody ran, or that lanes may not have run either.
struct HangWatch {
    private struct Run {
        var ticket = -1
        var start = 0
        var nanoseconds = 0
    }
    private var runs: [Run] = []
    private var latestLook: Int?
    /// What passes as time since the look before.
    private var credit = 0

    /// How often to look.
    static let periodNanoseconds = 10_000_000
    private static let greatestCredit = 2 * periodNanoseconds

    /// All lanes are about to be looked at.
    mutating func look(at now: Int) {
        credit = min(latestLook.map { now - $0 } ?? 0, Self.greatestCredit)
        latestLook = now
    }

    /// How long a lane has been at a frame by this look. Lanes that no frame was seen with are asked nothing.
    /// - Parameter start: when the lane started the frame.
    mutating func nanoseconds(of lane: Int, at ticket: Int, since start: Int) -> Int {
        while runs.count <= lane { runs.append(Run()) }
        if runs[lane].ticket != ticket || runs[lane].start != start {
            runs[lane] = Run(ticket: ticket, start: start, nanoseconds: 0)
        }
        runs[lane].nanoseconds += min(credit, max(latestLook! - start, 0))
        return runs[lane].nanoseconds
    }
}

/// When the whole process stood still, for the stream's figures: such time is part of no frame's service time or
/// latency. A gap between looks counts only if the process had hardly computed meanwhile: on a busy machine a look may
/// be late while lanes run.
struct StandstillLog {
    private(set) var count = 0
    private(set) var totalNanoseconds = 0
    private var latest: [Range<Int>] = []
    /// The latest look, or the start of the count after it; far in the future while nobody looks.
    private var lookNanoseconds = Int.max
    private var lookCPUNanoseconds = 0
    private let coreCount: Int

    /// Shorter gaps happen on a busy machine.
    private static let shortest = 200_000_000
    /// Those that are kept one by one: no frame in flight spans more.
    private static let keptCount = 1000

    init(coreCount: Int) { self.coreCount = coreCount }

    /// Somebody looks, as somebody does every `HangWatch.periodNanoseconds`.
    /// - Parameter cpuNanoseconds: of all the process's threads so far.
    mutating func look(at now: Int, cpuNanoseconds: Int) {
        let (since, computed) = (lookNanoseconds, cpuNanoseconds - lookCPUNanoseconds)
        (lookNanoseconds, lookCPUNanoseconds) = (now, cpuNanoseconds)
        let gap = now - since
        // Up to a period after the last look all was well.
        let start = since &+ HangWatch.periodNanoseconds
        guard gap > Self.shortest, computed <= gap / 10 + coreCount * HangWatch.periodNanoseconds else { return }
        count += 1
        totalNanoseconds += now - start
        if latest.count == Self.keptCount { latest.removeFirst() }
        latest.append(start..<now)
    }

    /// Only what comes counts: of a standstill that the next look finds, too, only what lies behind this time.
    mutating func restartCount(at now: Int) {
        (count, totalNanoseconds, latest) = (0, 0, [])
        if lookNanoseconds != .max { lookNanoseconds = now }
    }

    /// Nobody looks from now on.
    mutating func endLooking() { lookNanoseconds = .max }

    /// Whether whoever books something at this time is awake before the one who looks.
    func isLookLate(at now: Int) -> Bool { now - lookNanoseconds > Self.shortest }

    /// What of a time was standstill.
    func nanoseconds(from start: Int, to end: Int) -> Int {
        count == 0 ? 0 : latest.reduce(0) { $0 + max(min($1.upperBound, end) - max($1.lowerBound, start), 0) }
    }
}
