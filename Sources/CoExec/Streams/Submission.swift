// What becomes of handing a frame to a stream, and of asking it for a result.

/// What became of a frame that was handed to a stream.
public enum Submission: Sendable, Hashable {
    /// The stream has it, or has dropped it, or one before it, where its options say so.
    case accepted
    /// There was no room in time; the frame is still the caller's.
    case timedOut
    /// `FrameStream.interrupt` is on, or the task that waited is cancelled; the frame is still the caller's.
    case interrupted
    /// The stream was finished or cancelled; the frame is still the caller's.
    case ended
}

/// What a stream has for its consumer.
public enum Reception<Frame: Sendable, Output: Sendable>: Sendable {
    case delivery(Delivery<Frame, Output>)
    /// Nothing came in time.
    case timedOut
    /// `FrameStream.interrupt` is on.
    case interrupted
    /// After the last delivery, or the stream was cancelled.
    case end
}
