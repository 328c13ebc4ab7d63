// Which signals a library's threads take: none that are sent to the process, which are the host's.

import Glibc

/// Blocks the calling thread's signals meanwhile, which a thread that it starts inherits, and those that libraries start
/// there in turn. Not the signals of a thread's own faults: blocked, they would end the process without a word.
package func withProcessSignalsBlocked<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
    var (blocked, before) = (sigset_t(), sigset_t())
    sigfillset(&blocked)
    for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS] { sigdelset(&blocked, fault) }
    pthread_sigmask(SIG_SETMASK, &blocked, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try body()
}
