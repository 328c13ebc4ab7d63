// The scheduler's public face: one stream of frames, run by the lanes of several devices, delivered in order.
// Owner: the application. What it does is `StreamCore`'s, which lanes hold too: so a stream that the application lets go
// is known to be gone.

/// Runs one stream of frames on several devices at once and gives the results back in order.
///
/// An idle lane takes the oldest frame that no lane has taken, unless the policy says that leaving it to others is
/// better; frames shorter than 25 µs are grabbed several at a time, and idle lanes steal them. At most `window` frames
/// are in flight (admitted and not yet delivered), so a slow consumer holds back the source. Every frame is delivered
/// once, in its place: a frame whose device fails or hangs runs on another one.
///
/// Three ways in. A source and a consumer, each on a thread of its own:
/// ```swift
/// func show(_ next: @escaping @Sendable () throws -> Int?, on devices: [any Device<Int, Int>]) throws {
///     let stream = try FrameStream(devices: devices)
///     try stream.run(source: next) { delivery in
///         print(delivery.sequence, delivery.device ?? "none", try delivery.result.get())
///     }
///     print(stream.report().framesPerSecond)
/// }
/// ```
/// Push and pull from the application's own threads; `cancel` at the end:
/// ```swift
/// func push(_ frames: [Int], into stream: FrameStream<Int, Int>) {  // one thread
///     for frame in frames { _ = stream.push(frame) }
///     stream.finish()
/// }
///
/// func show(_ stream: FrameStream<Int, Int>) {  // another
///     while let delivery = stream.pull() { print(delivery.sequence) }
///     stream.cancel()
/// }
/// ```
/// An asynchronous sequence:
/// ```swift
/// func show(_ next: sending @escaping () throws -> Int?, on stream: FrameStream<Int, Int>) async throws {
///     for try await delivery in stream.results(from: next) { print(delivery.sequence) }
/// }
/// ```
/// Streams that share a `DevicePool` share its lanes. A stream that is let go ends its work by itself.
public final class FrameStream<Frame: Sendable, Output: Sendable>: Sendable {
    public typealias StreamDevice = any Device<Frame, Output>

    @usableFromInline let core: StreamCore<Frame, Output>

    /// Most frames in flight.
    public var window: Int { core.runtime.pool.withLock { core.runtime.state.window } }

    /// Opens the lanes of all devices and returns when every one is open.
    /// - Parameters:
    ///   - devices: at least one, with distinct names and at most 64 lanes.
    ///   - pool: whose lanes they are; nil: a pool of the stream's own.
    /// - Throws: `DeviceError` when a lane cannot be opened, `StreamConfigurationError`, `DeviceConfigurationError` or
    ///   `PolicyError` when devices or options don't go together, `ThreadError`; by then all its threads have ended.
    @inlinable
    public convenience init(
        devices: [StreamDevice], options: StreamOptions = StreamOptions(), pool: DevicePool? = nil
    ) throws {
        try self.init(devices: devices, options: options, pool: pool, lending: nil)
    }

    /// - Parameter lending: for frames that are lent.
    @inlinable
    init(devices: [StreamDevice], options: StreamOptions, pool: DevicePool?, lending: Lending<Frame>?) throws {
        guard !devices.isEmpty else { throw StreamConfigurationError("a stream needs a device") }
        core = try StreamCore(
            options: options.fitted(to: devices.map(\.name)), laneCount: devices.reduce(0) { $0 + $1.laneCount },
            pool: pool, lending: lending)
        do {
            for device in devices { try core.add(device) }
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

    deinit { core.runtime.requestCancel(isAbandoned: true) }

    // MARK: In

    /// Admits a frame, or drops one where the options say so.
    ///
    /// With `Admission.wait` it waits while the window is full, or while enough frames wait for a lane: more would only
    /// add latency.
    /// - Parameter since: when a live source had the frame, by `monotonicNanoseconds`, if that was earlier: its latency
    ///   and its age count from then.
    /// - Returns: false when the stream was cancelled or finished; the frame is then not run.
    @inlinable
    public func push(_ frame: consuming Frame, since: Int? = nil) -> Bool { submit(frame, since: since) == .accepted }

    /// Says that no frame follows: lanes end when all that was admitted is done.
    @inlinable
    public func finish() { core.runtime.finish() }

    // MARK: Out

    /// The next result in stream order; waits for it. Nil after the last one, or once the stream was cancelled.
    @inlinable
    public func pull() -> Delivery<Frame, Output>? {
        if case .delivery(let delivery) = core.pull(until: .max) { delivery } else { nil }
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
        let producer = try core.startProducer(source, sourceFailure)
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

    /// Runs a whole stream on the lanes' threads: an idle lane pulls the source, and whichever lane completes the head
    /// of the stream delivers, in order, one at a time. Cheapest for short frames; what the two closures take, they
    /// take from the devices. Returns when all is delivered and all threads have ended. Both closures run on lanes'
    /// threads, which take numbers below the normal range as zero.
    /// - Throws: what `deliver` throws, at once; what the source throws, after all frames before it were delivered;
    ///   `NoDeviceLeft` when the last device was removed.
    /// - Precondition: nothing was pushed.
    @inlinable
    public func runOnLanes(
        source: @escaping @Sendable () throws -> Frame?,
        deliver: @escaping @Sendable (Delivery<Frame, Output>) throws -> Void
    ) throws {
        core.ends = StreamEnds(source: source, deliver: deliver)
        let failure = core.runtime.runEnds()
        cancel()
        core.ends = nil
        if let failure { throw failure }
    }

    // MARK: Devices

    /// Adds a device while the stream runs; returns when its lanes are open.
    /// - Throws: as `init`, for the device; the stream goes on without it.
    @inlinable
    public func add(_ device: StreamDevice) throws { try core.add(device) }

    /// Takes a device out of the stream: its lanes finish their frames and end; what they had grabbed goes to others.
    /// Returns when they have ended, or at once those that hang.
    /// - Returns: false when the stream has no such device.
    @discardableResult
    public func remove(_ name: String) -> Bool { core.runtime.remove(name) }

    /// Drops what is in flight, waits for the frames that lanes are running, and ends all threads. Harmless after the
    /// end, where it only joins the threads, and from several threads at once. A lane that hangs is not waited for
    /// longer than it takes to notice: its thread ends by itself when it comes back. Not to be called from a lane.
    @inlinable
    public func cancel() { core.runtime.cancel() }
}
