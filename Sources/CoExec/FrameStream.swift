// The scheduler: one stream of frames, run by the lanes of several devices, delivered in order.
// Owner: the application. Threads: any one pushes, any one pulls, each lane runs on a thread of its own; all that they
// share is guarded by `lock`, which is never held while a frame runs.

/// Runs one stream of frames on several devices at once and gives the results back in order.
///
/// Every idle lane steals the oldest frame that no lane has taken. At most `window` frames are in flight (admitted and
/// not yet delivered); `push` waits while the window is full, so a slow consumer holds back the source.
///
/// ```swift
/// let stream = try FrameStream(devices: [cluster, gpu], window: 8)
/// try stream.run(source: { try video.next() }) { delivery in
///     print(delivery.sequence, delivery.device, try delivery.result.get())
/// }
/// print(stream.report().framesPerSecond)
/// ```
public final class FrameStream<Frame: Sendable, Output: Sendable>: @unchecked Sendable {  // guarded by `lock`
    public typealias StreamDevice = any Device<Frame, Output>

    private struct Admitted {
        let sequence: Int
        let frame: Frame
        let time: Int
    }

    private struct Completed {
        let admitted: Admitted
        let result: Result<Output, any Error>
        let device: Int
        let serviceNanoseconds: Int
    }

    private struct DeviceState {
        var openedLanes = 0
        var frames = 0
        var failedFrames = 0
        var busyNanoseconds = 0
        var serviceTime = DistributionRecorder()
    }

    /// Most frames in flight.
    public let window: Int
    private let devices: [StreamDevice]
    private var threads: [Thread] = []

    private let lock = Lock()
    /// Lanes wait here for a frame, or the end.
    private let workArrived: Condition
    /// The consumer waits here for the head of the stream, or the end.
    private let headCompleted: Condition
    /// The producer waits here for room in the window.
    private let roomAppeared: Condition
    /// `init`, and the lanes of a device after its first, wait here.
    private let laneOpened: Condition

    private var queue: FrameQueue<Admitted>
    private var reorder: ReorderBuffer<Completed>
    private var admittedCount = 0
    private var isFinished = false
    private var isCancelled = false
    private var openingFailure: DeviceError?
    private var states: [DeviceState]
    private var failedFrames = 0
    private var firstAdmission: Int?
    private var latestDelivery = 0
    private var latency = DistributionRecorder()

    /// Starts the lanes of all devices and returns when every one is open.
    /// - Parameters:
    ///   - devices: at least one, with distinct names.
    ///   - window: most frames in flight; nil means two a lane, so that no lane waits for the next frame.
    /// - Throws: `DeviceError` when a lane cannot be opened; by then all threads have ended.
    public init(devices: [StreamDevice], window: Int? = nil) throws {
        precondition(!devices.isEmpty, "a stream needs a device")
        precondition(Set(devices.map(\.name)).count == devices.count, "device names must differ")
        let laneCount = devices.reduce(0) { $0 + $1.laneCount }
        let window = window ?? 2 * laneCount
        precondition(window > 0, "the window must admit a frame")
        self.window = window
        self.devices = devices
        workArrived = Condition(lock)
        headCompleted = Condition(lock)
        roomAppeared = Condition(lock)
        laneOpened = Condition(lock)
        queue = FrameQueue(capacity: window)
        reorder = ReorderBuffer(capacity: window)
        states = devices.map { _ in DeviceState() }
        do {
            try openLanes(laneCount)
        } catch {
            cancel()
            throw error
        }
    }

    deinit { precondition(threads.isEmpty, "a stream must be drained or cancelled") }

    private func openLanes(_ laneCount: Int) throws {
        for (index, device) in devices.enumerated() {
            for lane in 0..<device.laneCount {
                // The closure keeps the stream alive until its thread is joined.
                let thread = try Thread(name: "\(device.name)/\(lane)") { self.runLane(lane, of: index) }
                threads.append(thread)
            }
        }
        try lock.withLock {
            laneOpened.wait { openingFailure == nil && states.reduce(0) { $0 + $1.openedLanes } < laneCount }
            if let openingFailure { throw openingFailure }
        }
    }

    // MARK: In

    /// Admits a frame, waiting while the window is full.
    /// - Returns: false when the stream was cancelled; the frame is then not run.
    /// - Precondition: `finish` has not been called.
    public func push(_ frame: Frame) -> Bool {
        lock.withLock {
            roomAppeared.wait { admittedCount - reorder.head >= window && !isCancelled }
            precondition(!isFinished, "a frame after the end of the stream")
            guard !isCancelled else { return false }
            let now = monotonicNanoseconds()
            if firstAdmission == nil { firstAdmission = now }
            queue.append(Admitted(sequence: admittedCount, frame: frame, time: now))
            admittedCount += 1
            workArrived.signal()
            return true
        }
    }

    /// Says that no frame follows: lanes end when they have run what was admitted.
    public func finish() {
        lock.withLock {
            isFinished = true
            workArrived.broadcast()
            headCompleted.broadcast()
        }
    }

    // MARK: Out

    /// The next result in stream order; waits for it. Nil after the last one, or once the stream was cancelled.
    public func pull() -> Delivery<Frame, Output>? {
        lock.withLock {
            headCompleted.wait {
                !reorder.isHeadReady && !isCancelled && !(isFinished && reorder.head == admittedCount)
            }
            guard !isCancelled, let completed = reorder.removeHead() else { return nil }
            roomAppeared.signal()
            let now = monotonicNanoseconds()
            let latencyNanoseconds = now - completed.admitted.time
            latestDelivery = now
            latency.record(latencyNanoseconds)
            if case .failure = completed.result { failedFrames += 1 }
            return Delivery(
                sequence: completed.admitted.sequence, frame: completed.admitted.frame, result: completed.result,
                device: devices[completed.device].name, serviceNanoseconds: completed.serviceNanoseconds,
                latencyNanoseconds: latencyNanoseconds)
        }
    }

    /// Runs a whole stream: a thread of its own pulls frames from the source until nil, results go to `deliver` in
    /// order on the calling thread, and all threads have ended when it returns.
    /// - Throws: what `deliver` throws, at once; what the source throws, after all frames before it were delivered.
    public func run(
        source: sending @escaping () throws -> Frame?, deliver: (Delivery<Frame, Output>) throws -> Void
    ) throws {
        let source = Box(source)
        let sourceFailure = Box<(any Error)?>(nil)
        let producer = try Thread(name: "source") {
            do {
                while let frame = try source.value() {
                    guard self.push(frame) else { break }
                }
            } catch {
                sourceFailure.value = error
            }
            self.finish()
        }
        defer {
            cancel()
            producer.join()
        }
        while let delivery = pull() { try deliver(delivery) }
        // `pull` returned nil after `finish`, so the producer no longer writes this.
        if let error = sourceFailure.value { throw error }
    }

    /// Drops what is in flight, waits for the frames that lanes are running, and ends all threads. Harmless after the
    /// end, where it only joins the threads. Not to be called from a lane.
    public func cancel() {
        lock.withLock {
            isCancelled = true
            for condition in [workArrived, headCompleted, roomAppeared, laneOpened] { condition.broadcast() }
        }
        for thread in threads { thread.join() }
        threads = []
    }

    // MARK: Lanes

    private func runLane(_ lane: Int, of index: Int) {
        let device = devices[index]
        let isTurn = lock.withLock {
            laneOpened.wait { states[index].openedLanes < lane && openingFailure == nil && !isCancelled }
            return openingFailure == nil && !isCancelled
        }
        guard isTurn else { return }
        let opened = Result { try device.openLane(lane) }
        lock.withLock {
            switch opened {
            case .success: states[index].openedLanes += 1
            case .failure(let error):
                if openingFailure == nil { openingFailure = DeviceError(device: device.name, underlying: error) }
            }
            laneOpened.broadcast()
        }
        guard let lane = try? opened.get() else { return }
        while let admitted = takeFrame() {
            let start = monotonicNanoseconds()
            let result = Result { try lane.run(admitted.frame) }
            complete(
                Completed(
                    admitted: admitted, result: result, device: index,
                    serviceNanoseconds: monotonicNanoseconds() - start))
        }
    }

    /// The oldest frame that no lane has taken; waits for one. Nil at the end of the stream.
    private func takeFrame() -> Admitted? {
        lock.withLock {
            workArrived.wait { queue.count == 0 && !isFinished && !isCancelled }
            return isCancelled ? nil : queue.removeFirst()
        }
    }

    private func complete(_ completed: Completed) {
        lock.withLock {
            states[completed.device].frames += 1
            if case .failure = completed.result { states[completed.device].failedFrames += 1 }
            states[completed.device].busyNanoseconds += completed.serviceNanoseconds
            states[completed.device].serviceTime.record(completed.serviceNanoseconds)
            reorder.insert(completed, sequence: completed.admitted.sequence)
            if reorder.isHeadReady { headCompleted.signal() }
        }
    }

    // MARK: Report

    /// What has happened so far. Callable at any time, from any thread.
    public func report() -> StreamReport {
        lock.withLock {
            StreamReport(
                frames: reorder.head, failedFrames: failedFrames,
                durationNanoseconds: firstAdmission.map { max(latestDelivery - $0, 0) } ?? 0,
                latency: latency.distribution,
                devices: zip(devices, states).map { device, state in
                    DeviceReport(
                        name: device.name, laneCount: device.laneCount, frames: state.frames,
                        failedFrames: state.failedFrames,
                        busyNanoseconds: state.busyNanoseconds, serviceTime: state.serviceTime.distribution)
                })
        }
    }
}

/// Carries a value from one thread to another that synchronise by other means.
private final class Box<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}
