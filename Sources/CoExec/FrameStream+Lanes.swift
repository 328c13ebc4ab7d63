// What a lane's thread does: take a frame, run it, book the result, and in between whatever keeps the stream going.

/// What one lane keeps to itself between turns; reserved once, so that frames allocate nothing.
struct LaneBuffers<Frame: Sendable, Output: Sendable> {
    struct Run {
        let ticket: Int
        let result: Result<Output, any Error>
        let start: Int
        let end: Int
    }

    /// Frames that were run and not yet booked.
    var runs: [Run] = []
    var deliveries: [Delivery<Frame, Output>] = []
    var sourced: [Frame] = []
    /// When the frame to come starts.
    var now = 0
    /// Frames stolen and not yet booked.
    var stolen = 0

    init() {
        runs.reserveCapacity(LaneShare.dequeCapacity)
        deliveries.reserveCapacity(LaneShare.dequeCapacity)
        sourced.reserveCapacity(LaneShare.dequeCapacity)
    }
}

extension FrameStream {
    /// A frame that a lane is to run.
    struct Work {
        let ticket: Int
        let frame: Frame
    }

    /// Work that a lane grabs at once takes about this long: enough that the lock doesn't tell.
    private static var batchNanoseconds: Int { 20_000 }

    /// The life of a lane after it was opened.
    func runFrames(_ lane: Int, on worker: any Lane<Frame, Output>) {
        let share = lanes[lane]
        var buffers = LaneBuffers<Frame, Output>()
        while let work = nextWork(lane, share, &buffers) {
            let start = buffers.now
            share.start.value.store(start, ordering: .relaxed)
            share.ticket.value.store(work.ticket, ordering: .releasing)
            let result = Result { try worker.run(work.frame) }
            share.ticket.value.store(-1, ordering: .relaxed)
            buffers.now = monotonicNanoseconds()
            buffers.runs.append(.init(ticket: work.ticket, result: result, start: start, end: buffers.now))
        }
    }

    /// The next frame of a lane: its own, or one that a turn at the books finds. Nil at the end.
    private func nextWork(_ lane: Int, _ share: LaneShare, _ buffers: inout LaneBuffers<Frame, Output>) -> Work? {
        // Results that are worth reporting don't wait for the rest of their batch.
        let isBatchShort =
            buffers.runs.first.map { buffers.now - $0.start < Self.batchNanoseconds } ?? true
        if isBatchShort, let ticket = share.deque.pop() { return work(ticket) }
        lock.lock()
        book(lane, &buffers)
        if !isBatchShort, let ticket = share.deque.pop() {
            lock.unlock()
            return work(ticket)
        }
        return turn(lane, share, &buffers)
    }

    /// Needs no lock: whoever has a ticket may read its frame.
    private func work(_ ticket: Int) -> Work { Work(ticket: ticket, frame: frames[ticket & (capacity - 1)]!) }

    /// Delivers, takes, admits or waits, until there is a frame for this lane. Called with the lock, returns without.
    private func turn(_ lane: Int, _ share: LaneShare, _ buffers: inout LaneBuffers<Frame, Output>) -> Work? {
        var hasSpun = false
        while true {
            if inline == nil {
                notifyConsumer()
            } else if deliverInline(&buffers) {
                continue
            }
            let device = state.view.lanes[lane].device
            if state.isFinished && !mustStay || state.devices[device].isLeaving {
                lock.unlock()
                return nil
            }
            buffers.now = monotonicNanoseconds()
            if let ticket = take(lane, share, now: buffers.now) {
                let work = work(ticket)
                if waitingProducers > 0 && hasRoom { roomAppeared.signal() }
                lock.unlock()
                return work
            }
            if inline != nil, sourceInline(lane, &buffers) { continue }
            if !hasSpun {
                hasSpun = true
                lock.unlock()
                if let work = steal(lane, &buffers) { return work }
                spin()
                lock.lock()
                continue
            }
            if let work = steal(lane, &buffers) {
                lock.unlock()
                return work
            }
            park()
            hasSpun = false
        }
    }

    /// Under `runOnLanes` lanes stay until the last result is delivered, since they deliver.
    private var mustStay: Bool { inline != nil && !state.isDelivered && !state.isCancelled }

    /// Books what the lane has run.
    private func book(_ lane: Int, _ buffers: inout LaneBuffers<Frame, Output>) {
        guard !buffers.runs.isEmpty else { return }
        state.lanes[lane].stolen += buffers.stolen
        buffers.stolen = 0
        for run in buffers.runs {
            state.complete(
                run.ticket, run.result, lane: lane, serviceNanoseconds: run.end - run.start, now: run.end)
            state.trace(run.ticket, lane: lane, start: run.start, end: run.end)
        }
        buffers.runs.removeAll(keepingCapacity: true)
        epoch.value.add(1, ordering: .relaxed)
        if parkedLanes > 0 && isWorthWaking(lane) { workChanged.broadcast() }
    }

    /// Whether frames are long enough to pay for waking a thread, which takes some microseconds.
    private func isWorthWaking(_ lane: Int) -> Bool {
        guard let service = state.view.lanes[lane].serviceNanoseconds else { return true }
        return service * LaneShare.dequeCapacity > Self.batchNanoseconds || !state.retries.isEmpty || state.isFinished
    }

    /// Takes a frame by the policy, and for short frames more of them into the lane's deque.
    private func take(_ lane: Int, _ share: LaneShare, now: Int) -> Int? {
        let isProbe = !state.isUsable(lane)
        guard !isProbe || state.mayProbe(lane, now: now) else { return nil }
        guard let ticket = choose(lane, share, now: now, isProbe: isProbe) else { return nil }
        if isProbe { state.devices[state.view.lanes[lane].device].isProbing = true }
        return ticket
    }

    private func choose(_ lane: Int, _ share: LaneShare, now: Int, isProbe: Bool) -> Int? {
        if !state.retries.isEmpty, let ticket = state.takeRetry(lane) { return state.start(ticket) }
        if options.policy.assignsFrames { return state.takeAssigned(lane, now: now) }
        state.dropLate(now: now)
        guard state.view.next < state.admittedCount || state.view.isStalled else { return nil }
        updateView(now)
        switch isProbe ? .take : options.policy.decision(for: lane, in: state.view) {
        case .take:
            let untaken = state.admittedCount - state.view.next
            guard untaken > 0 else { return nil }
            let fair = max(1, window / (2 * state.lanes.count))
            let count = isProbe ? 1 : min(batchSize(lane), fair, untaken)
            let first = state.view.next
            // The oldest last, so that the lane pops it first and thieves take the youngest.
            for ticket in stride(from: first + count - 1, to: first, by: -1) {
                _ = share.deque.push(state.start(ticket))
            }
            state.view.next += count
            return state.start(first)
        case .rerun(let ticket):
            guard state.isRunning(ticket) else { return nil }
            state.slots[state.slot(of: ticket)].copies += 1
            state.lanes[lane].reruns += 1
            return ticket
        case .decline:
            state.lanes[lane].declined += 1
            return nil
        }
    }

    /// Frames that a lane runs in about a batch's time: 1 to `LaneShare.dequeCapacity`.
    func batchSize(_ lane: Int) -> Int {
        guard let service = state.view.lanes[lane].serviceNanoseconds else { return 1 }
        return max(1, min(LaneShare.dequeCapacity, Self.batchNanoseconds / max(service, 1)))
    }

    /// Tells the policy what each lane is running.
    func updateView(_ now: Int) {
        state.view.nowNanoseconds = now
        for lane in state.view.lanes.indices {
            let share = lanes[lane]
            let ticket = share.ticket.value.load(ordering: .acquiring)
            state.view.lanes[lane].frame = ticket < 0 ? nil : ticket
            state.view.lanes[lane].startNanoseconds = share.start.value.load(ordering: .relaxed)
            state.view.lanes[lane].isSuperseded = ticket >= 0 && !state.isRunning(ticket)
        }
    }

    /// A frame from another lane's deque.
    private func steal(_ lane: Int, _ buffers: inout LaneBuffers<Frame, Output>) -> Work? {
        let count = lanes.count
        for offset in 1..<max(count, 2) where offset < count {
            guard let ticket = lanes[(lane + offset) % count].deque.steal() else { continue }
            buffers.now = monotonicNanoseconds()
            buffers.stolen += 1
            return work(ticket)
        }
        return nil
    }

    /// Waits about two microseconds for something to change: less than going to sleep would take.
    private func spin() {
        let before = epoch.value.load(ordering: .relaxed)
        for _ in 0..<200 where epoch.value.load(ordering: .relaxed) == before {}
    }

    /// Sleeps until something changes; also looks by itself now and then, since stragglers don't announce themselves.
    private func park() {
        parkedLanes += 1
        let isBusy = state.completedCount < state.admittedCount
        workChanged.wait(until: monotonicNanoseconds() + (isBusy ? 2_000_000 : 50_000_000))
        parkedLanes -= 1
    }
}
