// The scheduler: one stream of frames, run by the lanes of several devices, delivered in order.
// Owner: the application. Threads: any one pushes, any one pulls, each lane runs on a thread of its own; all that they
// share is guarded by `lock`, which is never held while a frame runs.

/// Runs one stream of frames on several devices at once and gives the results back in order.
///
/// An idle lane takes the oldest frame that no lane has taken, unless `Policy.workStealing` says that leaving it to
/// faster lanes is better. At most `window` frames are in flight (admitted and not yet delivered), so a slow consumer
/// holds back the source. End a stream by `run`, or by `cancel` after the last `pull`.
///
/// ```swift
/// let stream = try FrameStream(devices: [cluster, gpu])
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
        let nanoseconds: Int
    }

    private struct Completed {
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
    /// Untaken frames at which `push` waits, although the window has room: more would only add latency.
    private let queueDepth: Int
    private var threads: [Thread] = []

    private let lock = Lock()
    /// Lanes wait here for a frame that they should take, or the end.
    private let workChanged: Condition
    /// The consumer waits here for the head of the stream, or the end.
    private let headCompleted: Condition
    /// The producer waits here for room.
    private let roomAppeared: Condition
    /// `init`, the lanes of a device after its first, and a second caller of `cancel` wait here.
    private let lanesChanged: Condition

    /// What the policy sees; `next` is the oldest frame that no lane has taken.
    private var view: SchedulingView
    private var estimates: [ServiceEstimate]
    /// Frames in flight, in slot `sequence % window`.
    private var admitted: [Admitted?]
    private var reorder: ReorderBuffer<Completed>
    private var admittedCount = 0
    private var completedCount = 0
    private var isCancelled = false
    private var isJoining = false
    private var openingFailure: (any Error)?
    private var states: [DeviceState]
    private var failedFrames = 0
    private var firstAdmission: Int?
    private var latestDelivery = 0
    private var latency = DistributionRecorder()

    /// Starts the lanes of all devices and returns when every one is open.
    /// - Parameters:
    ///   - devices: at least one, with distinct names.
    ///   - window: most frames in flight. It bounds how far fast devices can get ahead of a frame that a slow one
    ///     holds; nil means eight a lane, and 128 at least.
    /// - Throws: `DeviceError` when a lane cannot be opened, `ThreadError`; by then all threads have ended.
    public init(devices: [StreamDevice], window: Int? = nil) throws {
        precondition(!devices.isEmpty, "a stream needs a device")
        precondition(Set(devices.map(\.name)).count == devices.count, "device names must differ")
        let lanes = devices.enumerated().flatMap { index, device in
            Array(repeating: SchedulingView.Lane(device: index), count: device.laneCount)
        }
        let window = window ?? SchedulingView.defaultWindow(laneCount: lanes.count)
        precondition(window > 0, "the window must admit a frame")
        self.window = window
        self.devices = devices
        queueDepth = lanes.count
        workChanged = Condition(lock)
        headCompleted = Condition(lock)
        roomAppeared = Condition(lock)
        lanesChanged = Condition(lock)
        view = SchedulingView(nowNanoseconds: 0, window: window, head: 0, next: 0, end: nil, lanes: lanes)
        estimates = lanes.map { _ in ServiceEstimate() }
        admitted = Array(repeating: nil, count: window)
        reorder = ReorderBuffer(capacity: window)
        states = devices.map { _ in DeviceState() }
        do {
            try openLanes()
        } catch {
            cancel()
            throw error
        }
    }

    private func openLanes() throws {
        let laneCount = view.lanes.count
        var first = 0
        for (position, device) in devices.enumerated() {
            for index in 0..<device.laneCount {
                // The closure keeps the stream alive until its thread has ended.
                let lane = first + index
                threads.append(
                    try Thread(name: "\(device.name)/\(index)") { self.runLane(lane, of: position, index: index) })
            }
            first += device.laneCount
        }
        try lock.withLock {
            lanesChanged.wait { openingFailure == nil && states.reduce(0) { $0 + $1.openedLanes } < laneCount }
            if let openingFailure { throw openingFailure }
        }
    }

    // MARK: In

    /// Admits a frame, waiting while the window is full, or while enough frames wait for a lane.
    /// - Returns: false when the stream was cancelled; the frame is then not run.
    /// - Precondition: `finish` has not been called.
    public func push(_ frame: Frame) -> Bool {
        lock.withLock {
            roomAppeared.wait {
                !isCancelled && (admittedCount - view.head >= window || admittedCount - view.next >= queueDepth)
            }
            precondition(view.end == nil, "a frame after the end of the stream")
            guard !isCancelled else { return false }
            let now = monotonicNanoseconds()
            if firstAdmission == nil { firstAdmission = now }
            admitted[admittedCount % window] = Admitted(sequence: admittedCount, frame: frame, nanoseconds: now)
            admittedCount += 1
            // All of them: the one that a signal would wake may leave the frame to another.
            workChanged.broadcast()
            return true
        }
    }

    /// Says that no frame follows: lanes end when all that was admitted is done.
    public func finish() {
        lock.withLock {
            view.end = admittedCount
            workChanged.broadcast()
            headCompleted.broadcast()
        }
    }

    // MARK: Out

    /// The next result in stream order; waits for it. Nil after the last one, or once the stream was cancelled.
    public func pull() -> Delivery<Frame, Output>? {
        lock.withLock {
            headCompleted.wait { !reorder.isHeadReady && !isCancelled && view.end != reorder.head }
            guard !isCancelled, let completed = reorder.removeHead() else { return nil }
            let frame = admitted[view.head % window].take()!
            view.head = reorder.head
            roomAppeared.signal()
            let now = monotonicNanoseconds()
            latestDelivery = now
            latency.record(now - frame.nanoseconds)
            count(completed)
            return Delivery(
                sequence: frame.sequence, frame: frame.frame, result: completed.result,
                device: devices[completed.device].name, serviceNanoseconds: completed.serviceNanoseconds,
                latencyNanoseconds: now - frame.nanoseconds)
        }
    }

    private func count(_ completed: Completed) {
        states[completed.device].frames += 1
        states[completed.device].busyNanoseconds += completed.serviceNanoseconds
        states[completed.device].serviceTime.record(completed.serviceNanoseconds)
        if case .failure = completed.result {
            states[completed.device].failedFrames += 1
            failedFrames += 1
        }
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

    /// Drops what is in flight, waits for the frames that lanes are running, and ends all threads. Harmless after the
    /// end, where it only joins the threads, and from several threads at once; all return when the lanes have ended.
    /// Not to be called from a lane.
    public func cancel() {
        let ended = lock.withLock {
            isCancelled = true
            for condition in [workChanged, headCompleted, roomAppeared, lanesChanged] { condition.broadcast() }
            lanesChanged.wait { isJoining }
            isJoining = true
            defer { threads = [] }
            return threads
        }
        for thread in ended { thread.join() }
        lock.withLock {
            isJoining = false
            lanesChanged.broadcast()
        }
    }

    // MARK: Lanes

    private func runLane(_ lane: Int, of device: Int, index: Int) {
        guard let opened = openLane(index, of: device, lane: lane) else { return }
        while let frame = takeFrame(lane) {
            let result = Result { try opened.run(frame.frame) }
            complete(frame.sequence, result, lane)
        }
    }

    /// Opens a lane when those of its device before it are open; nil when the stream can't start.
    private func openLane(_ index: Int, of device: Int, lane: Int) -> (any Lane<Frame, Output>)? {
        let isTurn = lock.withLock {
            lanesChanged.wait { states[device].openedLanes < index && openingFailure == nil && !isCancelled }
            return openingFailure == nil && !isCancelled
        }
        guard isTurn else { return nil }
        let opened = Result { try devices[device].openLane(index) }
        return lock.withLock {
            defer { lanesChanged.broadcast() }
            switch opened {
            case .success(let opened):
                states[device].openedLanes += 1
                estimates[lane] = ServiceEstimate(prior: opened.expectedServiceNanoseconds)
                view.lanes[lane].serviceNanoseconds = estimates[lane].nanoseconds
                return opened
            case .failure(let error):
                if openingFailure == nil {
                    openingFailure = DeviceError(device: devices[device].name, underlying: error)
                }
                return nil
            }
        }
    }

    /// The frame that the policy gives this lane; waits for one. Nil at the end of the stream.
    private func takeFrame(_ lane: Int) -> Admitted? {
        lock.withLock {
            var taken: Int?
            workChanged.wait {
                guard !isCancelled, completedCount != view.end else { return false }
                taken = askPolicy(lane)
                return taken == nil
            }
            guard let taken else { return nil }
            view.start(taken, on: lane)
            roomAppeared.signal()
            return admitted[taken % window]
        }
    }

    /// The sequence number of the frame that an idle lane should run now, if any.
    private func askPolicy(_ lane: Int) -> Int? {
        guard view.next < admittedCount || view.isStalled else { return nil }
        view.nowNanoseconds = monotonicNanoseconds()
        switch Policy.workStealing.decision(for: lane, in: view) {
        case .take:
            view.next += 1
            return view.next - 1
        case .rerun(let frame): return frame
        case .decline: return nil
        }
    }

    private func complete(_ sequence: Int, _ result: Result<Output, any Error>, _ lane: Int) {
        lock.withLock {
            let service = monotonicNanoseconds() - view.lanes[lane].startNanoseconds
            estimates[lane].record(service)
            view.lanes[lane].serviceNanoseconds = estimates[lane].nanoseconds
            let isSuperseded = view.lanes[lane].isSuperseded
            view.finish(lane)
            workChanged.broadcast()
            guard !isSuperseded else { return }
            completedCount += 1
            reorder.insert(
                Completed(result: result, device: view.lanes[lane].device, serviceNanoseconds: service),
                sequence: sequence)
            if reorder.isHeadReady { headCompleted.signal() }
        }
    }

    // MARK: Report

    /// What has happened so far, by the frames delivered. Callable at any time, from any thread.
    public func report() -> StreamReport {
        lock.withLock {
            StreamReport(
                frames: reorder.head, failedFrames: failedFrames,
                durationNanoseconds: firstAdmission.map { max(latestDelivery - $0, 0) } ?? 0,
                latency: latency.distribution,
                devices: zip(devices, states).map { device, state in
                    DeviceReport(
                        name: device.name, laneCount: device.laneCount, frames: state.frames,
                        failedFrames: state.failedFrames, busyNanoseconds: state.busyNanoseconds,
                        serviceTime: state.serviceTime.distribution)
                })
        }
    }
}

/// Carries a value from one thread to another that synchronise by other means.
private final class Box<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}
