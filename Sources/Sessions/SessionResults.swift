// A session's results as an asynchronous sequence, for callers in Swift concurrency.

import Synchronization

/// The results of a session, in order.
public struct SessionResults<Tag: Sendable>: AsyncSequence, Sendable {
    public typealias Element = SessionResult<Tag>
    let session: Session<Tag>

    public func makeAsyncIterator() -> Iterator { Iterator(session: session) }

    public struct Iterator: AsyncIteratorProtocol {
        let session: Session<Tag>

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
            let waiting = Waiting()
            await withTaskCancellationHandler {
                await withUnsafeContinuation { continuation in
                    waiting.begin(continuation)
                    session.stream.whenReady { waiting.end() }
                }
            } onCancel: {
                waiting.end()
            }
        }
    }
}

/// A continuation that is resumed once, by whoever comes first.
private final class Waiting: Sendable {
    private enum State {
        case new, over
        case waiting(UnsafeContinuation<Void, Never>)
    }
    private let state = Mutex(State.new)

    func begin(_ continuation: UnsafeContinuation<Void, Never>) {
        let isOver = state.withLock { state in
            if case .over = state { return true }
            state = .waiting(continuation)
            return false
        }
        if isOver { continuation.resume() }
    }

    func end() {
        let continuation = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            defer { state = .over }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume()
    }
}
