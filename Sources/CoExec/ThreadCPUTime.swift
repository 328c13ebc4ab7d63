// What a thread takes of a core. Started and stopped on that thread, read on any; guarded with the rest of the books.

import Glibc

/// The CPU time of one thread, from when it starts counting to when it stops. The kernel counts, so frames cost
/// nothing.
///
/// The corresponding C function is `pthread_getcpuclockid`; for the calling thread it is CLOCK_THREAD_CPUTIME_ID.
package enum ThreadCPUTime: Sendable {
    case counting(clockid_t, start: Int)
    case stopped(nanoseconds: Int)

    /// Counts the calling thread's time from now on.
    /// - Precondition: `stop` is called before the thread ends, since its clock ends with it.
    package static func start() -> ThreadCPUTime {
        var clock = clockid_t()
        let status = pthread_getcpuclockid(pthread_self(), &clock)
        precondition(status == 0, "a thread that runs has a clock")
        return .counting(clock, start: read(clock))
    }

    package mutating func stop() { self = .stopped(nanoseconds: nanoseconds) }

    /// So far, or in all.
    package var nanoseconds: Int {
        switch self {
        case .counting(let clock, let start): Self.read(clock) - start
        case .stopped(let nanoseconds): nanoseconds
        }
    }

    fileprivate static func read(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

/// What all threads of the process have taken of the cores so far.
func processCPUNanoseconds() -> Int { ThreadCPUTime.read(CLOCK_PROCESS_CPUTIME_ID) }
