// A moment of a stream, as a policy sees it. Plain values: the threaded runtime and the simulator both fill one.

/// What a policy decides by. Frames are named by their place in the stream; times are nanoseconds of the driver's
/// clock.
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

    public init(nowNanoseconds: Int, window: Int, head: Int, next: Int, end: Int?, lanes: [Lane]) {
        (self.nowNanoseconds, self.window, self.head) = (nowNanoseconds, window, head)
        (self.next, self.end, self.lanes) = (next, end, lanes)
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

    /// Notes that a lane is done with its frame, and whether it was the first to be.
    mutating func finish(_ lane: Int) {
        if !lanes[lane].isSuperseded {
            for other in lanes.indices where other != lane && lanes[other].frame == lanes[lane].frame {
                lanes[other].isSuperseded = true
            }
        }
        lanes[lane].frame = nil
    }

    /// Whether a lane should take the next frame whatever the others are at: even if all of them were idle, they could
    /// not run the frames ahead before it had run one.
    func mayTakeUnseen(_ lane: Int) -> Bool {
        guard !isStalled, let own = lanes[lane].serviceNanoseconds else { return false }
        var count = 0
        for (index, other) in lanes.enumerated() where index != lane && other.isUsable {
            count += own / max(other.serviceNanoseconds ?? .max, 1)
        }
        return count < framesAhead
    }

    /// Frames from `next` on that can be run before the stream ends, or the window stops it if `next` stays out.
    var framesAhead: Int { min(window, end.map { $0 - next } ?? window) }

    /// Whether lanes have nothing to take until a running frame is done: the stream is at its end, or its window full.
    var isStalled: Bool { end.map { next >= $0 } ?? false || next >= head + window }
}
