// How a stream admits frames, shares them out, and treats faults.

/// What happens to a frame for which a stream has no room.
public enum Admission: Sendable, Hashable {
    /// The producer waits: for files.
    case wait
    /// The oldest frame that no lane has taken is dropped for it: for live sources, where news counts.
    case dropOldest
    /// It is dropped itself.
    case dropNewest
}

/// Choices for a stream; the defaults suit a file.
public struct StreamOptions: Sendable {
    /// Most frames in flight (admitted and not yet delivered). It bounds how far fast devices can get ahead of a frame
    /// that a slow one holds. nil: `SchedulingView.defaultWindow`; where frames are dropped, since those that wait grow
    /// old, two a lane and two more.
    public var window: Int?
    /// How far `FrameStream.configure` can widen the window. nil: not at all.
    public var greatestWindow: Int?
    public var policy: any Policy = WorkStealing()
    public var admission = Admission.wait
    /// A frame whose result no lane could have within this time after its admission, by their estimates, is dropped
    /// when a lane would take it. nil: none is. Time in which the process stood still counts here: what waited
    /// meanwhile is old.
    public var deadlineNanoseconds: Int?
    /// A frame that is older than this when a lane would take it is dropped, however fast the lane is. nil: none is.
    public var greatestAgeNanoseconds: Int?
    public var faults = FaultTolerance()
    /// Among the streams of a pool: those of a higher priority are asked first for a frame whenever a lane is idle. The
    /// others get a twentieth of the lanes' time at least.
    public var priority = 0
    /// Among the streams of a pool with the same priority: the share of the lanes' time, relative to the others'
    /// weights.
    public var weight = 1.0
    /// Most lanes that it keeps busy at once. nil: all.
    public var greatestBusyLaneCount: Int?
    /// Whether lanes stay open after the last frame, for a stream that goes on after a `FrameStream.flush`; it must be
    /// cancelled, or let go.
    public var staysOpen = false
    /// Most events to keep for `FrameStream.trace`; 0 records none.
    public var traceCapacity = 0

    public init(window: Int? = nil, policy: any Policy = WorkStealing()) {
        (self.window, self.policy) = (window, policy)
    }

    /// The window on so many lanes.
    func window(laneCount: Int) -> Int {
        if let window { return window }
        return admission == .wait ? SchedulingView.defaultWindow(laneCount: laneCount) : 2 * laneCount + 2
    }

    /// With the policy as it is for these devices.
    /// - Throws: `PolicyError`.
    @usableFromInline
    func fitted(to devices: [String]) throws -> StreamOptions {
        var options = self
        options.policy = try policy.fitted(to: devices)
        return options
    }
}

/// When a device counts as failing, and for how long it is left alone.
public struct FaultTolerance: Sendable {
    /// Failures in a row after which a device is set aside.
    public var failuresBeforeSetAside = 3
    /// First pause of a device that was set aside; it doubles with each failed probe, up to `longestPauseNanoseconds`.
    public var firstPauseNanoseconds = 100_000_000
    public var longestPauseNanoseconds = 10_000_000_000
    /// A frame that takes this many times a lane's expected time counts as hung…
    public var hangFactor = 20
    /// …but never before this long; a lane that has not finished any frame yet gets ten times as long.
    public var shortestHangNanoseconds = 2_000_000_000

    public init() {}
}

/// A frame that was not run: what the consumer gets in its place.
public struct DroppedFrame: Error, Hashable, CustomStringConvertible {
    public enum Reason: Sendable, Hashable {
        /// The window was full.
        case overflow
        /// Its result would have come after the deadline, had a lane taken it; or it was too old.
        case late
    }
    public let reason: Reason
    public var description: String { reason == .overflow ? "dropped: the window was full" : "dropped: too late" }
}

/// A lane that has not come back from a frame.
public struct LaneHung: Error, Hashable, CustomStringConvertible {
    public let device: String
    public let nanoseconds: Int
    public var description: String { "device '\(device)' has not come back for \(nanoseconds / 1_000_000) ms" }
}

/// No device is left that may run a frame.
public struct NoDeviceLeft: Error, Hashable, CustomStringConvertible {
    public var description: String { "no device is left to run frames" }
}
