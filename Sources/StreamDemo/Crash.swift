// What becomes of a crash: one line, and the exit status that shells know, never a stack trace. Set up once, at the
// start of the program; the handler runs on whichever thread crashed.

import Glibc

enum Crash {
    /// Takes signals away from Swift's runtime, which would print a backtrace, and for SIGQUIT too.
    static func becomesOneLine() {
        signal(SIGQUIT, SIG_DFL)
        // A parent may have left it blocked, as programs built on Dispatch do.
        var quit = sigset_t()
        sigemptyset(&quit)
        sigaddset(&quit, SIGQUIT)
        pthread_sigmask(SIG_UNBLOCK, &quit, nil)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { Crash.report($0) }
        // The default is back as soon as the handler runs, so that it can't crash twice.
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_ONSTACK | Int32(SA_NODEFER)
        for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { sigaction(number, &action, nil) }
    }

    /// More than any one buffer of a usual network: where the system gives so much, memory was not what was missing.
    private static var probeBytes: Int { 512 << 20 }

    /// Says what happened, and ends: with 1 where the system gives no memory, as a failure of the world; else by the
    /// signal, as a fault of the program, for a debugger to look at. Calls nothing that allocates.
    private static func report(_ number: Int32) {
        let probe = mmap(nil, probeBytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        if probe == MAP_FAILED {
            say("stream-demo: out of memory (see 'ulimit -v' and the machine's limits)\n")
            _exit(1)
        }
        say("stream-demo: internal error, this is a fault of the program\n")
        raise(number)
    }

    private static func say(_ line: StaticString) {
        _ = write(STDERR_FILENO, line.utf8Start, line.utf8CodeUnitCount)
    }
}
