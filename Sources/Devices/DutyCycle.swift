// Emulates a slower unit: works, then sleeps for as long as the slower unit would still be working.

import CoExec
import Glibc

/// Stretches work to 1 ÷ speed of its time by sleeping after it.
struct DutyCycle {
    /// Relative to the real unit, in (0, 1]; 1 adds nothing.
    let speed: Double

    func run(_ work: () throws -> Void) rethrows {
        guard speed < 1 else { return try work() }
        let start = monotonicNanoseconds()
        try work()
        let now = monotonicNanoseconds()
        sleep(until: now + Int(Double(now - start) * (1 / speed - 1)))
    }

    /// Sleeps until a point of the monotonic clock, signals notwithstanding.
    private func sleep(until deadlineNanoseconds: Int) {
        var deadline = timespec(
            tv_sec: deadlineNanoseconds / 1_000_000_000, tv_nsec: deadlineNanoseconds % 1_000_000_000)
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, nil) == EINTR {}
    }
}
