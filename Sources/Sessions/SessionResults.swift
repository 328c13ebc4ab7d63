// A session's results as an asynchronous sequence, for callers in Swift concurrency.

import Synchronization

/// The results of a session, in order.
public struct SessionResults<Tag: Sendable>: AsyncSequence, Sendable {
    public typealias Element = SessionResult<Tag>
    let session: Session<Tag>

    public func makeAsyncIterator() -> Iterator { Iterator(session: session) }

    public struct Iterator: AsyncIteratorProtocol {
        let session: Session<Tag>
        private let arrival = Arrival()

        init(session: Session<Tag>) { self.session = session }

        public mutating func next() async -> SessionResult<Tag>? {
            while !Task.isCancelled {
                switch session.receive(waiting: 0) {
                case .result(let result): return result
                case .interrupted, .end: return nil
                case .timedOut: await wait()
                }
            }
            return nil
        }

        /// Until there is something, or the task is cancelled.
        private func wait() async {
            let arrival = arrival
            if arrival.isToBeArmed() { session.stream.whenReady { arrival.note() } }
            await withTaskCancellationHandler {
                await withUnsafeContinuation { arrival.wait($0) }
            } onCancel: {
                arrival.breakOff()
            }
        }
    }
}

/// Says that there is something: asked of the session once at a time, however often a wait for it was broken off.
private final class Arrival: Sendable {
    private struct State {
        var isArmed = false
        var hasCome = false
        var isBrokenOff = false
        var waiting: UnsafeContinuation<Void, Never>?
    }
    private let state = Mutex(State())

    /// Whether the session is still to be asked to `note`.
    func isToBeArmed() -> Bool {
        state.withLock { state in
            defer { state.isArmed = true }
            return !state.isArmed
        }
    }

    func wait(_ continuation: UnsafeContinuation<Void, Never>) {
        let isOver = state.withLock { state in
            if state.hasCome || state.isBrokenOff {
                (state.hasCome, state.isBrokenOff) = (false, false)
                return true
            }
            state.waiting = continuation
            return false
        }
        if isOver { continuation.resume() }
    }

    func note() { resume { ($0.isArmed, $0.hasCome) = (false, $0.waiting == nil) } }

    func breakOff() { resume { $0.isBrokenOff = $0.waiting == nil } }

    private func resume(_ change: (inout State) -> Void) {
        let continuation = state.withLock { state in
            change(&state)
            return state.waiting.take()
        }
        continuation?.resume()
    }
}
