// A stream for those who can't wait for as long as it takes: with time-outs, interruptible, flushed, changed as it runs.

extension FrameStream {
    // MARK: In and out

    /// Admits a frame, or drops one where the options say so. With `Admission.wait` it waits while there is no room, as
    /// `push` does; with the others it never waits. Any thread; several threads' frames come in the order in which they
    /// got in.
    /// - Parameters:
    ///   - since: as `push`'s.
    ///   - nanoseconds: how long to wait at most; nil: for ever.
    @inlinable
    public func submit(_ frame: consuming Frame, since: Int? = nil, waiting nanoseconds: Int? = nil) -> Submission {
        var frame: Frame? = frame
        return submit(&frame, since: since, waiting: nanoseconds)
    }

    /// The same of a frame that is there; nil afterwards, unless it is still the caller's.
    @inlinable
    package func submit(_ frame: inout Frame?, since: Int? = nil, waiting nanoseconds: Int? = nil) -> Submission {
        core.push(&frame, since: since, until: deadline(after: nanoseconds))
    }

    /// Calls a closure once, as soon as `submit` mightn't wait: at once, or on a thread of the stream, with no lock held.
    /// It must return soon. All that wait are called, and there may be room for one of them.
    public func whenRoom(_ call: @escaping @Sendable () -> Void) { core.runtime.whenRoom(call) }

    /// The next result in stream order. Any thread; of several threads, each result goes to one.
    /// - Parameter nanoseconds: how long to wait for it at most; nil: for ever.
    @inlinable
    public func receive(waiting nanoseconds: Int? = nil) -> Reception<Frame, Output> {
        core.pull(until: deadline(after: nanoseconds))
    }

    /// Calls a closure once, as soon as `receive` wouldn't wait: at once, or on a thread of the stream, with no lock held.
    /// It must return soon.
    public func whenReady(_ call: @escaping @Sendable () -> Void) { core.runtime.whenHeadIsReady(call) }

    /// Whether `receive` wouldn't wait now.
    public var isReady: Bool { core.runtime.pool.withLock { core.runtime.isPullReady } }

    /// Has calls of `submit` and `receive` that wait return at once, and later ones as well, until it is switched off.
    /// Frames in flight go on. (`push` and `pull` return as at the end meanwhile.)
    public func interrupt(_ isOn: Bool) { core.runtime.interrupt(isOn) }

    /// What a frame is expected to take on the slowest of its lanes; nil while that isn't known of any.
    package var expectedServiceNanoseconds: Int? {
        core.runtime.pool.withLock { core.runtime.state.view.lanes.compactMap(\.serviceNanoseconds).max() }
    }

    // MARK: Changes

    /// Forgets all that was admitted and not delivered: no result of it comes. What no lane has taken is let go before it
    /// returns, what lanes are at when they are done. The lanes stay open, and the stream goes on, also after `finish` if
    /// its `StreamOptions.staysOpen`; places in it go on behind those of what was forgotten. Any thread, but not
    /// during `runOnLanes`, where it does nothing.
    /// - Returns: how many frames were forgotten.
    @discardableResult
    public func flush() -> Int { core.flush() }

    /// Changes a running stream's window, admission, deadline, greatest age, priority, weight and number of busy lanes;
    /// the other options stay.
    /// - Throws: `StreamConfigurationError` for what can't be, or a window wider than `StreamOptions.greatestWindow`;
    ///   nothing has changed then.
    public func configure(_ options: StreamOptions) throws { try core.runtime.configure(options) }

    @usableFromInline
    func deadline(after nanoseconds: Int?) -> Int {
        guard let nanoseconds else { return .max }
        // One that has passed: it doesn't look at the clock.
        guard nanoseconds > 0 else { return .min }
        let (deadline, isBeyond) = monotonicNanoseconds().addingReportingOverflow(nanoseconds)
        return isBeyond ? .max : deadline
    }
}
