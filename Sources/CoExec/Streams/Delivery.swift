// What the consumer of a stream gets for each frame.

/// One frame's result, delivered in stream order.
public struct Delivery<Frame: Sendable, Output: Sendable>: Sendable {
    /// Place in the stream, from 0.
    public let sequence: Int
    /// nil for a frame that was dropped because there was no room for it.
    public let frame: Frame?
    /// What the lane made of it, or why it could not: the last device's error, or `DroppedFrame`.
    public let result: Result<Output, any Error>
    /// Name of the device that ran it; nil for a frame that none ran.
    public let device: String?
    /// Time the lane took.
    public let serviceNanoseconds: Int
    /// Time from admission to delivery in order.
    public let latencyNanoseconds: Int

    @inlinable
    init(
        sequence: Int, frame: Frame?, result: Result<Output, any Error>, device: String?, serviceNanoseconds: Int,
        latencyNanoseconds: Int
    ) {
        (self.sequence, self.frame, self.result, self.device) = (sequence, frame, result, device)
        (self.serviceNanoseconds, self.latencyNanoseconds) = (serviceNanoseconds, latencyNanoseconds)
    }
}

/// What a stream knows of a delivery, whatever the types of its frames. Plain values.
@usableFromInline
struct DeliveryRecord {
    /// Where the frame is kept; nil for one that was dropped at the door.
    @usableFromInline var ticket: Int?
    @usableFromInline let sequence: Int
    @usableFromInline let isFailure: Bool
    /// The device that ran it, by its number in the stream.
    @usableFromInline var device: Int?
    @usableFromInline var serviceNanoseconds = 0
    @usableFromInline var latencyNanoseconds = 0
}

/// A device that could not be prepared, or whose lane could not be opened.
public struct DeviceError: Error, CustomStringConvertible {
    public let device: String
    public let underlying: any Error

    @usableFromInline
    init(device: String, underlying: any Error) { (self.device, self.underlying) = (device, underlying) }

    public var description: String { "device '\(device)': \(underlying)" }
}
