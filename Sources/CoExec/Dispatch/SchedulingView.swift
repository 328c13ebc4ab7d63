// A moment of a stream, as a policy sees it. Plain values: the threaded runtime and the simulator both fill one.

/// What a policy decides by. Frames are counted as they were admitted, without those that were dropped at the door; times
/// are nanoseconds of the driver's clock.
public struct SchedulingView: Sendable {
    public struct Lane: Sendable {
        /// Index of its device.
        public var device: Int
        /// Expected time of a frame; nil while unknown.
        public var serviceNanoseconds: Int?
        /// The frame that it is running, nil if it is idle.
        public var frame: Int?
        /// Another lane, which ran that frame too, was faster: this one's result will be dropped.
        public var isSuperseded = false
        /// When it started that frame.
        public var startNanoseconds: Int
        /// Until when it is expected to run another stream's frame; in the past where it doesn't.
        public var elsewhereUntilNanoseconds = 0
        /// False while its device is set aside, hung or leaving.
        public var isUsable: Bool

        public init(
            device: Int, serviceNanoseconds: Int? = nil, frame: Int? = nil, startNanoseconds: Int = 0,
            isUsable: Bool = true
        ) {
            (self.device, self.serviceNanoseconds, self.frame) = (device, serviceNanoseconds, frame)
            (self.startNanoseconds, self.isUsable) = (startNanoseconds, isUsable)
        }
    }

    /// What a device was given, for policies that assign frames.
    public struct Device: Sendable {
        /// Frames so far.
        public var assigned = 0
        /// Frames that it has not finished: those that wait for it, and those that its lanes are at.
        public var backlog = 0
        public init() {}
    }

    public var nowNanoseconds: Int
    /// Most frames in flight.
    public var window: Int
    /// The next frame to be delivered.
    public var head: Int
    /// The oldest frame that no lane has taken, or that is still to come.
    public var next: Int
    /// How many frames the stream has; nil while its source goes on.
    public var end: Int?
    public var lanes: [Lane]
    public var devices: [Device]
    /// How many times as long other lanes take for this stream's frames, since they run those of others as well.
    public var crowding = 1.0

    public init(
        nowNanoseconds: Int, window: Int, head: Int, next: Int, end: Int?, lanes: [Lane], devices: [Device] = []
    ) {
        (self.nowNanoseconds, self.window, self.head) = (nowNanoseconds, window, head)
        (self.next, self.end, self.lanes, self.devices) = (next, end, lanes, devices)
    }

    /// The window of streams that ask for none. It bounds how far fast devices can get ahead of a frame that a slow one
    /// holds: a device with less than a window's part of the stream's throughput has to leave every frame to others.
    public static func defaultWindow(laneCount: Int) -> Int { max(128, 8 * laneCount) }

    /// Notes that a lane starts a frame now.
    mutating func start(_ frame: Int, on lane: Int) {
        lanes[lane].frame = frame
        lanes[lane].isSuperseded = false
        lanes[lane].startNanoseconds = nowNanoseconds
    }

    /// Notes that a frame is done, and so its other runs are in vain.
    mutating func supersede(_ frame: Int) {
        for lane in lanes.indices where lanes[lane].frame == frame { lanes[lane].isSuperseded = true }
    }

    /// Whether a lane should take the next frame whatever the others are at: even if all of them were idle, they could
    /// not run the frames ahead before it had run one.
    func mayTakeUnseen(_ lane: Int) -> Bool {
        guard !isStalled, let own = lanes[lane].serviceNanoseconds else { return false }
        var count = 0
        for (index, other) in lanes.enumerated() where index != lane && other.isUsable {
            count += own / max(inCrowd(other.serviceNanoseconds ?? .max), 1)
        }
        return count < framesAhead
    }

    private func inCrowd(_ nanoseconds: Int) -> Int {
        crowding == 1 ? nanoseconds : Int(min(Double(nanoseconds) * crowding, 1e18))
    }

    /// Frames from `next` on that can be run before the stream ends, or the window stops it if `next` stays out.
    public var framesAhead: Int { min(window, end.map { $0 - next } ?? window) }

    /// Whether lanes have nothing to take until a running frame is done: the stream is at its end, or its window full.
    public var isStalled: Bool { end.map { next >= $0 } ?? false || next >= head + window }
}

extension SchedulingView {
    /// Whether the other usable lanes, each taking a frame whenever it is free, would have run some frames by a time.
    /// O(lanes), and nothing is allocated.
    /// - Parameters:
    ///   - lane: whose own work doesn't count.
    ///   - frames: how many, `framesAhead` say.
    ///   - deadline: nanoseconds of the driver's clock, as `nowNanoseconds`.
    /// - Returns: nil where the speed of none of them is known.
    public func canOthers(than lane: Int, run frames: Int, before deadline: Int) -> Bool? {
        var count = 0
        var isAnyKnown = false
        for (index, other) in lanes.enumerated() where index != lane && other.isUsable {
            guard let service = other.serviceNanoseconds else { continue }
            isAnyKnown = true
            let busyUntil = other.frame == nil ? other.elsewhereUntilNanoseconds : other.startNanoseconds + service
            count += max(deadline - 1 - max(busyUntil, nowNanoseconds), 0) / max(inCrowd(service), 1)
        }
        return isAnyKnown ? count >= frames : nil
    }

    /// The running frame that holds a stalled stream up most, if this lane would be done with it first: one for
    /// `LaneDecision.rerun`. O(lanes²), and nothing is allocated.
    ///
    /// At the end of the stream that may be any frame, where the window is full only the head. A lane leaves it to
    /// another that would be done with it earlier, even if that one has to finish its own frame before.
    public func straggler(for lane: Int) -> Int? {
        let isAtEnd = end.map { next >= $0 } ?? false
        var worst: (frame: Int, remaining: Int)?
        for other in lanes {
            guard let frame = other.frame, !other.isSuperseded, isAtEnd || frame == head else { continue }
            var remaining = Int.max
            var isRunHere = false
            for copy in lanes where copy.frame == frame {
                remaining = min(remaining, self.remaining(of: copy))
                isRunHere = isRunHere || copy.device == lanes[lane].device
            }
            if !isRunHere && remaining > worst?.remaining ?? -1 { worst = (frame, remaining) }
        }
        let own = lanes[lane].serviceNanoseconds ?? 0
        guard let worst, worst.remaining > own else { return nil }
        return canOthers(than: lane, run: 1, before: nowNanoseconds + own) == true ? nil : worst.frame
    }

    /// Time until a busy lane is expected to be done. One that is late is expected to be late by as much again, and by
    /// half its time at least; where no time is known, it is expected to take as long as it has taken so far.
    private func remaining(of lane: Lane) -> Int {
        let elapsed = nowNanoseconds - lane.startNanoseconds
        guard let service = lane.serviceNanoseconds else { return max(elapsed, 1) }
        return elapsed < service ? service - elapsed : max(service / 2, elapsed - service)
    }
}
