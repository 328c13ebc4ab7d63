// Which frame an idle lane takes, and what it leaves to others.

/// What a lane is given.
enum LaneAssignment: Equatable {
    /// These frames, the first of which it runs now.
    case run(Range<Int>)
    /// A frame that another lane is running.
    case rerun(Int)
}

extension Dispatcher {
    /// Work that a lane grabs at once takes about this long: enough that the lock doesn't tell.
    static var batchNanoseconds: Int { 50_000 }
    /// Frames shorter than this cost less on one core than being passed between two.
    private static var shortestSharedNanoseconds: Int { 200 }

    /// What an idle lane is to run now; nil where it has to wait.
    /// - Parameter hasBegun: whether the lane that has a frame has begun it: one that has not may still need it.
    mutating func take(_ lane: Int, now: Int, hasBegun: (_ ticket: Int) -> Bool = { _ in true }) -> LaneAssignment? {
        let isProbe = !isUsable(lane)
        guard !isProbe || mayProbe(lane, now: now), mayBeBusy else { return nil }
        view.nowNanoseconds = now
        guard let assignment = choose(lane, isProbe: isProbe, now: now, hasBegun) else { return nil }
        if isProbe { devices[view.lanes[lane].device].isProbing = true }
        return assignment
    }

    /// Whether one more lane may be at the stream's frames.
    private var mayBeBusy: Bool {
        guard let limit = options.greatestBusyLaneCount else { return true }
        return view.lanes.reduce(0) { $0 + ($1.frame == nil ? 0 : 1) } < limit
    }

    private mutating func choose(
        _ lane: Int, isProbe: Bool, now: Int, _ hasBegun: (_ ticket: Int) -> Bool
    ) -> LaneAssignment? {
        if !retries.isEmpty, let ticket = takeRetry(lane) { return start(ticket, on: lane) }
        if policyAssigns { return takeAssigned(lane, now: now).map { start($0, on: lane) } }
        dropLate(now: now)
        guard view.next < admittedCount || view.isStalled else { return nil }
        var decision = LaneDecision.take
        if !isProbe, !policy.takesUnseen(lane, in: view) { decision = policy.decision(for: lane, in: view) }
        if decision != .take, !view.isStalled, isDueForMeasuring(lane, now: now) || isLeftToNobody(lane) {
            decision = .take
        }
        // Another lane could still be in time.
        if decision == .take, !isProbe, view.next < admittedCount, isLate(view.next, on: lane, now: now) {
            decision = .decline
        }
        switch decision {
        case .take:
            let untaken = admittedCount - view.next
            guard untaken > 0 else { return nil }
            let first = view.next
            let count = isProbe ? 1 : min(batchSize(lane), untaken)
            view.next += count
            for ticket in first..<view.next { markTaken(ticket) }
            view.start(first, on: lane)
            return .run(first..<view.next)
        case .rerun(let ticket):
            // One whose output is just being booked needs no other run.
            guard isRunning(ticket), claims[ticket].pointee.isOpen(ticket), hasBegun(ticket) else {
                noteDecline(lane)
                return nil
            }
            let slot = slots[ticket]
            slot.pointee.copies += 1
            lanes[lane].reruns += 1
            view.start(ticket, on: lane)
            return .rerun(ticket)
        case .decline:
            lanes[lane].declined += 1
            noteDecline(lane)
            return nil
        }
    }

    private mutating func noteDecline(_ lane: Int) {
        lanes[lane].declinesOfNext = lanes[lane].declinedNext == view.next ? lanes[lane].declinesOfNext + 1 : 1
        lanes[lane].declinedNext = view.next
    }

    /// Whether a lane may run the next frame, and all lanes are free, and each has declined it twice: a policy that
    /// leaves it to nobody doesn't stop the stream.
    private func isLeftToNobody(_ lane: Int) -> Bool {
        policy.mayRun(onDevice: view.lanes[lane].device) && lanes.indices.allSatisfy { index in
            let (lane, state) = (view.lanes[index], lanes[index])
            guard lane.isUsable else { return true }
            let isFree = lane.frame == nil && lane.elsewhereUntilNanoseconds <= view.nowNanoseconds
            return isFree && state.declinedNext == view.next && state.declinesOfNext > 1
        }
    }

    /// A lane didn't run a frame again that it was told to: its output came meanwhile.
    mutating func undoRerun(_ ticket: Int, of lane: Int) {
        view.lanes[lane].frame = nil
        lanes[lane].reruns -= 1
        guard isRunning(ticket) else { return }
        let slot = slots[ticket]
        slot.pointee.copies -= 1
    }

    private mutating func start(_ ticket: Int, on lane: Int) -> LaneAssignment {
        markTaken(ticket)
        view.start(ticket, on: lane)
        return .run(ticket..<ticket + 1)
    }

    private func markTaken(_ ticket: Int) {
        let slot = slots[ticket]
        slot.pointee.status = .taken
        slot.pointee.copies = 1
    }

    /// The oldest frame that was assigned to a lane's device.
    private mutating func takeAssigned(_ lane: Int, now: Int) -> Int? {
        let device = view.lanes[lane].device
        while !assigned[device].isEmpty {
            let ticket = assigned[device].removeFirst()
            if isLate(ticket, on: lane, now: now) { dropLate(ticket) } else { return ticket }
        }
        return nil
    }

    /// Whether a lane has left its frames to others for so long that its estimate should be brought up to date: it may
    /// have been measured in a bad moment. One frame in fifty, and none once the end of the stream is known.
    private func isDueForMeasuring(_ lane: Int, now: Int) -> Bool {
        guard policyGoesBySpeed, view.end == nil, lanes[lane].frames > 0,
            let service = view.lanes[lane].serviceNanoseconds
        else { return false }
        return now - lanes[lane].latestRunNanoseconds > max(50 * service, 100_000_000)
    }

    /// Whether a frame is with a lane, and its result still wanted.
    func isRunning(_ ticket: Int) -> Bool {
        (view.head..<admittedCount).contains(ticket) && slots[ticket].pointee.status == .taken
    }

    // MARK: Frames so short that a lock each would tell

    /// Frames that a lane grabs at once: what it runs in about a batch's time, but no more than its share of half the
    /// window, and what a deque holds. Lanes that sleep because frames are short need no share.
    func batchSize(_ lane: Int) -> Int {
        guard let service = view.lanes[lane].serviceNanoseconds else { return 1 }
        let sharers = isShort(lane) ? lanes.count - parkedLanes : lanes.count
        let fair = window / (2 * sharers)
        return max(1, min(LaneSharedState.dequeCapacity, fair, Self.batchNanoseconds / max(service, 1)))
    }

    /// Whether a lane should leave its frames to another one that is awake, since they are so short that two lanes
    /// would only take the books out of each other's hands.
    func isSuperfluous(_ lane: Int) -> Bool {
        guard isShort(lane), policyGoesBySpeed, retries.isEmpty, !isFinished else { return false }
        return lanes.indices.contains {
            $0 != lane && !lanes[$0].isParked && view.lanes[$0].isUsable && isShort($0)
        }
    }

    func isShort(_ lane: Int) -> Bool {
        view.lanes[lane].serviceNanoseconds.map { $0 < Self.shortestSharedNanoseconds } ?? false
    }

    /// Whether frames are long enough to pay for waking a thread, which takes some microseconds.
    func isWorthWaking(_ lane: Int) -> Bool {
        guard let service = view.lanes[lane].serviceNanoseconds else { return true }
        return service * LaneSharedState.dequeCapacity > Self.batchNanoseconds || policyAssigns || !retries.isEmpty
            || isFinished
    }

    /// Whether a lane may take frames that another one has grabbed.
    func maySteal(_ lane: Int) -> Bool {
        isUsable(lane) && !isCancelled && options.greatestBusyLaneCount == nil
            && policy.mayRun(onDevice: view.lanes[lane].device)
    }
}
