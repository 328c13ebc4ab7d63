// Whether a command measures choices, and how it shows that it does.

import ArgumentParser
import Kernels
import Synchronization

/// Whether the fastest ways to compute are measured.
struct TuningOptions: ParsableArguments {
    @Flag(
        help: """
            Never measure which way to compute is fastest, and leave alone what is remembered: usual ways, and a lane \
            of one thread a core.
            """)
    var noTune = false

    @Flag(
        help: """
            Measure anew, and first, what would be remembered. Without it, lanes and layers are timed once for each \
            network, processor and library version, and remembered in $XDG_CACHE_HOME/coexec (~/.cache/coexec).
            """)
    var retune = false

    @Flag(
        help: """
            Measure before the first frame, as all commands but run do anyway: run computes in usual ways until it has \
            measured better ones between frames, and leaves how cores are shared out to lanes as it is remembered.
            """)
    var tuneFirst = false

    func validate() throws {
        if noTune && retune { throw ValidationError("Give --no-tune or --retune, not both.") }
        if noTune && tuneFirst { throw ValidationError("Give --no-tune or --tune-first, not both.") }
    }

    /// Runs `body` with the tuning asked for, and shows on a terminal what it measures. Ctrl-C cuts it short.
    /// - Parameter whileRunning: whether to measure while frames run, unless the user wants it first.
    func withTuning<Result>(whileRunning: Bool = false, _ body: (Tuning) throws -> Result) rethrows -> Result {
        if noTune { return try body(.off) }
        let line = SharedProgress()
        let mode: Tuning.Mode = retune ? .anew : whileRunning && !tuneFirst ? .whileRunning : .remembered
        let tuning = Tuning(
            mode, cache: .standard,
            progress: { text in line.progress.withLock { $0.show(text) } },
            isInterrupted: { Interrupt.isRequested })
        defer {
            line.progress.withLock { $0.clear() }
            Self.warnOnce(ofUnkept: tuning)
        }
        return try body(tuning)
    }

    /// A study makes devices network by network; all have one cache.
    static func warnOnce(ofUnkept tuning: Tuning) {
        guard tuning.hasUnkeptChoices, !hasWarned.exchange(true, ordering: .relaxed) else { return }
        let place = tuning.cache.map { "'\($0.folder)' can't be written, or others may write to it" }
        printWarning(
            "what was measured is lost at the end, since "
                + (place ?? "neither XDG_CACHE_HOME nor HOME names a folder") + "; --no-tune measures nothing")
    }
    private static let hasWarned = Atomic<Bool>(false)
}

/// A progress line for closures that may run on any thread.
private final class SharedProgress: Sendable {
    let progress = Mutex(Progress())
}
