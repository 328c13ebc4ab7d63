// A session's results as an asynchronous sequence, for callers in Swift concurrency.

/// The results of a session, in order.
public struct SessionResults<Tag: Sendable>: AsyncSequence, Sendable {
    public typealias Element = SessionResult<Tag>
    let session: Session<Tag>

    public func makeAsyncIterator() -> Iterator { Iterator(session: session) }

    public struct Iterator: AsyncIteratorProtocol {
        let session: Session<Tag>

        public func next() async -> SessionResult<Tag>? { await session.stream.next()?.tagged() }
    }
}
