// The books of a stream whose lanes pull the source and deliver the results themselves.

/// Which of the application's ends of the stream a lane is at: one at a time at each.
struct EndsInUse {
    var isSourcing = false
    var hasSourceEnded = false
    var isDelivering = false
    var failure: (any Error)?
}

/// What a lane found at the ends of the stream.
@usableFromInline
struct EndsServed {
    @usableFromInline var delivered = 0
    @usableFromInline var deliveryFailure: (any Error)?
    @usableFromInline var sourced = 0
    @usableFromInline var hasSourceEnded = false
    @usableFromInline var sourceFailure: (any Error)?

    @inlinable
    init() {}
}

extension StreamRuntime {
    /// Most frames that a lane delivers before it looks for other things to do.
    private static var longestDelivery: Int { 32 }

    /// Under `runOnLanes` lanes stay until the last result is delivered, since they deliver.
    var mustStay: Bool { state.ends != nil && !state.isDelivered && !state.isCancelled }

    /// What a lane should do at the ends: deliver what is complete, and ask the source where there is nothing to take;
    /// nil where another lane is at it, or there is no need.
    func serviceOfEnds(_ lane: Int, now: Int) -> LaneTurn? {
        guard !state.isCancelled else { return nil }
        let head = state.view.head
        var count = 0
        if !state.ends!.isDelivering {
            while count < Self.longestDelivery, state.isDone(head + count) {
                state.countDelivery(of: head + count, now: now)
                count += 1
            }
            state.ends!.isDelivering = count > 0
        }
        var wanted = 0
        if !state.ends!.isSourcing, !state.ends!.hasSourceEnded {
            // Frames are handed over before the source is asked, so their slots are free by then.
            wanted = state.fetchCount(lane, freed: count)
            state.ends!.isSourcing = wanted > 0
        }
        let next = state.admittedCount
        return count + wanted == 0 ? nil : .serve(deliver: head..<head + count, source: next..<next + wanted)
    }

    /// What the consumer is to know of a frame that a lane was told to deliver.
    @usableFromInline
    func record(of ticket: Int, now: Int) -> DeliveryRecord { state.record(of: ticket, now: now) }

    /// Books what a lane has done at the ends, and says what it does next.
    /// - Parameter turn: what it was told to do.
    @usableFromInline
    func served(_ served: EndsServed, _ turn: LaneTurn, _ own: inout LaneThreadState) -> LaneTurn {
        guard case .serve(let deliver, let source) = turn else { preconditionFailure("no service was asked for") }
        pool.lock.lock()
        let now = monotonicNanoseconds()
        // What the application's ends take is the devices' time as well.
        if own.poolLane.isShared { virtualNanoseconds += Double(now - own.now) / weight }
        own.now = now
        pool.wakeSpinningLanes()
        if !deliver.isEmpty {
            state.ends!.isDelivering = false
            state.advanceHead(by: served.delivered)
        }
        if !source.isEmpty {
            state.ends!.isSourcing = false
            if served.sourced > 0, state.completedCount == state.admittedCount { beginBusyTime() }
            for _ in 0..<served.sourced { _ = state.admit(now: own.now) }
            if served.hasSourceEnded {
                state.ends!.hasSourceEnded = true
                state.ends!.failure = state.ends!.failure ?? served.sourceFailure
                end()
            } else if pool.parkedLanes > 0 && state.isWorthWaking(own.lane) {
                pool.workChanged.broadcast()
            }
        }
        if let failure = served.deliveryFailure {
            state.ends!.failure = failure
            state.isCancelled = true
        }
        if state.isDelivered || state.isCancelled {
            headCompleted.broadcast()
            pool.wakeLanes()
        }
        return nextOfPool(&own)
    }

    /// Lets the lanes serve the ends, and waits until all is delivered.
    /// - Returns: the failure of an end.
    @usableFromInline
    func runEnds() -> (any Error)? {
        pool.withLock {
            state.ends = EndsInUse()
            pool.workChanged.broadcast()
            while !state.isDelivered && !state.isCancelled || state.ends!.isDelivering {
                state.waitingConsumers += 1
                headCompleted.wait(until: monotonicNanoseconds() + 1_000_000_000)
                state.waitingConsumers -= 1
                if !hasLanesAtWork, !state.isDelivered, !state.isCancelled {
                    state.ends!.failure = state.ends!.failure ?? NoDeviceLeft()
                    state.isCancelled = true
                }
            }
            return state.ends!.failure
        }
    }
}
