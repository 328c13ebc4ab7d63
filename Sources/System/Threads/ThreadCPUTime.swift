// What threads take of the cores. The kernel counts, so frames cost nothing.

import Glibc

/// The CPU time of one thread, from when it starts counting to when it stops. Started and stopped on that thread, read
/// on any.
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
        return .counting(clock, start: System.nanoseconds(of: clock))
    }

    /// Goes on counting, on the thread that started.
    package mutating func resume() {
        guard case .stopped(let counted) = self else { return }
        guard case .counting(let clock, let start) = Self.start() else { return }
        self = .counting(clock, start: start - counted)
    }

    package mutating func stop() { self = .stopped(nanoseconds: nanoseconds) }

    /// So far, or in all.
    package var nanoseconds: Int {
        switch self {
        case .counting(let clock, let start): System.nanoseconds(of: clock) - start
        case .stopped(let nanoseconds): nanoseconds
        }
    }

    /// What a thread of this process has taken in its life; nil if it has ended.
    /// - Parameter thread: the kernel's id.
    package static func nanoseconds(ofThread thread: Int) -> Int? {
        // As pthread_getcpuclockid(3) makes a clock of a thread's id: CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED.
        let clock = clockid_t(truncatingIfNeeded: ~thread << 3 | 4 | 2)
        var time = timespec()
        return clock_gettime(clock, &time) == 0 ? time.tv_sec * 1_000_000_000 + time.tv_nsec : nil
    }
}

/// What all threads of the process have taken of the cores so far.
package func processCPUNanoseconds() -> Int { nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID) }
