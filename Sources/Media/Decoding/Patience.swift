// How long FFmpeg may wait. Owned by what it waits for; asked on the thread that waits.

import CFFmpeg

/// Ends FFmpeg's waiting for bytes.
final class Patience: Sendable {
    private let cancellation: Cancellation

    init(_ cancellation: Cancellation) { self.cancellation = cancellation }

    var isOver: Bool { cancellation.isRequested() }

    /// Valid as long as this object lives. FFmpeg asks it before each read, and again and again while it waits.
    var callback: AVIOInterruptCB {
        AVIOInterruptCB(
            callback: { Unmanaged<Patience>.fromOpaque($0!).takeUnretainedValue().isOver ? 1 : 0 },
            opaque: Unmanaged.passUnretained(self).toOpaque())
    }
}
