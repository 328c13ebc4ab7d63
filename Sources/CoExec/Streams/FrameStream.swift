// The scheduler's public face: one stream of frames, run by the lanes of several devices, delivered in order.
// Owner: the application. What doesn't depend on the types of frames is `StreamRuntime`; the functions here move frames
// and outputs, and are inlinable so that they can be specialised for their types, without which each frame would pay
// microseconds for generic metadata.

/// Runs one stream of frames on several devices at once and gives the results back in order.
///
/// An idle lane takes the oldest frame that no lane has taken, unless the policy says that leaving it to others is
/// better; frames so short that a lock each would tell are grabbed several at a time, and idle lanes steal them. At
/// most `window` frames are in flight (admitted and not yet delivered), so a slow consumer holds back the source.
/// Every frame is delivered once, in its place: a frame whose device fails or hangs runs on another one.
///
/// Three ways in. A source and a consumer, each on a thread of its own:
/// ```swift
/// let stream = try FrameStream(devices: [cluster, gpu])
/// try stream.run(source: { try video.next() }) { delivery in
///     print(delivery.sequence, delivery.device ?? "none", try delivery.result.get())
/// }
/// print(stream.report().framesPerSecond)
/// ```
/// Push and pull from the application's own threads; `cancel` at the end:
/// ```swift
/// let stream = try FrameStream(devices: [cluster, gpu])
/// for frame in frames { _ = stream.push(frame) }       // one thread
/// stream.finish()
/// while let delivery = stream.pull() { show(delivery) }  // another
/// stream.cancel()
/// ```
/// An asynchronous sequence:
/// ```swift
/// for try await delivery in try FrameStream(devices: [cluster, gpu]).results(from: { try video.next() }) {
///     show(delivery)
/// }
/// ```
public final class FrameStream<Frame: Sendable, Output: Sendable>: @unchecked Sendable {  // see `frames`, `outputs`
    public typealias StreamDevice = any Device<Frame, Output>

    @usableFromInline let runtime: StreamRuntime
    /// Frames in flight. Written by whoever admits a frame and whoever delivers it; in between, a lane that was told to
    /// run it may read it.
    @usableFromInline let frames: TicketTable<Frame?>
    /// Their outputs, written by the lane that has claimed the frame, read by whoever delivers it.
    @usableFromInline let outputs: TicketTable<Output?>
    /// The application's ends, under `runOnLanes`.
    @usableFromInline var ends: StreamEnds?

    /// The application's ends of a stream whose lanes serve them.
    @usableFromInline
    struct StreamEnds {
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

    /// Most frames in flight.
    public var window: Int { runtime.window }

    /// Starts the lanes of all devices and returns when every one is open.
    /// - Parameter devices: at least one, with distinct names and at most 64 lanes.
    /// - Throws: `DeviceError` when a lane cannot be opened, `ThreadError`; by then all threads have ended.
    @inlinable
    public init(devices: [StreamDevice], options: StreamOptions = StreamOptions()) throws {
        precondition(!devices.isEmpty, "a stream needs a device")
        precondition(Set(devices.map(\.name)).count == devices.count, "device names must differ")
        runtime = StreamRuntime(options: options, laneCount: devices.reduce(0) { $0 + $1.laneCount })
        frames = TicketTable(capacity: runtime.capacity) { nil }
        outputs = TicketTable(capacity: runtime.capacity) { nil }
        do {
            try runtime.startSupervisor()
            for device in devices { try startLanes(of: device) }
            try runtime.waitForLanes()
        } catch {
            cancel()
            throw error
        }
    }

    /// Starts with a window and otherwise default options.
    @inlinable
    public convenience init(devices: [StreamDevice], window: Int?) throws {
        try self.init(devices: devices, options: StreamOptions(window: window))
    }

    // MARK: In

    /// Admits a frame, or drops one where the options say so.
    ///
    /// With `Admission.wait` it waits while the window is full, or while enough frames wait for a lane: more would only
    /// add latency.
    /// - Returns: false when the stream was cancelled; the frame is then not run.
    /// - Precondition: `finish` has not been called.
    @inlinable
    public func push(_ frame: Frame) -> Bool {
        switch runtime.beginPush() {
        case .admit(let ticket, let moved):
            for ticket in moved { frames.store(frames[ticket + 1].pointee, ticket) }
            frames.store(frame, ticket)
            runtime.endPush()
            return true
        case .drop: return true
        case .cancelled: return false
        }
    }

    /// Says that no frame follows: lanes end when all that was admitted is done.
    @inlinable
    public func finish() { runtime.finish() }

    // MARK: Out

    /// The next result in stream order; waits for it. Nil after the last one, or once the stream was cancelled.
    @inlinable
    public func pull() -> Delivery<Frame, Output>? {
        guard let record = runtime.awaitHead() else { return nil }
        let delivery = takeDelivery(record)
        if record.ticket != nil { runtime.advanceHead() }
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

    /// Runs a whole stream: a thread of its own pulls frames from the source until nil, results go to `deliver` in
    /// order on the calling thread, and all threads have ended when it returns.
    /// - Throws: what `deliver` throws, once the source has given the frame that it is at; what the source throws,
    ///   after all frames before it were delivered.
    @inlinable
    public func run(
        source: sending @escaping () throws -> Frame?, deliver: (Delivery<Frame, Output>) throws -> Void
    ) throws {
        defer { cancel() }
        let source = Box(source)
        let sourceFailure = Box<(any Error)?>(nil)
        let producer = try startProducer(source, sourceFailure)
        do {
            while let delivery = pull() { try deliver(delivery) }
        } catch {
            cancel()
            producer.join()
            throw error
        }
        producer.join()
        if let error = sourceFailure.value { throw error }
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
            self.finish()
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
