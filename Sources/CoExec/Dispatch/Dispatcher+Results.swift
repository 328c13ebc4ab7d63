// What becomes of frames that were run: booked, delivered in order, and their slots freed. Guarded like the rest of the
// books.

import System

extension Dispatcher {
    /// Books what a lane has run.
    /// - Parameter error: what the last run threw.
    mutating func book(_ runs: [LaneRun], error: (any Error)?, of lane: Int) {
        let device = view.lanes[lane].device
        var busyNanoseconds = 0
        noticeStandstill(runs[runs.count - 1].end)
        if runs.count > (error == nil ? 0 : 1) { succeeded(device) }
        for run in runs {
            let standstill = standstill.nanoseconds(from: run.start, to: run.end)
            let service = run.end - run.start - standstill
            busyNanoseconds += service
            // A run that was broken off for a while says little of the device: caches are cold after it.
            if standstill == 0 { lanes[lane].estimate.record(service) }
            trace(run, lane: lane)
            switch run.outcome {
            case .published:
                finishPublished(run.ticket, device, serviceNanoseconds: service, isWhole: standstill == 0)
            case .late: lanes[lane].lateResults += 1
            case .failed:
                failed(device, run.end)
                if isRunning(run.ticket) {
                    runElsewhere(run.ticket, after: error!, on: device, serviceNanoseconds: service)
                } else {
                    lanes[lane].lateResults += 1
                }
            }
        }
        lanes[lane].frames += runs.count
        lanes[lane].busyNanoseconds += busyNanoseconds
        devices[device].busyNanoseconds += busyNanoseconds
        lanes[lane].latestRunNanoseconds = runs[runs.count - 1].end
        view.lanes[lane].serviceNanoseconds = lanes[lane].expectedServiceNanoseconds
        view.lanes[lane].frame = nil
        if lanes[lane].isHung { returnFromHang(lane) }
    }

    /// Whoever books something after a standstill may be awake before the supervisor, who would note it.
    private mutating func noticeStandstill(_ now: Int) {
        if standstill.isLookLate(at: now) { standstill.look(at: now, cpuNanoseconds: processCPUNanoseconds()) }
    }

    /// Keeps a run of a frame for the trace, as long as there is room.
    private mutating func trace(_ run: LaneRun, lane: Int) {
        guard events.count < options.traceCapacity else { return }
        events.append(
            TraceEvent(frame: run.sequence, lane: lane, startNanoseconds: run.start, endNanoseconds: run.end))
    }

    /// A frame's output is in place. The supervisor may have booked it already; and where it took the lane for hung,
    /// the frame may be waiting to be run again.
    /// - Parameter isWhole: false where the process stood still meanwhile.
    mutating func finishPublished(_ ticket: Int, _ device: Int, serviceNanoseconds: Int, isWhole: Bool = true) {
        let slot = slots[ticket]
        guard ticket >= view.head, slot.pointee.status == .taken || slot.pointee.status == .waiting else { return }
        if slot.pointee.status == .waiting { retries.removeAll { $0 == ticket } }
        if slot.pointee.error != nil { setError(nil, of: ticket) }
        slot.pointee.serviceNanoseconds = serviceNanoseconds
        if isWhole { devices[device].serviceTime.record(serviceNanoseconds) }
        finish(ticket, device)
    }

    /// A frame ends with an error, unless a lane is just publishing its output.
    mutating func finish(_ ticket: Int, error: any Error, device: Int?, serviceNanoseconds: Int) {
        let slot = slots[ticket]
        guard claims[ticket].pointee.claim(ticket) else { return }
        setError(error, of: ticket)
        slot.pointee.serviceNanoseconds = serviceNanoseconds
        finish(ticket, device)
        if notesEnded { ended.append(ticket) }
    }

    /// A frame's result is wanted by nobody, unless a lane is just publishing it.
    mutating func abandon(_ ticket: Int) {
        guard claims[ticket].pointee.claim(ticket) else { return }
        finish(ticket, nil)
        view.supersede(ticket)
    }

    mutating func setError(_ error: (any Error)?, of ticket: Int) {
        let slot = slots[ticket]
        if let past = slot.pointee.error.take() { pastErrors.append(past) }
        slot.pointee.error = error
    }

    private mutating func finish(_ ticket: Int, _ device: Int?) {
        let slot = slots[ticket]
        if slot.pointee.copies > 1 { view.supersede(ticket) }
        slot.pointee.status = .done
        slot.pointee.device = Int16(truncatingIfNeeded: device ?? -1)
        completedCount += 1
        greatestOccupancy = max(greatestOccupancy, completedCount - view.head)
    }

    // MARK: Out

    var isHeadReady: Bool { view.head >= flushedBefore && isDone(view.head) || hasDoorDrop }
    func isDone(_ ticket: Int) -> Bool { ticket < admittedCount && slots[ticket].pointee.status == .done }
    /// Whether the next thing to deliver is a frame that was dropped at the door.
    var hasDoorDrop: Bool {
        view.head == admittedCount ? pendingDrops > 0 : slots[view.head].pointee.droppedBefore > 0
    }

    /// Counts the next place in the stream as delivered and says what the consumer should know of it; nil while that is
    /// not known. A frame keeps its slot until `head` moves past it.
    mutating func takeHead(now: Int) -> DeliveryRecord? {
        let head = view.head
        if hasDoorDrop {
            let slot = slots[head]
            if head == admittedCount { pendingDrops -= 1 } else { slot.pointee.droppedBefore -= 1 }
            defer { deliveredCount += 1 }
            droppedCount += 1
            return DeliveryRecord(sequence: deliveredCount, isFailure: true)
        }
        guard head >= flushedBefore, isDone(head) else { return nil }
        countDelivery(of: head, now: now)
        return record(of: head, now: now)
    }

    mutating func countDelivery(of ticket: Int, now: Int) {
        let slot = slots[ticket]
        noticeStandstill(now)
        slot.pointee.passOver(standstill.nanoseconds(from: slot.pointee.admittedNanoseconds, to: now))
        deliveredCount += 1
        latestDeliveryNanoseconds = now
        if let error = slot.pointee.error {
            if error is DroppedFrame { droppedCount += 1 } else { failedCount += 1 }
        } else {
            latency.record(now - slot.pointee.admittedNanoseconds)
        }
        if slot.pointee.device >= 0 { devices[Int(slot.pointee.device)].frames += 1 }
    }

    /// Needs no lock between `countDelivery` and `head` moving past the frame.
    func record(of ticket: Int, now: Int) -> DeliveryRecord {
        let slot = slots[ticket]
        return DeliveryRecord(
            ticket: ticket, sequence: claims[ticket].pointee.sequence, isFailure: slot.pointee.error != nil,
            device: slot.pointee.device < 0 ? nil : Int(slot.pointee.device),
            serviceNanoseconds: slot.pointee.serviceNanoseconds,
            latencyNanoseconds: now - slot.pointee.admittedNanoseconds)
    }

    /// Frees the slots of frames that were handed over.
    mutating func advanceHead(by count: Int) {
        for ticket in view.head..<view.head + count { slots[ticket].pointee.status = .free }
        view.head += count
    }
}
