// What of a stream doesn't depend on the types of its frames and outputs, which is all but moving them: `FrameStream`
// is a thin, inlinable shell around it, so that a client's compiler can specialise what touches frames.
// Owner: a `FrameStream`. Threads: any may push, one at a time pulls, each lane runs on a thread of its own, and a
// supervisor looks for lanes that hang. The books are guarded by `lock`, which is never held while a frame runs or
// while the application's code runs; lanes pass frames among themselves through deques without it.

import Synchronization

/// Admits, hands out and delivers frames by their tickets, and runs the lanes' threads.
@usableFromInline
final class StreamRuntime: @unchecked Sendable {  // guarded by `lock`
    let options: StreamOptions
    /// Most frames in flight.
    @usableFromInline let window: Int
    /// Slots: a power of two, at least the window.
    @usableFromInline let capacity: Int
    let lock = Lock()
    /// Lanes wait here for something to do.
    let workChanged: Condition
    /// The consumer waits here for the head of the stream.
    let headCompleted: Condition
    /// Producers wait here for room.
    let roomAppeared: Condition
    /// Whoever waits for lanes to open or end waits here, and the supervisor between its looks.
    let lanesChanged: Condition

    /// Where `state` is: in memory of its own, since stored properties of a class are checked for exclusive access at
    /// every use, which costs more than the books themselves and which the lock makes needless.
    private let books = UnsafeMutablePointer<StreamState>.allocate(capacity: 1)
    var state: StreamState {
        unsafeAddress { UnsafePointer(books) }
        unsafeMutableAddress { books }
    }
    let lanes = GrowingTable<LaneShare>(capacity: StreamRuntime.greatestLaneCount)
    /// Names of the devices, for whoever delivers.
    let deviceNames = GrowingTable<String>(capacity: StreamRuntime.greatestLaneCount)
    /// Lanes, and devices, that a stream can have in its life.
    private static var greatestLaneCount: Int { 64 }
    var threads: [Int: Thread] = [:]
    var supervisor: Thread?
    var isJoining = false
    var openingFailure: (any Error)?
    /// Counts what may give lanes something to do, for lanes that spin.
    let epoch = PaddedAtomic(0)
    /// Called once when the head of the stream is there, or the end: an asynchronous consumer.
    var headWaiter: (@Sendable () -> Void)?

    @usableFromInline
    init(options: StreamOptions, laneCount: Int) {
        let window = options.window ?? SchedulingView.defaultWindow(laneCount: laneCount)
        precondition(window > 0, "the window must admit a frame")
        var capacity = 1
        while capacity < window { capacity *= 2 }
        (self.options, self.window, self.capacity) = (options, window, capacity)
        books.initialize(to: StreamState(options: options, window: window, capacity: capacity))
        workChanged = Condition(lock)
        headCompleted = Condition(lock)
        roomAppeared = Condition(lock)
        lanesChanged = Condition(lock)
    }

    deinit {
        books.deinitialize(count: 1)
        books.deallocate()
    }

    // MARK: In

    @usableFromInline
    enum Push {
        /// The frame belongs to this ticket, after those of `moved` were replaced by their next one's. `endPush` must
        /// follow, since the lock is held.
        case admit(ticket: Int, moved: Range<Int>)
        case drop
        case cancelled
    }

    /// Finds a place for a frame, waiting for room where the options say so.
    @usableFromInline
    func beginPush() -> Push {
        lock.lock()
        precondition(state.view.end == nil, "a frame after the end of the stream")
        if options.admission == .wait {
            while !state.isCancelled && !hasRoom {
                state.waitingProducers += 1
                roomAppeared.wait(until: monotonicNanoseconds() + 1_000_000_000)
                state.waitingProducers -= 1
            }
        }
        if !state.isCancelled {
            let moved = state.room == 0 && options.admission == .dropOldest ? state.dropOldest() : nil
            if state.room > 0 { return .admit(ticket: state.admit(now: monotonicNanoseconds()), moved: moved ?? 0..<0) }
            state.dropAtTheDoor()
        }
        defer { lock.unlock() }
        return state.isCancelled ? .cancelled : .drop
    }

    @usableFromInline
    func endPush() {
        wakeLanes()
        lock.unlock()
    }

    /// Untaken frames at which a waiting producer waits, although the window has room.
    private var queueDepth: Int { state.lanes.count }
    var hasRoom: Bool { state.room > 0 && state.untakenCount < queueDepth }

    @usableFromInline
    func finish() {
        lock.lock()
        end()
        notifyConsumer()
        lock.unlock()
    }

    func end() {
        state.view.end = state.admittedCount
        wakeLanes()
        headCompleted.broadcast()
    }

    // MARK: Out

    /// What is next in the stream; waits for it. Nil after the end, or once the stream was cancelled. `advanceHead`
    /// must follow for a record with a ticket, when its frame and output were taken.
    @usableFromInline
    func awaitHead() -> DeliveryRecord? {
        lock.withLock {
            while !state.isCancelled {
                if let record = takeHead() { return record }
                if state.isDelivered { return nil }
                state.isConsumerWaiting = true
                headCompleted.wait(until: monotonicNanoseconds() + 1_000_000_000)
                state.isConsumerWaiting = false
            }
            return nil
        }
    }

    /// As `awaitHead`, but doesn't wait: nil also if the head is missing.
    func headIfReady() -> DeliveryRecord? {
        lock.withLock { state.isCancelled ? nil : takeHead() }
    }

    private func takeHead() -> DeliveryRecord? {
        let record = state.takeHead(now: monotonicNanoseconds())
        if record != nil { roomMayHaveAppeared() }
        return record
    }

    /// Why a frame failed that is being delivered.
    /// - Parameter ticket: nil for one that was dropped at the door.
    @usableFromInline
    func error(of ticket: Int?) -> any Error {
        ticket.map { state.slots[$0].pointee.error! } ?? DroppedFrame(reason: .overflow)
    }

    @usableFromInline
    func deviceName(_ device: Int) -> String { deviceNames[device].pointee }

    @usableFromInline
    func advanceHead() {
        lock.withLock {
            state.advanceHead(by: 1)
            roomMayHaveAppeared()
        }
    }

    /// Calls a closure once when the head of the stream is ready, or the stream at its end or cancelled: at once, or on
    /// the thread that completes it.
    func whenHeadIsReady(_ call: @escaping @Sendable () -> Void) {
        lock.withLock {
            headWaiter = call
            notifyConsumer()
        }
    }

    /// Wakes those who may go on after a delivery: producers, and lanes, whose decisions hang on the window's room.
    private func roomMayHaveAppeared() {
        if state.waitingProducers > 0 && hasRoom { roomAppeared.signal() }
        if state.parkedLanes > 0 && state.untakenCount > 0 { wakeLanes() }
    }

    /// Wakes the consumer if it has something to do. With the lock, which it may give up for a moment.
    func notifyConsumer() {
        guard state.isHeadReady || state.isDelivered || state.isCancelled else { return }
        if state.isConsumerWaiting { headCompleted.signal() }
        if let call = headWaiter.take() {
            lock.unlock()
            call()
            lock.lock()
        }
    }

    func wakeLanes() {
        wakeSpinningLanes()
        if state.parkedLanes > 0 { workChanged.broadcast() }
    }

    /// Costs nobody a system call.
    func wakeSpinningLanes() {
        if state.spinningLanes > 0 { epoch.value.add(1, ordering: .relaxed) }
    }
}
