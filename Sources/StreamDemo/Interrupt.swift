// Ctrl-C: the first asks the program to drain and report, the second ends it at once.

import ArgumentParser
import Glibc
import Media
import Synchronization

/// Whether the user has asked to stop (SIGINT or SIGTERM).
enum Interrupt {
    private static let requested = Atomic<Bool>(false)
    /// The signal that asked; 0 for none.
    private static let signal = Atomic<Int32>(0)

    static var isRequested: Bool { requested.load(ordering: .relaxed) }
    /// Whether a signal asked, rather than a failure of the program's own.
    static var isByUser: Bool { signal.load(ordering: .relaxed) != 0 }

    /// Exit code of a program that the user interrupted, as shells count it: 128 + the signal, 130 for SIGINT.
    static var exitCode: Int32 { 128 + (isByUser ? signal.load(ordering: .relaxed) : SIGINT) }

    /// - Throws: `ExitCode` once the user has asked to stop.
    static func endIfRequested() throws {
        if isRequested { throw ExitCode(exitCode) }
    }

    /// Asks the program to stop reading, as a signal does.
    static func request() { requested.store(true, ordering: .relaxed) }

    /// Starts watching for signals.
    static func watch() {
        // Made here, since a signal handler must not make them.
        _ = (isByUser, isRequested)
        // A parent may have left them blocked, as programs built on Dispatch do.
        var watched = sigset_t()
        sigemptyset(&watched)
        defer { pthread_sigmask(SIG_UNBLOCK, &watched, nil) }
        for number in [SIGINT, SIGTERM] {
            sigaddset(&watched, number)
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                Interrupt.signal.store(number, ordering: .relaxed)
                Interrupt.request()
            }
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
            sigaction(number, &action, nil)
        }
    }
}

extension SourceOptions {
    /// Waiting ends once the user has asked to stop.
    static var interruptible: SourceOptions {
        var options = SourceOptions()
        options.cancellation = Cancellation { Interrupt.isRequested }
        return options
    }
}
