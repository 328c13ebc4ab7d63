// The clock that ways to compute are timed by. Made for one compilation, used on its thread.
import EnginePlanning
import Glibc

final class CPUTimer {
    private let turns: (any MeasuringTurns)?
    private let clock: clockid_t
    /// Fills the caches with something else; nil where there is no memory for it.
    private lazy var others = try? AlignedBuffer(bytes: Self.evictingBytes)
    /// More than a core's share of any common last-level cache.
    private static let evictingBytes = 64 << 20

    /// - Parameter threads: of what is timed. One's own time leaves out what others have of its CPU.
    init(_ tuning: Tuning, threads: Int) {
        turns = tuning.turns
        clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC
    }

    /// Nanoseconds of the shortest of a few runs.
    /// - Parameters:
    ///   - evicting: empties the caches before each.
    ///   - limit: what takes twice as long isn't run a second time.
    func shortest<Failure>(
        evicting: Bool, limit: Int, _ run: () throws(Failure) -> Void
    ) throws(Failure) -> Int {
        let others = evicting ? self.others : nil
        return try Trials.shortest(limit: limit, in: turns) { () throws(Failure) in
            others?.address.initializeMemory(as: UInt8.self, repeating: 1, count: Self.evictingBytes)
            let start = now
            try run()
            return now - start
        }
    }

    private var now: Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
