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
    }
    private let state = Mutex(State())
    private let isReady: @Sendable () -> Bool
    private let whenReady: @Sendable (@escaping @Sendable () -> Void) -> Void

    /// - Parameters:
    ///   - isReady: whether there is something.
    ///   - whenReady: has a closure called once as soon as there is.
    init(
        isReady: @escaping @Sendable () -> Bool, whenReady: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) {
        (self.isReady, self.whenReady) = (isReady, whenReady)
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        update()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Brings the descriptor up to date: to be called after anything was taken.
    func update() {
        guard descriptor >= 0 else { return }
        let isToBeArmed = state.withLock { state in
            let isReady = isReady()
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
