// What a lane's thread does between frames: book what it ran, and find out what to do next.

/// What a lane is to do next.
@usableFromInline
enum LaneTurn {
    /// Run this frame, which is its own.
    case run(Int)
    /// Run this frame, which another lane is running, unless that one is done by now.
    case rerun(Int)
    /// Hand these frames to the consumer, then ask the source for frames for these tickets.
    case serve(deliver: Range<Int>, source: Range<Int>)
    case end
}

extension StreamRuntime {
    /// Work that a lane grabs at once takes about this long: enough that the lock doesn't tell.
    static var batchNanoseconds: Int { 50_000 }

    // MARK: Around a frame

    /// Notes that a lane is about to run a frame. By now it has a copy of it: the supervisor may give the frame to
    /// another lane, and so to the consumer, at any time from here on.
    @usableFromInline
    func start(_ ticket: Int, _ log: inout LaneLog) {
        log.sequence = state.claims[ticket].pointee.sequence
        log.share.pointee.start.value.store(log.now, ordering: .relaxed)
        log.share.pointee.ticket.value.store(ticket, ordering: .releasing)
    }

    /// As `start`, for a frame that another lane is running: calls `copy` first, while the frame can't be delivered.
    /// - Returns: false when it is done by now.
    @usableFromInline
    func startRerun(_ ticket: Int, _ log: inout LaneLog, copy: () -> Void) -> Bool {
        lock.withLock {
            guard state.isRunning(ticket) else { return false }
            copy()
            start(ticket, &log)
            return true
        }
    }

    /// Whether a lane's output is the frame's: it must be stored then, and `publish` be called.
    @usableFromInline
    func claim(_ ticket: Int) -> Bool { state.claims[ticket].pointee.claim(ticket) }

    @usableFromInline
    func publish(_ ticket: Int, _ log: inout LaneLog) {
        let start = log.now
        if !log.isTimingBatches { log.now = monotonicNanoseconds() }
        let service = log.isTimingBatches ? log.serviceNanoseconds : log.now - start
        state.claims[ticket].pointee.publish(ticket, by: log.lane, serviceNanoseconds: service)
        append(ticket, start, .published, &log)
    }

    /// A lane's run of a frame came to nothing: it threw, or another lane was faster.
    @usableFromInline
    func discard(_ ticket: Int, _ log: inout LaneLog, error: (any Error)?) {
        let start = log.now
        log.now = monotonicNanoseconds()
        log.error = error
        append(ticket, start, error == nil ? .late : .failed, &log)
    }

    private func append(_ ticket: Int, _ start: Int, _ outcome: LaneRun.Outcome, _ log: inout LaneLog) {
        log.runs.append(LaneRun(ticket: ticket, sequence: log.sequence, start: start, end: log.now, outcome: outcome))
    }

    // MARK: Between frames

    /// What a lane does next: a frame of its own deque, or what a turn at the books finds.
    @usableFromInline
    func nextTurn(_ log: inout LaneLog) -> LaneTurn {
        // Results that are worth reporting don't wait for the rest of their batch, nor do failures.
        let isBatchShort = log.runs.first.map { log.now - $0.start < Self.batchNanoseconds } ?? true
        let mayGoOn = isBatchShort && log.error == nil
        if mayGoOn, let ticket = log.share.pointee.deque.pop() { return .run(ticket) }
        log.share.pointee.ticket.value.store(-1, ordering: .relaxed)
        if log.isTimingBatches { log.timeBatch(until: monotonicNanoseconds()) }
        lock.lock()
        book(&log)
        log.now = monotonicNanoseconds()
        if !mayGoOn, let ticket = log.share.pointee.deque.pop() {
            notifyConsumer()
            lock.unlock()
            return .run(ticket)
        }
        return turn(&log)
    }

    /// Takes, serves the stream's ends or waits, until there is something to do. Called with the lock, returns without.
    func turn(_ log: inout LaneLog) -> LaneTurn {
        var hasSpun = false
        while true {
            if state.ends == nil {
                notifyConsumer()
            } else if let service = serviceOfEnds(log.lane, now: log.now) {
                lock.unlock()
                return service
            }
            let device = state.view.lanes[log.lane].device
            if state.isFinished && !mustStay || state.devices[device].isLeaving {
                lock.unlock()
                return .end
            }
            if isSuperfluous(log.lane) {
                log.nap = LaneLog.longestNap
                park(&log)
            }
            if let turn = take(&log) {
                if state.waitingProducers > 0 && hasRoom { roomAppeared.signal() }
                lock.unlock()
                return turn
            }
            if !hasSpun {
                hasSpun = true
                let maySteal = maySteal(log.lane)
                state.spinningLanes += 1
                lock.unlock()
                let stolen = maySteal ? steal(&log) : nil
                if stolen == nil { spin() }
                lock.lock()
                state.spinningLanes -= 1
                if let stolen {
                    lock.unlock()
                    return stolen
                }
                log.now = monotonicNanoseconds()
            } else {
                if maySteal(log.lane), let turn = steal(&log) {
                    lock.unlock()
                    return turn
                }
                park(&log)
                hasSpun = false
            }
        }
    }

    /// Books what the lane has run.
    private func book(_ log: inout LaneLog) {
        guard !log.runs.isEmpty else { return }
        state.lanes[log.lane].stolen += log.stolen
        log.stolen = 0
        state.book(log.runs, error: log.error.take(), of: log.lane)
        log.runs.removeAll(keepingCapacity: true)
        log.nap = LaneLog.shortestNap
        log.serviceNanoseconds = state.view.lanes[log.lane].serviceNanoseconds ?? .max
        log.isTimingBatches = isShort(log.lane)
        wakeSpinningLanes()
        if state.parkedLanes > 0 && isWorthWaking(log.lane) { workChanged.broadcast() }
    }

    /// Frames shorter than this cost less on one core than being passed between two.
    private static var shortestSharedNanoseconds: Int { 200 }

    /// Whether a lane should leave its frames to another one that is awake, since they are so short that two lanes
    /// would only take the books out of each other's hands.
    private func isSuperfluous(_ lane: Int) -> Bool {
        guard isShort(lane), options.policy == .workStealing, state.retries.isEmpty, !state.isFinished else {
            return false
        }
        return state.lanes.indices.contains {
            $0 != lane && !state.lanes[$0].isParked && state.view.lanes[$0].isUsable && isShort($0)
        }
    }
    private func isShort(_ lane: Int) -> Bool {
        state.view.lanes[lane].serviceNanoseconds.map { $0 < Self.shortestSharedNanoseconds } ?? false
    }

    /// Whether frames are long enough to pay for waking a thread, which takes some microseconds.
    func isWorthWaking(_ lane: Int) -> Bool {
        guard let service = state.view.lanes[lane].serviceNanoseconds else { return true }
        return service * LaneShare.dequeCapacity > Self.batchNanoseconds || options.policy.assignsFrames
            || !state.retries.isEmpty || state.isFinished
    }

    /// Takes a frame by the policy, and for short frames more of them into the lane's deque.
    private func take(_ log: inout LaneLog) -> LaneTurn? {
        let lane = log.lane
        let isProbe = !state.isUsable(lane)
        guard !isProbe || state.mayProbe(lane, now: log.now) else { return nil }
        guard let turn = choose(&log, isProbe: isProbe) else { return nil }
        if isProbe { state.devices[state.view.lanes[lane].device].isProbing = true }
        return turn
    }

    private func choose(_ log: inout LaneLog, isProbe: Bool) -> LaneTurn? {
        let lane = log.lane
        if !state.retries.isEmpty, let ticket = state.takeRetry(lane) { return .run(state.start(ticket)) }
        if options.policy.assignsFrames {
            return state.takeAssigned(lane, now: log.now).map(LaneTurn.run)
        }
        state.dropLate(now: log.now)
        guard state.view.next < state.admittedCount || state.view.isStalled else { return nil }
        // Looking at what the others are at costs as much as all the rest of a turn.
        let isSettled = isProbe || options.policy == .workStealing && state.view.mayTakeUnseen(lane)
        if !isSettled { updateView(log.now) }
        var decision = isSettled ? .take : options.policy.decision(for: lane, in: state.view)
        if decision == .decline, options.policy == .workStealing, !state.view.isStalled,
            state.isDueForMeasuring(lane, now: log.now)
        {
            decision = .take
        }
        switch decision {
        case .take:
            let untaken = state.admittedCount - state.view.next
            guard untaken > 0 else { return nil }
            let count = isProbe ? 1 : min(batchSize(lane), untaken)
            let first = state.view.next
            // The oldest last, so that the lane pops it first and thieves take the youngest.
            for ticket in stride(from: first + count - 1, to: first, by: -1) {
                _ = log.share.pointee.deque.push(state.start(ticket))
            }
            state.view.next += count
            return .run(state.start(first))
        case .rerun(let ticket):
            guard state.isRunning(ticket) else { return nil }
            state.startCopy(ticket, on: lane)
            return .rerun(ticket)
        case .decline:
            state.lanes[lane].declined += 1
            return nil
        }
    }

    /// Frames that a lane grabs at once: what it runs in about a batch's time, but no more than its share of half the
    /// window, and what a deque holds. Lanes that sleep because frames are short need no share.
    func batchSize(_ lane: Int) -> Int {
        guard let service = state.view.lanes[lane].serviceNanoseconds else { return 1 }
        let sharers = isShort(lane) ? state.lanes.count - state.parkedLanes : state.lanes.count
        let fair = window / (2 * sharers)
        return max(1, min(LaneShare.dequeCapacity, fair, Self.batchNanoseconds / max(service, 1)))
    }

    /// Tells the policy what each lane is running.
    private func updateView(_ now: Int) {
        state.view.nowNanoseconds = now
        for lane in state.view.lanes.indices {
            let share = lanes[lane]
            let ticket = share.pointee.ticket.value.load(ordering: .acquiring)
            state.view.lanes[lane].frame = ticket < 0 ? nil : ticket
            state.view.lanes[lane].startNanoseconds = share.pointee.start.value.load(ordering: .relaxed)
            state.view.lanes[lane].isSuperseded = ticket >= 0 && !state.isRunning(ticket)
        }
    }

    /// Whether a lane may take frames that another one has grabbed.
    private func maySteal(_ lane: Int) -> Bool {
        guard state.isUsable(lane), !state.isCancelled else { return false }
        if case .single(let device) = options.policy { return state.view.lanes[lane].device == device }
        return true
    }

    /// A frame from another lane's deque. A lane that takes longer for it than the other would for all that it grabbed
    /// leaves it there, unless the other is late.
    private func steal(_ log: inout LaneLog) -> LaneTurn? {
        let count = lanes.count
        let service = log.serviceNanoseconds
        log.now = monotonicNanoseconds()
        for offset in 1..<max(count, 2) where offset < count {
            let other = lanes[(log.lane + offset) % count]
            let isOtherLate =
                log.now - other.pointee.start.value.load(ordering: .relaxed) > max(service, Self.batchNanoseconds)
            guard isOtherLate || service <= Self.batchNanoseconds, let ticket = other.pointee.deque.steal() else {
                continue
            }
            log.stolen += 1
            return .run(ticket)
        }
        return nil
    }

    /// Waits a little for something to change: about as long as going to sleep and being woken would take.
    private func spin() {
        let before = epoch.value.load(ordering: .relaxed)
        let end = monotonicNanoseconds() + 5_000
        while epoch.value.load(ordering: .relaxed) == before && monotonicNanoseconds() < end {}
    }

    /// Sleeps until something changes, or for `log.nap`; a lane looks by itself now and then, since stragglers don't
    /// announce themselves, and very short frames don't either. Naps get longer until the lane finds work.
    private func park(_ log: inout LaneLog) {
        state.parkedLanes += 1
        state.lanes[log.lane].isParked = true
        workChanged.wait(until: monotonicNanoseconds() + log.nap)
        state.parkedLanes -= 1
        state.lanes[log.lane].isParked = false
        let isIdle = state.ends == nil && state.completedCount == state.admittedCount
        log.nap = min(2 * log.nap, isIdle ? LaneLog.longestIdleNap : LaneLog.longestNap)
        log.now = monotonicNanoseconds()
    }
}
