// What of a stream doesn't depend on the types of its frames and outputs, which is all but moving them: `StreamCore`
// is a thin, inlinable shell around it, so that a client's compiler can specialise what touches frames.
// Owner: a `StreamCore`. Threads: any may push, one at a time pulls, and the lanes of the pool run its frames. Its books
// are guarded by the pool's lock, which is never held while a frame runs or while the application's code runs; lanes
// pass frames among themselves through deques without it.

import Synchronization

/// Admits, hands out and delivers frames by their tickets, as its dispatcher decides.
@usableFromInline
final class StreamRuntime: @unchecked Sendable {  // guarded by the pool's lock
    let options: StreamOptions
    let pool: DevicePool
    /// Most frames in flight.
    @usableFromInline let window: Int
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
    /// Called once when the head of the stream is there, or the end: an asynchronous consumer.
    var headWaiter: (@Sendable () -> Void)?
    let priority: Int
    let weight: Double
    /// Time of lanes that its frames have had, ÷ `weight`; where it was idle, as if it had kept up.
    var virtualNanoseconds = 0.0

    /// - Throws: `StreamConfigurationError`.
    @usableFromInline
    init(options: StreamOptions, laneCount: Int, pool: DevicePool?) throws {
        let window = options.window ?? SchedulingView.defaultWindow(laneCount: laneCount)
        guard window > 0 else { throw StreamConfigurationError("the window must admit a frame, not \(window)") }
        guard options.weight > 0, options.weight.isFinite else {
            throw StreamConfigurationError("a stream's weight must be above 0, not \(options.weight)")
        }
        (self.options, self.window, self.pool) = (options, window, pool ?? DevicePool())
        (priority, weight) = (options.priority, options.weight)
        capacity = Dispatcher.capacity(window: window)
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
    ///   - store: puts the frame into a ticket's place, after it has moved those of a range of tickets up by
    ///     one. Called with the lock, so it must not let any frame go.
    /// - Returns: false when the stream was cancelled or has ended.
    @usableFromInline
    func push(since: Int? = nil, _ store: (_ ticket: Int, _ moved: Range<Int>) -> Void) -> Bool {
        pool.withLock {
            while !state.isCancelled, !state.isClosed {
                switch offer(now: monotonicNanoseconds(), since: since) {
                case .admit(let ticket, let moved):
                    store(ticket, moved)
                    pool.wakeLanes()
                    return true
                case .drop: return true
                case .wait:
                    state.waitingProducers += 1
                    roomAppeared.wait(until: monotonicNanoseconds() + 1_000_000_000)
                    state.waitingProducers -= 1
                }
            }
            return false
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
        roomAppeared.broadcast()
        notifyConsumer()
    }

    // MARK: Out

    /// Has the next in the stream taken out; waits for it. Nothing is taken after the end, or once the stream was
    /// cancelled.
    /// - Parameter take: takes a frame and its output out of their places. Called with the lock, so it must not let
    ///   them go.
    @usableFromInline
    func pull(_ take: (DeliveryRecord) -> Void) {
        pool.withLock {
            while !state.isCancelled, !takeHead(now: monotonicNanoseconds(), take), !state.isDelivered {
                state.isConsumerWaiting = true
                headCompleted.wait(until: monotonicNanoseconds() + 1_000_000_000)
                state.isConsumerWaiting = false
            }
        }
    }

    /// As `pull`, but doesn't wait: nothing is taken also if the head is missing.
    func pullIfReady(_ take: (DeliveryRecord) -> Void) {
        pool.withLock { if !state.isCancelled { _ = takeHead(now: monotonicNanoseconds(), take) } }
    }

    /// With the lock.
    /// - Returns: whether there was something to take.
    func takeHead(now: Int, _ take: (DeliveryRecord) -> Void) -> Bool {
        guard let record = state.takeHead(now: now) else { return false }
        take(record)
        if record.ticket != nil { state.advanceHead(by: 1) }
        // Those who may go on: producers, and lanes, whose decisions hang on the window's room.
        if state.waitingProducers > 0 && state.hasRoom { roomAppeared.signal() }
        if pool.parkedLanes > 0 && state.untakenCount > 0 { pool.wakeLanes() }
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

    /// With the lock.
    func letGoOfPastErrors() {
        guard !state.pastErrors.isEmpty else { return }
        pool.letGoUnlocked(state.pastErrors)
        state.pastErrors = []
    }

    @usableFromInline
    func deviceName(_ device: Int) -> String { deviceNames[device].pointee }

    /// Calls a closure once when the head of the stream is ready, or the stream at its end or cancelled: at once, or on
    /// the thread that completes it; without the lock.
    func whenHeadIsReady(_ call: @escaping @Sendable () -> Void) {
        pool.withLock {
            headWaiter = call
            notifyConsumer()
        }
    }

    /// Wakes the consumer if it has something to do. With the lock.
    func notifyConsumer() {
        guard state.isHeadReady || state.isDelivered || state.isCancelled else { return }
        if state.isConsumerWaiting { headCompleted.signal() }
        if let call = headWaiter.take() { pool.pendingCalls.append(call) }
    }
}

/// A stream that can't be made as it was asked for.
public struct StreamConfigurationError: Error, Hashable, CustomStringConvertible {
    public let description: String
    @usableFromInline init(_ description: String) { self.description = description }
}
