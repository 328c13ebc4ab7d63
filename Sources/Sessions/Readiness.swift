// A descriptor that polls as readable while a session has something: for poll, epoll and main loops. Owner: a session.
// Any thread.

import CLinux
import Glibc
import Synchronization

final class Readiness: Sendable {
    /// −1 where the system has none to give.
    let descriptor: Int32
    private struct State {
        var isSet = false
        /// Whether it will be brought up to date as soon as there is something.
        var isArmed = false
        /// Counts looks: the one that began last decides.
        var looks = 0
    }
    private let state = Mutex(State())
    private let isReady: @Sendable () -> Bool
    private let whenReady: @Sendable (@escaping @Sendable () -> Void) -> Void

    /// It must be updated once.
    /// - Parameters:
    ///   - isReady: whether there is something.
    ///   - whenReady: has a closure called once as soon as there is.
    init(
        isReady: @escaping @Sendable () -> Bool, whenReady: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) {
        (self.isReady, self.whenReady) = (isReady, whenReady)
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Brings the descriptor up to date: to be called after anything was taken.
    func update() {
        guard descriptor >= 0 else { return }
        let look = state.withLock { state in
            state.looks += 1
            return state.looks
        }
        // Without the lock: asking may call whoever waits for the stream, and so come here again.
        let isReady = isReady()
        let isToBeArmed = state.withLock { state in
            guard look == state.looks else { return false }
            if isReady != state.isSet { setReadable(isReady) }
            state.isSet = isReady
            let isToBeArmed = !isReady && !state.isArmed
            state.isArmed = state.isArmed || isToBeArmed
            return isToBeArmed
        }
        guard isToBeArmed else { return }
        whenReady { [weak self] in
            guard let self else { return }
            state.withLock { $0.isArmed = false }
            update()
        }
    }

    private func setReadable(_ isReadable: Bool) {
        var value: eventfd_t = 0
        if isReadable { eventfd_write(descriptor, 1) } else { eventfd_read(descriptor, &value) }
    }
}
