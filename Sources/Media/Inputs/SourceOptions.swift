// How inputs are opened and read, as the user asks. Plain values.

import Kernels

/// Whether somebody who waits is to stop: asked from any thread, again and again.
package struct Cancellation: Sendable {
    package let isRequested: @Sendable () -> Bool

    package init(_ isRequested: @escaping @Sendable () -> Bool) { self.isRequested = isRequested }
}

/// How inputs are opened and read.
package struct SourceOptions: Sendable {
    /// Ends waiting for an input: a pipe, a URL, a camera.
    package var cancellation = Cancellation { false }
    /// How long a URL or a camera may take to answer, and to go on.
    package var timeoutNanoseconds = 10_000_000_000
    package var decoder = DecoderChoice.auto
    /// What a camera is asked for; nil: what it has.
    package var cameraSize: ImageSize?
    /// In frames/s.
    package var cameraRate: Double?
    /// Whether an input that ends begins again.
    package var loops = false
    /// Told in a line what happens to a live input: that it was lost, is tried again, is back. On any thread.
    package var report: @Sendable (String) -> Void = { _ in }

    package init() {}
}
