// Tasks that wait for what a stream says once to whoever asks for it: no thread waits meanwhile. Owner: a session. Any
// thread.

import Synchronization

/// All that wait are woken together, and look again. The stream is asked once at a time, however often waits are broken
/// off.
final class TaskWaits: Sendable {
    private struct State {
        var isAsked = false
        /// By number; nil of one that is about to wait. Those that are to go on aren't here any more.
        var waiting: [Int: UnsafeContinuation<Void, Never>?] = [:]
        var next = 0
    }
    private let state = Mutex(State())

    /// Until a closure was called that is given to `ask`, or the task is cancelled. It may return early.
    /// - Parameter ask: has the closure called once there is something: at once if it is there.
    func wait(_ ask: (@escaping @Sendable () -> Void) -> Void) async {
        let number = state.withLock { state in
            state.next += 1
            state.waiting[state.next] = .some(nil)
            return state.next
        }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                enter(number, continuation)
                if isToBeAsked() { ask { self.wake() } }
            }
        } onCancel: {
            breakOff(number)
        }
    }

    private func enter(_ number: Int, _ continuation: UnsafeContinuation<Void, Never>) {
        let isOver = state.withLock { state in
            guard state.waiting[number] != nil else { return true }
            state.waiting[number] = continuation
            return false
        }
        if isOver { continuation.resume() }
    }

    private func isToBeAsked() -> Bool {
        state.withLock { state in
            defer { state.isAsked = true }
            return !state.isAsked
        }
    }

    private func wake() {
        let waiting = state.withLock { state in
            state.isAsked = false
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for case let continuation? in waiting { continuation.resume() }
    }

    private func breakOff(_ number: Int) {
        let continuation = state.withLock { $0.waiting.removeValue(forKey: number) }
        (continuation ?? nil)?.resume()
    }
}
