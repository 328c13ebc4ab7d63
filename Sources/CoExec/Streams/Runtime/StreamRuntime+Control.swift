// A running stream under the application's hand: interrupted, flushed, changed.

extension StreamRuntime {
    /// See `FrameStream.interrupt`.
    @usableFromInline
    func interrupt(_ isOn: Bool) {
        pool.withLock {
            state.isInterrupted = isOn
            guard isOn else { return }
            // Also for those who wake only when it is off again.
            state.interruptions += 1
            wakeProducers()
            notifyConsumer()
        }
    }

    /// See `FrameStream.flush`.
    /// - Parameter empty: empties the places of some tickets, and of frames that were dropped before a place in the
    ///   stream. Called with the lock, so it must not let them go.
    @usableFromInline
    func flush(_ empty: (_ tickets: Range<Int>, _ place: Int) -> Void) -> Int {
        pool.withLock {
            guard state.ends == nil else { return 0 }
            guard !state.isCancelled else {
                // Nothing is delivered any more; whoever pushed just before it was cancelled has left a frame.
                if !hasLanesAtWork { empty(state.view.head..<state.admittedCount, .max) }
                return 0
            }
            for lane in 0..<lanes.count {
                while !lanes[lane].pointee.deque.isEmpty {
                    if let ticket = lanes[lane].pointee.deque.steal() { state.putBack(ticket) }
                }
            }
            let count = state.beginFlush()
            let place = state.deliveredCount
            while !state.continueFlush(hasBegun: hasBegun), !state.isCancelled {
                pool.lanesChanged.wait(until: monotonicNanoseconds() + 50_000)
            }
            guard !state.isCancelled else { return count }
            empty(state.view.head..<max(state.view.head, state.flushedBefore), place)
            state.endFlush()
            state.ended.removeAll { $0 < state.view.head }
            letGoOfPast()
            wakeProducers()
            notifyConsumer()
            return count
        }
    }

    /// See `FrameStream.configure`.
    /// - Throws: `StreamConfigurationError`.
    func configure(_ options: StreamOptions) throws {
        try pool.withLock {
            let window = options.window(laneCount: state.lanes.count)
            try options.check(window: window)
            guard window <= capacity else {
                throw StreamConfigurationError(
                    "a window of \(window) frames is more than the \(capacity) that the stream was made for")
            }
            state.window = window
            state.options.window = options.window
            state.options.admission = options.admission
            state.options.deadlineNanoseconds = options.deadlineNanoseconds
            state.options.greatestAgeNanoseconds = options.greatestAgeNanoseconds
            state.options.greatestBusyLaneCount = options.greatestBusyLaneCount
            weight = options.weight
            if priority != options.priority {
                // What it used of another class's time counts for nothing here.
                priority = options.priority
                virtualNanoseconds = 0
                for lane in poolLanes { virtualNanoseconds = max(virtualNanoseconds, lane.virtualNanoseconds[priority] ?? 0) }
            }
            wakeProducers()
            pool.wakeLanes()
        }
    }
}

extension StreamOptions {
    /// - Parameter window: as it is to be.
    /// - Throws: `StreamConfigurationError` for what no stream can have.
    func check(window: Int) throws(StreamConfigurationError) {
        func refuse(_ what: String) -> StreamConfigurationError { StreamConfigurationError(what) }
        for window in [window, greatestWindow ?? window] where !(1...Self.longestWindow).contains(window) {
            throw refuse("the window must admit 1 to \(Self.longestWindow) frames, not \(window)")
        }
        guard weight > 0, weight.isFinite else { throw refuse("a stream's weight must be above 0, not \(weight)") }
        if let count = greatestBusyLaneCount, count < 1 { throw refuse("a stream needs a lane, not \(count)") }
    }

    private static var longestWindow: Int { 65_536 }
}
