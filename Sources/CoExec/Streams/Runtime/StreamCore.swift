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
    /// nil where frames aren't lent.
    @usableFromInline let lending: Lending<Frame>?
    /// Lent frames that were dropped at the door, by their places in the stream. Guarded by the pool's lock.
    @usableFromInline var dropped: [Int: Frame] = [:]

    @inlinable
    init(
        options: StreamOptions, laneCount: Int, pool: DevicePool?, lending: Lending<Frame>?
    ) throws {
        runtime = try StreamRuntime(options: options, laneCount: laneCount, pool: pool)
        frames = TicketTable(capacity: runtime.capacity) { nil }
        outputs = TicketTable(capacity: runtime.capacity) { nil }
        self.lending = lending
        guard let lending else { return }
        runtime.giveBack = { [weak self] ticket in
            guard let frame = self?.frames[ticket].pointee else { return nil }
            return { lending.giveBack(frame) }
        }
    }

    // MARK: In and out

    /// - Parameter frame: nil afterwards, unless it is still the caller's: a frame that may be delivered at any moment must
    ///   not be held by the thread that brought it.
    @inlinable
    func push(_ frame: inout Frame?, since: Int?, until deadline: Int) -> Submission {
        // A frame that is dropped, this one or one for it: let go when the lock is free.
        var victim: Frame?
        let submission = runtime.push(since: since, until: deadline) { ticket, moved, place in
            if let ticket {
                victim = frames.take(moved.isEmpty ? ticket : moved.lowerBound)
                for ticket in moved { frames.store(frames.take(ticket + 1), ticket) }
                frames.store(frame.take(), ticket)
            } else {
                victim = frame.take()
            }
            if let place, lending != nil, let victim { dropped[place] = victim }
        }
        if let victim { lending?.giveBack(victim) }
        return submission
    }

    @inlinable
    func pull(until deadline: Int) -> Reception<Frame, Output> {
        var delivery: Delivery<Frame, Output>?
        let pull = runtime.pull(until: deadline) { delivery = takeDelivery($0) }
        // Where another thread is just giving it back, that is waited for.
        if let lending, let frame = delivery?.frame { lending.giveBack(frame) }
        return switch pull {
        case .taken: .delivery(delivery!)
        case .timedOut: .timedOut
        case .interrupted: .interrupted
        case .end: .end
        }
    }

    /// See `FrameStream.flush`.
    func flush() -> Int {
        var gone: [(Frame?, Output?)] = []
        let count = runtime.flush { tickets, place in
            for ticket in tickets { gone.append((frames.take(ticket), outputs.take(ticket))) }
            for past in dropped.keys where past < place { gone.append((dropped.removeValue(forKey: past), nil)) }
        }
        if let lending { for case (let frame?, _) in gone { lending.giveBack(frame) } }
        return withExtendedLifetime(gone) { count }
    }

    /// Puts together what the consumer gets, and empties the frame's places.
    @inlinable
    func takeDelivery(_ record: DeliveryRecord) -> Delivery<Frame, Output> {
        let ticket = record.ticket
        let frame = ticket.map { frames.take($0) } ?? dropped.removeValue(forKey: record.sequence)
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
                while true {
                    var frame = try source.value()
                    guard frame != nil, self.push(&frame, since: nil, until: .max) == .accepted else { break }
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
