// What gets into a stream, and what doesn't.

extension Dispatcher {
    /// What happens to a frame that comes.
    enum Offer: Equatable {
        /// It belongs to this ticket. Where the oldest frame was dropped for it, that was in this place of the stream,
        /// and those of `moved` are now the frames of the tickets behind them.
        case admit(ticket: Int, moved: Range<Int>, dropped: Int?)
        /// It is dropped, in this place of the stream.
        case drop(Int)
        /// It must wait for room.
        case wait
    }

    /// Decides what happens to a frame that comes.
    /// - Parameter since: when there was the frame, where that was earlier.
    mutating func offer(now: Int, since: Int? = nil) -> Offer {
        switch options.admission {
        case .wait:
            guard hasRoom else { return .wait }
            return .admit(ticket: admit(now: now, since: since), moved: 0..<0, dropped: nil)
        case .dropOldest, .dropNewest:
            let victim = room <= 0 && options.admission == .dropOldest ? dropOldest() : nil
            // Where the window was made narrower meanwhile, it is kept as soon as enough was delivered.
            guard victim != nil || room > 0 else { return .drop(dropAtTheDoor()) }
            let ticket = admit(now: now, since: since)
            return .admit(ticket: ticket, moved: victim?.moved ?? 0..<0, dropped: victim?.place)
        }
    }

    var room: Int { window - (admittedCount - view.head) }

    /// Whether a source that can wait should give a frame: a frame for each lane may wait for it, more would only add
    /// latency. Under policies that assign, the window is filled, since a slow device's frames would keep those of
    /// fast ones out.
    var hasRoom: Bool { room > 0 && (policyAssigns || untakenCount < lanes.count) }

    /// How many frames a lane that is at the source itself should fetch: what it will run at once, and none while
    /// there is something to take, since asking the source takes its time.
    /// - Parameter freed: slots that will be free by then.
    func fetchCount(_ lane: Int, freed: Int) -> Int {
        let isHungry = policyAssigns ? untakenCount < 2 * lanes.count : view.next == admittedCount
        return isHungry ? max(min(batchSize(lane), room + freed), 0) : 0
    }

    /// Admitted frames that no lane has taken.
    var untakenCount: Int {
        policyAssigns ? assigned.reduce(retries.count) { $0 + $1.count } : admittedCount - view.next
    }

    /// Gives a frame a ticket.
    /// - Precondition: there is room.
    mutating func admit(now: Int, since: Int? = nil) -> Int {
        let ticket = admittedCount
        admittedCount += 1
        if firstAdmissionNanoseconds == nil {
            firstAdmissionNanoseconds = now
            standstill.restartCount(at: now)
        }
        let slot = slots[ticket]
        // Its place in the stream counts the frames before it that were dropped at the door, too.
        claims[ticket].pointee.open(ticket, sequence: ticket + doorDropCount)
        slot.pointee.admit(droppedBefore: Int32(pendingDrops), now: min(now, since ?? now))
        pendingDrops = 0
        if policyAssigns { assign(ticket, now) }
        return ticket
    }

    /// Gives a frame to a device; where none is usable now, or the policy names none of those, to whichever is free
    /// first.
    private mutating func assign(_ ticket: Int, _ now: Int) {
        view.nowNanoseconds = now
        for device in devices.indices { view.devices[device].backlog = assigned[device].count }
        for lane in view.lanes where lane.frame != nil { view.devices[lane.device].backlog += 1 }
        let usable = devices.indices.filter { device in
            view.lanes.contains { $0.device == device && $0.isUsable }
        }
        guard !usable.isEmpty, let device = policy.device(for: ticket, among: usable, in: view),
            usable.contains(device)
        else {
            retries.append(ticket)
            return
        }
        assigned[device].append(ticket)
        view.devices[device].assigned += 1
    }

    /// Drops a frame that did not get in.
    /// - Returns: its place in the stream.
    private mutating func dropAtTheDoor() -> Int {
        pendingDrops += 1
        doorDropCount += 1
        return admittedCount + doorDropCount - 1
    }

    /// Drops the oldest frame that no lane has taken: those behind it move up by one ticket, and the next of them
    /// reports it. Moving them costs a window's length at most; tickets of dropped frames would need a ring without
    /// bounds, since they could pile up behind a head that hangs.
    /// - Returns: the tickets whose frames are now those of the next ticket, and the place in the stream of the one
    ///   that was dropped; nil when there is no frame to drop.
    private mutating func dropOldest() -> (moved: Range<Int>, place: Int)? {
        guard !policyAssigns, view.next < admittedCount else { return nil }
        let oldest = view.next
        let place = claims[oldest].pointee.sequence
        admittedCount -= 1
        doorDropCount += 1
        let drops = slots[oldest].pointee.droppedBefore + 1
        for ticket in oldest..<admittedCount {
            let slot = slots[ticket]
            let follower = slots[ticket + 1]
            claims[ticket].pointee.open(ticket, sequence: claims[ticket + 1].pointee.sequence)
            slot.pointee.admit(
                droppedBefore: follower.pointee.droppedBefore, now: follower.pointee.admittedNanoseconds)
        }
        slots[admittedCount].pointee.status = .free
        let next = slots[oldest]
        if oldest < admittedCount { next.pointee.droppedBefore += drops } else { pendingDrops += Int(drops) }
        return (oldest..<admittedCount, place)
    }

    /// Drops the frames at the front of the stream that no lane could be done with in time any more, or that are too
    /// old.
    mutating func dropLate(now: Int) {
        guard options.deadlineNanoseconds != nil || options.greatestAgeNanoseconds != nil else { return }
        let soonest = soonestServiceNanoseconds
        while view.next < admittedCount, isLate(view.next, now: now, serviceNanoseconds: soonest) {
            dropLate(view.next)
            view.next += 1
        }
    }

    /// What a frame takes on the fastest lane that may have it; 0 where one's speed isn't known.
    private var soonestServiceNanoseconds: Int {
        var soonest = Int.max
        for lane in view.lanes where lane.isUsable && policy.mayRun(onDevice: lane.device) {
            soonest = min(soonest, lane.serviceNanoseconds ?? 0)
        }
        return soonest == .max ? 0 : soonest
    }

    /// Whether a frame's result would come too late from a lane that takes it now, or it is too old.
    func isLate(_ ticket: Int, on lane: Int, now: Int) -> Bool {
        isLate(ticket, now: now, serviceNanoseconds: view.lanes[lane].serviceNanoseconds ?? 0)
    }

    private func isLate(_ ticket: Int, now: Int, serviceNanoseconds: Int) -> Bool {
        let age = now - slots[ticket].pointee.admittedNanoseconds
        if let greatest = options.greatestAgeNanoseconds, age > greatest { return true }
        guard let deadline = options.deadlineNanoseconds else { return false }
        return age + serviceNanoseconds > deadline
    }

    mutating func dropLate(_ ticket: Int) {
        finish(ticket, error: DroppedFrame(reason: .late), device: nil, serviceNanoseconds: 0)
    }
}
