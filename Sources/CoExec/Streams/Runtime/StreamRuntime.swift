// What of a stream doesn't depend on the types of its frames and outputs, which is all but moving them: `StreamCore`
// is a thin, inlinable shell around it, so that a client's compiler can specialise what touches frames.
// Owner: a `StreamCore`. Threads: any may push, one at a time pulls, and the lanes of the pool run its frames. Its books
// are guarded by the pool's lock, which is never held while a frame runs or while the application's code runs; lanes
// pass frames among themselves through deques without it.

import Synchronization

/// Admits, hands out and delivers frames by their tickets, as its dispatcher decides.
@usableFromInline
final class StreamRuntime: @unchecked Sendable {  // guarded by the pool's lock
    let pool: DevicePool
    /// Places for frames in flight.
    @usableFromInline let capacity: Int
    /// The consumer waits here for the head of the stream.
    let headCompleted: Condition
    /// Producers wait here for room.
    let roomAppeared: Condition

    /// Where `state` is: in memory of its own, since stored properties of a class are checked for exclusive access at
    /// every use, which costs more than the books themselves and which the lock makes needless.
    private let books = UnsafeMutablePointer<Dispatcher>.allocate(capacity: 1)
    var state: Dispatcher {
        unsafeAddress { UnsafePointer(books) }
        unsafeMutableAddress { books }
    }
    /// By the stream's own lane numbers: what lanes see of each other, and which of the pool they are.
    let lanes = GrowingTable<LaneSharedState>(capacity: StreamRuntime.greatestLaneCount)
    var poolLanes: [PoolLane] = []
    /// Names of the devices, for whoever delivers.
    let deviceNames = GrowingTable<String>(capacity: StreamRuntime.greatestLaneCount)
    /// Lanes, and devices, that a stream can have at once: frames note in 64 bits which devices have failed them.
    static var greatestLaneCount: Int { 64 }
    var hangWatch = HangWatch()
    /// Called once when the head of the stream is there, or the end: consumers that don't wait in a call.
    var headWaiters: [@Sendable () -> Void] = []
    /// Called once when there is room: producers that don't wait in a call. Counted among `waitingProducers`.
    var roomWaiters: [@Sendable () -> Void] = []
    /// Returns what gives a lent frame back that has ended, to be called without the lock; nil where frames aren't lent.
    /// Called with the lock.
    @usableFromInline var giveBack: ((_ ticket: Int) -> (@Sendable () -> Void)?)? {
        didSet { state.notesEnded = giveBack != nil }
    }
    var priority: Int
    var weight: Double
    /// Time of lanes that its frames have had, ÷ `weight`; where it was idle, as if it had kept up.
    var virtualNanoseconds = 0.0

    /// - Throws: `StreamConfigurationError`.
    @usableFromInline
    init(options: StreamOptions, laneCount: Int, pool: DevicePool?) throws {
        let window = options.window(laneCount: laneCount)
        try options.check(window: window)
        self.pool = pool ?? DevicePool()
        (priority, weight) = (options.priority, options.weight)
        capacity = Dispatcher.capacity(window: window, options)
        books.initialize(to: Dispatcher(options: options, window: window))
        headCompleted = Condition(self.pool.lock)
        roomAppeared = Condition(self.pool.lock)
    }

    deinit {
        books.deinitialize(count: 1)
        books.deallocate()
    }

    // MARK: In

    /// Finds a place for a frame, waiting for room where the options say so, and has it put there.
    /// - Parameters:
    ///   - since: when there was the frame, where that was earlier.
    ///   - deadline: when to wait no longer.
    ///   - store: puts the frame into a ticket's place, after it has moved those of a range of tickets up by one; without a
    ///     ticket it is dropped itself. In any case a frame may be dropped in a place of the stream. Called with the
    ///     lock, so it must not let any frame go.
    @usableFromInline
    func push(
        since: Int?, until deadline: Int, _ store: (_ ticket: Int?, _ moved: Range<Int>, _ dropped: Int?) -> Void
    ) -> Submission {
        pool.withLock {
            let interruptions = state.interruptions
            while !state.isCancelled, !state.isClosed {
                guard !state.isInterrupted, state.interruptions == interruptions else { return .interrupted }
                let now = monotonicNanoseconds()
                switch offer(now: now, since: since) {
                case .admit(let ticket, let moved, let dropped):
                    store(ticket, moved, dropped)
                    pool.wakeLanes()
                    return .accepted
                case .drop(let place):
                    store(nil, 0..<0, place)
                    notifyConsumer()
                    return .accepted
                case .wait:
                    guard now < deadline else { return .timedOut }
                    state.waitingProducers += 1
                    roomAppeared.wait(until: min(deadline, now + 1_000_000_000))
                    state.waitingProducers -= 1
                }
            }
            return .ended
        }
    }

    /// With the lock.
    func offer(now: Int, since: Int? = nil) -> Dispatcher.Offer {
        if state.isIdle { beginBusyTime() }
        return state.offer(now: now, since: since)
    }

    @usableFromInline
    func finish() {
        pool.withLock { end() }
    }

    /// With the lock.
    func end() {
        state.isClosed = true
        state.view.end = state.admittedCount
        pool.wakeLanes()
        headCompleted.broadcast()
        wakeProducers()
        notifyConsumer()
    }

    /// Calls a closure once when `push` mightn't wait: at once, or on the thread that makes it so; without the lock.
    func whenRoom(_ call: @escaping @Sendable () -> Void) {
        pool.withLock {
            roomWaiters.append(call)
            state.waitingProducers += 1
            let isOver = state.isClosed || state.isCancelled || state.isInterrupted
            if isOver || state.hasRoom || state.options.admission != .wait { callRoomWaiters() }
        }
    }

    /// Wakes a producer if there is room for its frame. With the lock.
    func notifyProducer() {
        guard state.waitingProducers > 0, state.hasRoom else { return }
        roomAppeared.signal()
        callRoomWaiters()
    }

    /// Has all producers look again. With the lock.
    func wakeProducers() {
        roomAppeared.broadcast()
        callRoomWaiters()
    }

    private func callRoomWaiters() {
        guard !roomWaiters.isEmpty else { return }
        state.waitingProducers -= roomWaiters.count
        pool.pendingCalls += roomWaiters
        roomWaiters = []
    }

    // MARK: Out

    /// What became of waiting for the head of the stream.
    @usableFromInline
    enum Pull { case taken, timedOut, interrupted, end }

    /// Has the next in the stream taken out; waits for it. Nothing is taken after the end, or once the stream was
    /// cancelled.
    /// - Parameters:
    ///   - deadline: when to wait no longer.
    ///   - take: takes a frame and its output out of their places. Called with the lock, so it must not let them go.
    @usableFromInline
    func pull(until deadline: Int, _ take: (DeliveryRecord) -> Void) -> Pull {
        pool.withLock {
            let interruptions = state.interruptions
            while !state.isCancelled {
                guard !state.isInterrupted, state.interruptions == interruptions else { return .interrupted }
                let now = monotonicNanoseconds()
                if takeHead(now: now, take) { return .taken }
                guard !state.isDelivered else { return .end }
                guard now < deadline else { return .timedOut }
                state.waitingConsumers += 1
                headCompleted.wait(until: min(deadline, now + 1_000_000_000))
                state.waitingConsumers -= 1
            }
            return .end
        }
    }

    /// With the lock.
    /// - Returns: whether there was something to take.
    func takeHead(now: Int, _ take: (DeliveryRecord) -> Void) -> Bool {
        guard let record = state.takeHead(now: now) else { return false }
        take(record)
        if record.ticket != nil { state.advanceHead(by: 1) }
        // Those who may go on: producers, and lanes, whose decisions hang on the window's room.
        notifyProducer()
        if pool.parkedLanes > 0 && state.untakenCount > 0 { pool.wakeLanes() }
        if state.waitingConsumers > 0 { notifyConsumer() }
        return true
    }

    /// Why a frame failed that is being delivered; taken out, since the next frame there would let it go with the lock.
    /// - Parameter ticket: nil for one that was dropped at the door.
    @usableFromInline
    func error(of ticket: Int?) -> any Error {
        guard let ticket else { return DroppedFrame(reason: .overflow) }
        let slot = state.slots[ticket]
        return slot.pointee.error.take()!
    }

    /// Has what nobody needs any more let go: errors, and frames that ended without a result. With the lock.
    func letGoOfPast() {
        if !state.pastErrors.isEmpty {
            pool.letGoUnlocked(state.pastErrors)
            state.pastErrors = []
        }
        guard !state.ended.isEmpty else { return }
        for ticket in state.ended where ticket >= state.view.head {
            if let call = giveBack?(ticket) { pool.pendingCalls.append(call) }
        }
        state.ended.removeAll(keepingCapacity: true)
    }

    @usableFromInline
    func deviceName(_ device: Int) -> String { deviceNames[device].pointee }

    /// Calls a closure once when `isPullReady`: at once, or on the thread that makes it so; without the lock.
    func whenHeadIsReady(_ call: @escaping @Sendable () -> Void) {
        pool.withLock {
            headWaiters.append(call)
            notifyConsumer()
        }
    }

    /// Whether `pull` wouldn't wait. With the lock.
    var isPullReady: Bool { state.isHeadReady || isPullOver }
    /// Whether it wouldn't, for all consumers.
    private var isPullOver: Bool { state.isDelivered || state.isCancelled || state.isInterrupted }

    /// Wakes a consumer if there is something for it, and all where there is nothing more. With the lock.
    func notifyConsumer() {
        guard isPullReady else { return }
        if state.waitingConsumers > 0 { if isPullOver { headCompleted.broadcast() } else { headCompleted.signal() } }
        guard !headWaiters.isEmpty else { return }
        pool.pendingCalls += headWaiters
        headWaiters = []
    }
}

/// A stream that can't be made as it was asked for.
public struct StreamConfigurationError: Error, Hashable, CustomStringConvertible {
    public let description: String
    @usableFromInline init(_ description: String) { self.description = description }
}
