// A joinable operating-system thread. Lanes need real threads: they are bound to cores and block for milliseconds.

import Glibc
import System

/// A POSIX thread that runs one closure. Whoever starts it joins it; one that is not joined ends by itself. Signals that
/// are sent to the process are none of its business: the host's handlers run on the host's threads.
@usableFromInline
package final class Thread: @unchecked Sendable {  // `handle` is written once in init, `joined` only by the owner
    private var handle = pthread_t()
    private var joined = false

    /// Starts a thread.
    /// - Parameters:
    ///   - name: what debuggers and `top -H` show; Linux keeps 15 bytes of it.
    ///   - flushesDenormals: whether it takes numbers below the normal range as zero.
    /// - Throws: `ThreadError` when the system has no thread left to give.
    @usableFromInline
    package init(
        name: String, flushesDenormals: Bool = false, _ body: @escaping @Sendable () -> Void
    ) throws(ThreadError) {
        let box = Unmanaged.passRetained(Body(name: name, flushesDenormals: flushesDenormals, run: body))
        let status = withProcessSignalsBlocked {
            pthread_create(
                &handle, nil,
                { argument in
                    let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
                    nameThread(body.name)
                    if body.flushesDenormals { Denormals.areFlushed = true }
                    body.run()
                    return nil
                }, box.toOpaque())
        }
        guard status == 0 else {
            box.release()
            joined = true
            throw ThreadError(name: name, status: status)
        }
    }

    deinit { if !joined { pthread_detach(handle) } }

    /// Waits until the closure has returned.
    @usableFromInline
    package func join() {
        precondition(!joined, "a thread is joined once")
        joined = true
        pthread_join(handle, nil)
    }

    private final class Body {
        let name: String
        let flushesDenormals: Bool
        let run: @Sendable () -> Void

        init(name: String, flushesDenormals: Bool, run: @escaping @Sendable () -> Void) {
            (self.name, self.flushesDenormals, self.run) = (name, flushesDenormals, run)
        }
    }
}

/// Names the calling thread as pthread_setname_np(3) does, which Swift cannot import; naming is a courtesy, so a
/// failure is ignored.
private func nameThread(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = write(file, name, min(name.utf8.count, 15))
    close(file)
}

/// A thread that could not be started.
public struct ThreadError: Error, CustomStringConvertible {
    public let name: String
    /// The `errno` value that pthread_create(3) returned.
    public let status: Int32
    public var description: String { "cannot start thread '\(name)': \(String(cString: strerror(status)))" }
}
