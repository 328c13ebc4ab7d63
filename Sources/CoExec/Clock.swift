// The clock of every time stamp in the library.

import Glibc

/// Nanoseconds of CLOCK_MONOTONIC: never steps back, and other tools' traces use it too.
public func monotonicNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Sleeps until a point of that clock, signals notwithstanding.
package func sleep(untilNanoseconds deadline: Int) {
    var time = timespec(tv_sec: deadline / 1_000_000_000, tv_nsec: deadline % 1_000_000_000)
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
}
