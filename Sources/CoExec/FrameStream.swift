// The scheduler: one stream of frames, run by the lanes of several devices, delivered in order.
// Owner: the application. Threads: any push, one at a time pulls, each lane runs on a thread of its own, and a
// supervisor looks for lanes that hang. The books are guarded by `lock`, which is never held while a frame runs or
// while the application's code runs; lanes pass frames among themselves through deques without it.

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
public final class FrameStream<Frame: Sendable, Output: Sendable>: @unchecked Sendable {  // guarded by `lock`
    public typealias StreamDevice = any Device<Frame, Output>

    /// Most frames in flight.
    public let window: Int
    let options: StreamOptions
    let lock = Lock()
    /// Lanes wait here for something to do.
    let workChanged: Condition
    /// The consumer waits here for the head of the stream.
    let headCompleted: Condition
    /// Producers wait here for room.
    let roomAppeared: Condition
    /// Whoever waits for lanes to open or end waits here, and the supervisor between its looks.
    let lanesChanged: Condition

    var state: StreamState<Frame, Output>
    let lanes = LaneTable()
    /// Frames in flight, by slot. A slot is written under the lock when it is admitted and delivered; in between,
    /// whoever has its ticket may read it.
    let frames: UnsafeMutablePointer<Frame?>
    /// Slots: a power of two, at least the window.
    let capacity: Int
    var threads: [Int: Thread] = [:]
    var supervisor: Thread?
    var isJoining = false
    var openingFailure: (any Error)?
    /// Lanes that wait at `workChanged`, and whether a producer or the consumer waits.
    var parkedLanes = 0
    var waitingProducers = 0
    var isConsumerWaiting = false
    /// Counts what may give lanes something to do, for lanes that spin.
    let epoch = PaddedAtomic(0)
    /// An asynchronous consumer that waits for the head of the stream.
    var asyncConsumer: (@Sendable (Delivery<Frame, Output>?) -> Void)?
    /// Where lanes take frames from and leave results, under `runOnLanes`.
    var inline: InlineEnds<Frame, Output>?

    /// Starts the lanes of all devices and returns when every one is open.
    /// - Parameter devices: at least one, with distinct names and at most 64 lanes.
    /// - Throws: `DeviceError` when a lane cannot be opened, `ThreadError`; by then all threads have ended.
    public init(devices: [StreamDevice], options: StreamOptions = StreamOptions()) throws {
        precondition(!devices.isEmpty, "a stream needs a device")
        precondition(Set(devices.map(\.name)).count == devices.count, "device names must differ")
        let laneCount = devices.reduce(0) { $0 + $1.laneCount }
        window = options.window ?? SchedulingView.defaultWindow(laneCount: laneCount)
        precondition(window > 0, "the window must admit a frame")
        self.options = options
        var capacity = 1
        while capacity < window { capacity *= 2 }
        self.capacity = capacity
        state = StreamState(options: options, window: window, capacity: capacity)
        frames = .allocate(capacity: capacity)
        frames.initialize(repeating: nil, count: capacity)
        workChanged = Condition(lock)
        headCompleted = Condition(lock)
        roomAppeared = Condition(lock)
        lanesChanged = Condition(lock)
        do {
            supervisor = try Thread(name: "supervisor") { self.supervise() }
            for device in devices { try startLanes(of: device) }
            try waitForLanes()
        } catch {
            cancel()
            throw error
        }
    }

    /// Starts with a window and otherwise default options.
    public convenience init(devices: [StreamDevice], window: Int?) throws {
        try self.init(devices: devices, options: StreamOptions(window: window))
    }

    deinit {
        frames.deinitialize(count: capacity)
        frames.deallocate()
    }

    // MARK: In

    /// Admits a frame, or drops one where the options say so.
    ///
    /// With `Admission.wait` it waits while the window is full, or while enough frames wait for a lane: more would only
    /// add latency.
    /// - Returns: false when the stream was cancelled; the frame is then not run.
    /// - Precondition: `finish` has not been called.
    public func push(_ frame: Frame) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        precondition(state.view.end == nil, "a frame after the end of the stream")
        let now: Int
        if options.admission == .wait {
            while !state.isCancelled && !hasRoom {
                waitingProducers += 1
                roomAppeared.wait(until: monotonicNanoseconds() + 1_000_000_000)
                waitingProducers -= 1
            }
            now = monotonicNanoseconds()
        } else {
            now = monotonicNanoseconds()
            if state.room == 0 && !(options.admission == .dropOldest && makeRoom(now)) {
                state.pendingDrops += 1
                return !state.isCancelled
            }
        }
        guard !state.isCancelled else { return false }
        admit(frame, now)
        wakeLanes()
        return true
    }

    /// Untaken frames at which a waiting producer waits, although the window has room.
    private var queueDepth: Int { state.lanes.count }
    var hasRoom: Bool { state.room > 0 && state.untakenCount < queueDepth }

    /// Drops the oldest untaken frame; whether that freed a slot, which it does only at the head of the stream.
    private func makeRoom(_ now: Int) -> Bool {
        guard state.dropOldest(now: now) else { return false }
        // The dropped frame keeps its slot until it is delivered in its place.
        notifyConsumer()
        return state.room > 0
    }

    func admit(_ frame: Frame, _ now: Int) {
        let ticket = state.admit(now: now)
        frames[state.slot(of: ticket)] = frame
    }

    /// Says that no frame follows: lanes end when all that was admitted is done.
    public func finish() {
        lock.lock()
        end()
        serveAsyncConsumer()
    }

    func end() {
        state.view.end = state.admittedCount
        wakeLanes()
        headCompleted.broadcast()
    }

    // MARK: Out

    /// The next result in stream order; waits for it. Nil after the last one, or once the stream was cancelled.
    public func pull() -> Delivery<Frame, Output>? {
        lock.lock()
        defer { lock.unlock() }
        while true {
            if state.isCancelled { return nil }
            if let delivery = state.nextDelivery(frames, now: monotonicNanoseconds()) {
                roomMayHaveAppeared()
                return delivery
            }
            if state.isDelivered { return nil }
            isConsumerWaiting = true
            headCompleted.wait(until: monotonicNanoseconds() + 1_000_000_000)
            isConsumerWaiting = false
        }
    }

    /// Wakes those who may go on after a delivery: producers, and lanes, whose decisions hang on the window's room.
    func roomMayHaveAppeared() {
        if waitingProducers > 0 && hasRoom { roomAppeared.signal() }
        if parkedLanes > 0 && state.untakenCount > 0 { wakeLanes() }
    }

    /// Wakes the consumer if the head of the stream is complete. With the lock, which it may give up for a moment.
    func notifyConsumer() {
        guard state.isHeadReady || state.isDelivered else { return }
        if isConsumerWaiting { headCompleted.signal() }
        if asyncConsumer != nil {
            serveAsyncConsumer()
            lock.lock()
        }
    }

    func wakeLanes() {
        epoch.value.add(1, ordering: .relaxed)
        if parkedLanes > 0 { workChanged.broadcast() }
    }

    /// Runs a whole stream: a thread of its own pulls frames from the source until nil, results go to `deliver` in
    /// order on the calling thread, and all threads have ended when it returns.
    /// - Throws: what `deliver` throws, once the source has given the frame that it is at; what the source throws,
    ///   after all frames before it were delivered.
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
final class Box<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}
