// A stream whose lanes pull the source and deliver the results themselves: no thread is switched for a frame.

/// The application's ends of a stream, and which lane is at them: one at a time at each.
struct InlineEnds<Frame: Sendable, Output: Sendable> {
    let source: @Sendable () throws -> Frame?
    let deliver: @Sendable (Delivery<Frame, Output>) throws -> Void
    var isSourcing = false
    var hasSourceEnded = false
    var isDelivering = false
    var failure: (any Error)?
}

extension FrameStream {
    /// Runs a whole stream on the lanes' threads: an idle lane pulls the source, and whichever lane completes the head
    /// of the stream delivers, in order, one at a time. Cheapest for short frames; what the two closures take, they
    /// take from the devices. Returns when all is delivered and all threads have ended.
    /// - Throws: what `deliver` throws, at once; what the source throws, after all frames before it were delivered.
    public func runOnLanes(
        source: @escaping @Sendable () throws -> Frame?,
        deliver: @escaping @Sendable (Delivery<Frame, Output>) throws -> Void
    ) throws {
        let failure = lock.withLock {
            inline = InlineEnds(source: source, deliver: deliver)
            workChanged.broadcast()
            while !state.isDelivered && !state.isCancelled || inline!.isDelivering {
                isConsumerWaiting = true
                headCompleted.wait(until: monotonicNanoseconds() + 1_000_000_000)
            }
            isConsumerWaiting = false
            return inline!.failure
        }
        cancel()
        if let failure { throw failure }
    }

    /// Delivers what is complete, unless another lane is at it. With the lock, which it gives up meanwhile.
    /// - Returns: whether it delivered anything.
    func deliverInline(_ buffers: inout LaneBuffers<Frame, Output>) -> Bool {
        guard !inline!.isDelivering, state.isHeadReady || state.pendingDrops > 0 else { return false }
        inline!.isDelivering = true
        let deliver = inline!.deliver
        while buffers.deliveries.count < LaneShare.dequeCapacity,
            let delivery = state.nextDelivery(frames, now: buffers.now)
        {
            buffers.deliveries.append(delivery)
        }
        lock.unlock()
        let failure = buffers.deliveries.failure(of: deliver)
        buffers.deliveries.removeAll(keepingCapacity: true)
        lock.lock()
        inline!.isDelivering = false
        if let failure {
            inline!.failure = failure
            state.isCancelled = true
            wakeLanes()
        }
        if state.isDelivered || state.isCancelled {
            headCompleted.broadcast()
            wakeLanes()
        }
        return true
    }

    /// Admits frames from the source, unless another lane is at it, or enough are there. With the lock, which it gives
    /// up meanwhile.
    /// - Returns: whether it has asked the source.
    func sourceInline(_ lane: Int, _ buffers: inout LaneBuffers<Frame, Output>) -> Bool {
        guard !inline!.isSourcing, !inline!.hasSourceEnded, state.isHungry(lane), state.room > 0,
            !state.isCancelled
        else { return false }
        inline!.isSourcing = true
        let source = inline!.source
        let count = min(batchSize(lane), state.room)
        lock.unlock()
        var hasEnded = false
        var failure: (any Error)?
        do {
            while buffers.sourced.count < count {
                guard let frame = try source() else {
                    hasEnded = true
                    break
                }
                buffers.sourced.append(frame)
            }
        } catch {
            (hasEnded, failure) = (true, error)
        }
        let now = monotonicNanoseconds()
        lock.lock()
        inline!.isSourcing = false
        for frame in buffers.sourced { admit(frame, now) }
        buffers.sourced.removeAll(keepingCapacity: true)
        if hasEnded {
            inline!.hasSourceEnded = true
            inline!.failure = inline!.failure ?? failure
            end()
        } else if parkedLanes > 0 && batchSize(lane) < LaneShare.dequeCapacity {
            workChanged.broadcast()
        }
        return true
    }
}

extension Array {
    /// The error of the first element for which `body` throws; the elements after it are left out.
    fileprivate func failure<Frame, Output>(of body: (Delivery<Frame, Output>) throws -> Void) -> (any Error)?
    where Element == Delivery<Frame, Output> {
        do {
            for element in self { try body(element) }
            return nil
        } catch {
            return error
        }
    }
}
