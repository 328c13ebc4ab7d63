// Whether a command measures choices, and how it shows that it does.

import ArgumentParser
import Kernels
import Synchronization

/// Whether the fastest ways to compute are measured.
struct TuningOptions: ParsableArguments {
    @Flag(
        help: """
            Never measure which way to compute is fastest, and leave alone what is remembered: usual ways, and a lane of \
            one thread a core.
            """)
    var noTune = false

    @Flag(
        help: """
            Measure anew what would be remembered. Without it, lanes and layers are timed once for each network, \
            processor and library version, and remembered in $XDG_CACHE_HOME/coexec (~/.cache/coexec).
            """)
    var retune = false

    func validate() throws {
        if noTune && retune { throw ValidationError("Give --no-tune or --retune, not both.") }
    }

    /// Runs `body` with the tuning asked for, and shows on a terminal what it measures. Ctrl-C cuts it short.
    func withTuning<Result>(_ body: (Tuning) throws -> Result) rethrows -> Result {
        if noTune { return try body(.off) }
        let line = SharedProgress()
        defer { line.progress.withLock { $0.clear() } }
        return try body(
            Tuning(
                retune ? .anew : .remembered, cache: .standard,
                progress: { text in line.progress.withLock { $0.show(text) } },
                isInterrupted: { Interrupt.isRequested }))
    }
}

/// A progress line for closures that may run on any thread.
private final class SharedProgress: Sendable {
    let progress = Mutex(Progress())
}
