// What of a stream moves frames and outputs: inlinable, so that it can be specialised for their types, without which each
// frame would pay microseconds for generic metadata. All else is `StreamRuntime`'s.
// Owner: a `FrameStream`, and the lanes as long as they have a context of it.

/// The application's ends of a stream whose lanes serve them.
@usableFromInline
struct StreamEnds<Frame: Sendable, Output: Sendable> {
    @usableFromInline let source: @Sendable () throws -> Frame?
    @usableFromInline let deliver: @Sendable (Delivery<Frame, Output>) throws -> Void

    @inlinable
    init(
        source: @escaping @Sendable () throws -> Frame?,
        deliver: @escaping @Sendable (Delivery<Frame, Output>) throws -> Void
    ) {
        (self.source, self.deliver) = (source, deliver)
    }
}

@usableFromInline
final class StreamCore<Frame: Sendable, Output: Sendable>: @unchecked Sendable {  // see `frames`, `outputs`
    @usableFromInline let runtime: StreamRuntime
    /// Frames in flight. Written by whoever admits a frame and whoever delivers it; in between, a lane that was told to
    /// run it may read it.
    @usableFromInline let frames: TicketTable<Frame?>
    /// Their outputs, written by the lane that has claimed the frame, read by whoever delivers it.
    @usableFromInline let outputs: TicketTable<Output?>
    /// The application's ends, under `runOnLanes`.
    @usableFromInline var ends: StreamEnds<Frame, Output>?

    @inlinable
    init(options: StreamOptions, laneCount: Int, pool: DevicePool?) throws {
        runtime = try StreamRuntime(options: options, laneCount: laneCount, pool: pool)
        frames = TicketTable(capacity: runtime.capacity) { nil }
        outputs = TicketTable(capacity: runtime.capacity) { nil }
    }

    // MARK: In and out

    @inlinable
    func push(_ frame: Frame, since: Int? = nil) -> Bool {
        var frame: Frame? = frame
        // A frame that is dropped for this one: let go when the lock is free.
        var victim: Frame?
        let isIn = runtime.push(since: since) { ticket, moved in
            victim = frames.take(moved.isEmpty ? ticket : moved.lowerBound)
            for ticket in moved { frames.store(frames.take(ticket + 1), ticket) }
            frames.store(frame.take(), ticket)
        }
        return withExtendedLifetime(victim) { isIn }
    }

    @inlinable
    func pull() -> Delivery<Frame, Output>? {
        var delivery: Delivery<Frame, Output>?
        runtime.pull { delivery = takeDelivery($0) }
        return delivery
    }

    /// As `pull`, but doesn't wait: nil also if the head is missing.
    func pullIfReady() -> Delivery<Frame, Output>? {
        var delivery: Delivery<Frame, Output>?
        runtime.pullIfReady { delivery = takeDelivery($0) }
        return delivery
    }

    /// Puts together what the consumer gets, and empties the frame's places.
    @inlinable
    func takeDelivery(_ record: DeliveryRecord) -> Delivery<Frame, Output> {
        let ticket = record.ticket
        let frame = ticket.flatMap { frames.take($0) }
        let output = ticket.flatMap { outputs.take($0) }
        return Delivery(
            sequence: record.sequence, frame: frame,
            result: record.isFailure ? .failure(runtime.error(of: ticket)) : .success(output!),
            device: record.device.map(runtime.deviceName), serviceNanoseconds: record.serviceNanoseconds,
            latencyNanoseconds: record.latencyNanoseconds)
    }

    /// Starts a thread that pushes what the source gives, and finishes the stream at its end or failure.
    @inlinable
    func startProducer(_ source: Box<() throws -> Frame?>, _ failure: Box<(any Error)?>) throws(ThreadError) -> Thread {
        try Thread(name: "source") {
            do {
                while let frame = try source.value() {
                    guard self.push(frame) else { break }
                }
            } catch {
                failure.value = error
            }
            self.runtime.finish()
        }
    }
}

/// Carries a value from one thread to another that synchronise by other means.
@usableFromInline
final class Box<Value>: @unchecked Sendable {
    @usableFromInline var value: Value

    @inlinable
    init(_ value: Value) { self.value = value }
}
