// What the scheduler knows of hardware: a device has lanes, a lane runs one frame at a time.

/// A unit that turns one frame into one result: a CPU cluster, a GPU, an accelerator, or anything else.
///
/// A device has one or more lanes, each a host thread that the scheduler starts. Frames go to whichever lane is free.
public protocol Device<Frame, Output>: Sendable {
    associatedtype Frame: Sendable
    associatedtype Output: Sendable

    /// Unique among the devices of a stream; what reports call it.
    var name: String { get }

    /// How many frames it can hold at once, each on a thread of its own.
    var laneCount: Int { get }

    /// Does what takes long before lanes can be opened, and needs none: compile a network, load a driver. Called once for
    /// each stream that the device takes part in, on the thread that begins the stream, while the lanes may be running
    /// other streams' frames.
    func prepare() throws

    /// Prepares a lane. The scheduler calls it once a lane, on that lane's own new thread, for lane 0 first and the
    /// others after it has returned: bind the thread to the device's cores here, then allocate. The thread takes
    /// numbers below the normal range (floats and doubles) as zero, as do threads that it starts.
    /// - Parameter index: 0 ..< `laneCount`.
    func openLane(_ index: Int) throws -> any Lane<Frame, Output>
}

extension Device {
    public func prepare() throws {}
}

/// Runs frames one after another. Made, used and released on one thread.
public protocol Lane<Frame, Output>: AnyObject {
    associatedtype Frame: Sendable
    associatedtype Output: Sendable

    /// How long a frame will take, as far as opening the lane has told; nil to let the first frame tell.
    var expectedServiceNanoseconds: Int? { get }

    /// Turns a frame into its result. May block; an error becomes the frame's result. On the lane's thread, which takes
    /// numbers below the normal range (floats and doubles) as zero, as do threads that it starts.
    func run(_ frame: Frame) throws -> Output
}

extension Lane {
    public var expectedServiceNanoseconds: Int? { nil }
}
