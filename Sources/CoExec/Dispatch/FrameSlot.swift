// The books' entry for one frame in flight.

/// What became of a frame so far. Guarded by the stream's lock. Small numbers are kept small, so that it fits a cache
/// line of 64 bytes.
struct FrameSlot {
    enum Status { case free, waiting, taken, done }
    private(set) var admittedNanoseconds = 0
    var serviceNanoseconds = 0
    /// Devices on which it failed, by bit.
    var failedDevices: UInt64 = 0
    /// Why it failed, or failed last; nil in a frame that succeeded.
    var error: (any Error)?
    /// Frames dropped at the door just before this one.
    var droppedBefore: Int32 = 0
    /// Lanes that are running it.
    var copies: Int16 = 0
    /// The device that ran it, −1 for none.
    var device: Int16 = -1
    var status = Status.free

    mutating func admit(droppedBefore: Int32, now: Int) {
        status = .waiting
        (self.droppedBefore, admittedNanoseconds) = (droppedBefore, now)
        (copies, failedDevices, device) = (0, 0, -1)
        if error != nil { error = nil }
    }

    /// Leaves a time out of the frame's latency.
    mutating func passOver(_ nanoseconds: Int) { admittedNanoseconds += nanoseconds }
}
