// A stream as an asynchronous sequence, for callers in Swift concurrency.

extension FrameStream {
    /// Runs a whole stream and gives its results as an asynchronous sequence, in order, for one iteration.
    ///
    /// The source is pulled on a thread of its own. Leaving the loop early, or cancelling the task that iterates, stops
    /// the work and ends all threads. The sequence throws what the source throws, after all frames before it.
    public func results(from source: sending @escaping () throws -> Frame?) -> Results {
        Results(stream: self, source: Box(source))
    }

    /// The results of a stream, in order.
    public struct Results: AsyncSequence, Sendable {
        public typealias Element = Delivery<Frame, Output>
        let stream: FrameStream
        let source: Box<() throws -> Frame?>

        public func makeAsyncIterator() -> Iterator { Iterator(stream: stream, source: source) }

        /// Ends the stream when it goes away.
        public final class Iterator: AsyncIteratorProtocol {
            private let stream: FrameStream
            private let source: Box<() throws -> Frame?>
            private let failure = Box<(any Error)?>(nil)
            private var producer: Thread?
            private var hasEnded = false

            init(stream: FrameStream, source: Box<() throws -> Frame?>) {
                (self.stream, self.source) = (stream, source)
            }

            deinit { stop() }

            public func next() async throws -> Delivery<Frame, Output>? {
                guard !hasEnded else { return nil }
                if producer == nil { producer = try stream.core.startProducer(source, failure) }
                let core = stream.core
                let next = await withTaskCancellationHandler {
                    await withUnsafeContinuation { continuation in
                        core.runtime.whenHeadIsReady { continuation.resume() }
                    }
                    return core.pull(until: .min)
                } onCancel: {
                    core.runtime.requestCancel()
                }
                if case .delivery(let delivery) = next { return delivery }
                stop()
                if let error = failure.value { throw error }
                return nil
            }

            /// Ends the stream on a thread that may wait for lanes: the tasks' own threads are few.
            private func stop() {
                guard !hasEnded else { return }
                hasEnded = true
                let (runtime, producer) = (stream.core.runtime, producer)
                runtime.requestCancel()
                _ = try? Thread(name: "stream's end") {
                    runtime.cancel()
                    producer?.join()
                }
            }
        }
    }
}
