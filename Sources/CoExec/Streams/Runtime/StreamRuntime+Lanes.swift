// What a lane's thread does about a stream's frames: note what it runs, book what it ran, and find out what to do next.

/// What a lane is to do next.
@usableFromInline
enum LaneTurn {
    /// Run this frame, which is its own.
    case run(Int)
    /// Run this frame, which another lane is running, unless that one is done by now.
    case rerun(Int)
    /// Hand these frames to the consumer, then ask the source for frames for these tickets.
    case serve(deliver: Range<Int>, source: Range<Int>)
    /// Leave the stream's frames: another stream's are next, or this one is over for the lane.
    case leave
}

extension StreamRuntime {
    // MARK: Around a frame

    /// Notes that a lane is about to run a frame. By now it has a copy of it: the supervisor may give the frame to
    /// another lane, and so to the consumer, at any time from here on.
    @usableFromInline
    func start(_ ticket: Int, _ own: inout LaneThreadState) {
        own.sequence = state.claims[ticket].pointee.sequence
        own.share.pointee.start.value.store(own.now, ordering: .relaxed)
        own.share.pointee.ticket.value.store(ticket, ordering: .releasing)
    }

    /// As `start`, for a frame that another lane is running: calls `copy` first, while the frame can't be delivered.
    /// - Returns: false when it is done by now.
    @usableFromInline
    func startRerun(_ ticket: Int, _ own: inout LaneThreadState, copy: () -> Void) -> Bool {
        pool.withLock {
            // Where another lane has its output by now, the frame may be let go.
            guard state.isRunning(ticket), state.claims[ticket].pointee.isOpen(ticket) else {
                state.undoRerun(ticket, of: own.lane)
                pool.settle(own.poolLane, self, busyNanoseconds: 0)
                return false
            }
            copy()
            start(ticket, &own)
            return true
        }
    }

    /// Whether a lane's output is the frame's: it must be stored then, and `publish` be called. What becomes of a frame
    /// is settled here, without the lock, among the lanes that run it; `publish` says when its output is in place, for
    /// the supervisor, who must not wait for a lane that hangs before it books; and the slot has what is booked.
    @usableFromInline
    func claim(_ ticket: Int) -> Bool { state.claims[ticket].pointee.claim(ticket) }

    @usableFromInline
    func publish(_ ticket: Int, _ own: inout LaneThreadState) {
        publish(ticket, &own, end: own.isTimingBatches ? nil : monotonicNanoseconds())
    }

    /// - Parameter end: nil where a batch is timed as a whole.
    func publish(_ ticket: Int, _ own: inout LaneThreadState, end: Int?) {
        let start = own.now
        if let end { own.now = end }
        let service = end.map { $0 - start } ?? own.serviceNanoseconds
        state.claims[ticket].pointee.publish(ticket, by: own.lane, serviceNanoseconds: service)
        append(ticket, start, .published, &own)
    }

    /// After a lane has published a frame's output, before it books it: calls a closure, which takes what is to be given
    /// back, unless the frame was delivered or flushed meanwhile, or a lane that has it, too, hasn't begun it yet.
    @usableFromInline
    func withPublished(_ ticket: Int, _ body: () -> Void) {
        pool.withLock { if ticket >= state.view.head, hasBegun(ticket) { body() } }
    }

    /// A lane's run of a frame came to nothing: it threw, or another lane was faster.
    @usableFromInline
    func discard(_ ticket: Int, _ own: inout LaneThreadState, error: (any Error)?) {
        discard(ticket, &own, error: error, end: monotonicNanoseconds())
    }

    func discard(_ ticket: Int, _ own: inout LaneThreadState, error: (any Error)?, end: Int) {
        let start = own.now
        own.now = end
        own.error = error
        append(ticket, start, error == nil ? .late : .failed, &own)
    }

    private func append(_ ticket: Int, _ start: Int, _ outcome: LaneRun.Outcome, _ own: inout LaneThreadState) {
        own.runs.append(LaneRun(ticket: ticket, sequence: own.sequence, start: start, end: own.now, outcome: outcome))
    }

    // MARK: Between frames

    /// What a lane does next: a frame of its own deque, or what a turn at the books finds, of this stream or another.
    @usableFromInline
    func nextTurn(_ own: inout LaneThreadState) -> LaneTurn {
        // Results that are worth reporting don't wait for the rest of their batch, nor do failures.
        let isBatchShort = own.runs.first.map { own.now - $0.start < Dispatcher.batchNanoseconds } ?? true
        let mayGoOn = isBatchShort && own.error == nil
        if mayGoOn, let ticket = own.share.pointee.deque.pop() { return .run(ticket) }
        own.share.pointee.ticket.value.store(-1, ordering: .relaxed)
        if own.isTimingBatches { own.timeBatch(until: monotonicNanoseconds()) }
        pool.lock.lock()
        book(&own)
        if state.ends == nil { notifyConsumer() }
        // Before it takes a frame: what is called may wait for lanes to begin theirs.
        if !pool.pendingCalls.isEmpty {
            pool.unlock()
            pool.lock.lock()
        }
        own.now = monotonicNanoseconds()
        if !mayGoOn, let ticket = own.share.pointee.deque.pop() {
            state.view.nowNanoseconds = own.now
            state.view.start(ticket, on: own.lane)
            pool.unlockTaken()
            return .run(ticket)
        }
        return nextOfPool(&own)
    }

    /// Asks the pool; called with the lock, returns without.
    func nextOfPool(_ own: inout LaneThreadState) -> LaneTurn {
        let lane = own.poolLane
        var hasLooked = false
        // A look as the pool's, but without a reference to the stream: lanes would wait for each other to count it.
        if !lane.isShared, !lane.isToOpen, state.view.crowding == 1, !isOver(own.lane) {
            if let turn = turn(for: own.lane, now: own.now, true) {
                pool.unlockTaken()
                return turn
            }
            hasLooked = true
        }
        guard let next = pool.next(lane, now: own.now, hasLooked: hasLooked) else {
            pool.unlock()
            return .leave
        }
        own.now = next.now
        if lane.members[next.member].stream === self { return next.turn }
        lane.handover = next
        return .leave
    }

    /// What this stream has for a lane now. With the lock.
    /// - Parameter mayBeSuperfluous: whether the lane should leave very short frames to others that are awake.
    func turn(for lane: Int, now: Int, _ mayBeSuperfluous: Bool) -> LaneTurn? {
        if state.ends == nil {
            notifyConsumer()
        } else if let service = serviceOfEnds(lane, now: now) {
            return service
        }
        if mayBeSuperfluous && state.isSuperfluous(lane) { return nil }
        // Unowned for the same reason.
        let assignment = state.take(lane, now: now) { [unowned(unsafe) self] in hasBegun($0) }
        // Also where it took nothing: frames that are too late make room.
        notifyProducer()
        if !state.ended.isEmpty { letGoOfPast() }
        guard let assignment else { return nil }
        switch assignment {
        case .run(let tickets):
            grab(tickets.dropFirst(), on: lane)
            return .run(tickets.lowerBound)
        case .rerun(let ticket):
            return .rerun(ticket)
        }
    }

    /// Whether a lane that has this frame has its copy of it, so that it may be delivered by another one.
    /// One that hangs with it doesn't count: another one may have been told to run it by now.
    func hasBegun(_ ticket: Int) -> Bool {
        var isBegun = false
        for lane in 0..<lanes.count where !state.lanes[lane].isHung {
            if lanes[lane].pointee.ticket.value.load(ordering: .acquiring) == ticket {
                isBegun = true
            } else if state.view.lanes[lane].frame == ticket {
                return false
            }
        }
        return isBegun
    }

    /// Puts frames into a lane's deque: the oldest last, so that the lane pops it first and thieves take the youngest.
    func grab(_ tickets: Range<Int>, on lane: Int) {
        let share = lanes[lane]
        for ticket in tickets.reversed() { _ = share.pointee.deque.push(ticket) }
    }

    /// Whether the stream has nothing for a lane any more.
    func isOver(_ lane: Int) -> Bool {
        state.isFinished && !mustStay || state.devices[state.view.lanes[lane].device].isLeaving
    }

    /// Books what a lane has run. With the lock.
    func book(_ own: inout LaneThreadState) {
        guard !own.runs.isEmpty else { return }
        let lane = own.lane
        let (busy, wasHung) = (state.lanes[lane].busyNanoseconds, state.lanes[lane].isHung)
        let error = own.error.take()
        state.book(own.runs, error: error, of: lane)
        if let error { pool.letGoUnlocked(error) }
        letGoOfPast()
        pool.settle(own.poolLane, self, busyNanoseconds: state.lanes[lane].busyNanoseconds - busy)
        if wasHung { pool.returned(own.poolLane) }
        own.runs.removeAll(keepingCapacity: true)
        own.poolLane.nap = PoolLane.shortestNap
        own.serviceNanoseconds = state.view.lanes[lane].serviceNanoseconds ?? .max
        own.isTimingBatches = state.isShort(lane)
        pool.wakeSpinningLanes()
        if pool.parkedLanes > 0 && state.isWorthWaking(lane) { pool.workChanged.broadcast() }
    }

    /// A frame from another lane's deque. A lane that takes longer for it than the other would for all that it grabbed
    /// leaves it there, unless the other is late. With the lock, which deques don't need.
    func steal(_ lane: Int, now: Int) -> Int? {
        let count = lanes.count
        guard count > 1, state.maySteal(lane) else { return nil }
        let service = state.view.lanes[lane].serviceNanoseconds ?? .max
        for offset in 1..<count {
            let other = lanes[(lane + offset) % count]
            let start = other.pointee.start.value.load(ordering: .relaxed)
            let isOtherLate = now - start > max(service, Dispatcher.batchNanoseconds)
            guard isOtherLate || service <= Dispatcher.batchNanoseconds, let ticket = other.pointee.deque.steal()
            else { continue }
            state.lanes[lane].stolen += 1
            return ticket
        }
        return nil
    }
}
