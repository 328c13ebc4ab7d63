// Forgetting what is in flight, at the application's word.

extension Dispatcher {
    /// Begins to forget all frames in flight: from now on none of them is delivered, and none is run that no lane has. The
    /// stream goes on behind them, also one that was closed, if its lanes stay open.
    /// - Returns: how many places in the stream they have.
    mutating func beginFlush() -> Int {
        let count = admittedCount + doorDropCount - deliveredCount
        deliveredCount += count
        flushedCount += count
        flushedBefore = admittedCount
        pendingDrops = 0
        for ticket in view.head..<admittedCount {
            let slot = slots[ticket]
            slot.pointee.droppedBefore = 0
        }
        view.next = admittedCount
        for device in assigned.indices { assigned[device] = [] }
        if options.staysOpen { (isClosed, view.end) = (false, nil) }
        return count
    }

    /// Goes on forgetting.
    /// - Parameter hasBegun: whether the lane that has a frame has begun it: one that has not still needs it.
    /// - Returns: whether nobody needs any of the frames' places; where not, a lane is just beginning or booking one.
    mutating func continueFlush(hasBegun: (_ ticket: Int) -> Bool) -> Bool {
        retries.removeAll { $0 < flushedBefore }
        var isOver = true
        for ticket in view.head..<max(view.head, flushedBefore) where slots[ticket].pointee.status != .done {
            if let lane = claims[ticket].pointee.publisher(of: ticket) {
                let service = claims[ticket].pointee.serviceNanoseconds
                finishPublished(ticket, view.lanes[lane].device, serviceNanoseconds: service)
            } else if slots[ticket].pointee.status == .waiting || hasBegun(ticket) {
                abandon(ticket)
            }
            isOver = isOver && slots[ticket].pointee.status == .done
        }
        return isOver
    }

    /// Frees the places of what was forgotten.
    mutating func endFlush() {
        for ticket in view.head..<max(view.head, flushedBefore) { setError(nil, of: ticket) }
        advanceHead(by: max(flushedBefore - view.head, 0))
    }
}
