// The clock of every time stamp in the library, and the one that other machines have too.

import Glibc

/// Nanoseconds of CLOCK_MONOTONIC: never steps back, and other tools' traces use it too.
@inlinable
public func monotonicNanoseconds() -> Int { nanoseconds(of: CLOCK_MONOTONIC) }

/// Nanoseconds since 1970, of CLOCK_REALTIME: steps when the machine's time is set.
package func realtimeNanoseconds() -> Int { nanoseconds(of: CLOCK_REALTIME) }

/// Sleeps until a point of the monotonic clock, signals notwithstanding.
package func sleep(untilNanoseconds deadline: Int) {
    var time = timespec(tv_sec: deadline / 1_000_000_000, tv_nsec: deadline % 1_000_000_000)
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
}

@inlinable
func nanoseconds(of clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
