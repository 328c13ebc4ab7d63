// Frames whose memory is the host's: it has few buffers, and wants each back as soon as no lane needs it.

/// A frame that is lent to a stream. Counts who reads it; the owner has it back when nobody does any more.
@usableFromInline
package protocol LentFrame: Sendable {
    /// A lane begins to read it.
    func borrow()
    /// A lane is done with it.
    func endBorrow()
    /// The stream is done with it; harmless twice. Returns when the owner has it back, unless a lane still reads it: one
    /// that hangs, or that was slower than another.
    func giveBack()
}

/// The same for code that doesn't know the type's protocol.
@usableFromInline
struct Lending<Frame: Sendable>: Sendable {
    @usableFromInline let borrow: @Sendable (Frame) -> Void
    @usableFromInline let endBorrow: @Sendable (Frame) -> Void
    @usableFromInline let giveBack: @Sendable (Frame) -> Void

    @inlinable
    init() where Frame: LentFrame {
        borrow = { $0.borrow() }
        endBorrow = { $0.endBorrow() }
        giveBack = { $0.giveBack() }
    }
}

extension FrameStream where Frame: LentFrame {
    /// A stream of frames that are lent: each is given back before its delivery can be had, and comes with that, also one
    /// that was dropped.
    /// - Throws: as `init(devices:options:pool:)`.
    @inlinable
    package convenience init(lending devices: [StreamDevice], options: StreamOptions, pool: DevicePool?) throws {
        try self.init(devices: devices, options: options, pool: pool, lending: Lending())
    }
}
