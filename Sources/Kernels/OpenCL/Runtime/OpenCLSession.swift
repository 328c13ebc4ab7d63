// An engine's context on its device and the programs built there, made anew where the driver lost them. Any thread.
import Synchronization

/// A GPU that hangs or is reset takes its context with it; a new context usually works again.
final class OpenCLSession: Sendable {
    private let device: OpenCLDevice
    private let cache: OpenCLProgramCache?
    private let state: Mutex<(context: OpenCLContextHandle, programs: OpenCLPrograms)>

    init(_ device: OpenCLDevice, cache: OpenCLProgramCache?) throws(OpenCLError) {
        (self.device, self.cache) = (device, cache)
        let context = try OpenCLContextHandle(device)
        state = Mutex((context, OpenCLPrograms(context, cache: cache)))
    }

    /// A context that works, with its programs.
    /// - Throws: `OpenCLError` where the device doesn't work with a new context either.
    func current() throws(OpenCLError) -> (context: OpenCLContextHandle, programs: OpenCLPrograms) {
        try state.withLock { (state) throws(OpenCLError) in
            if (try? Self.check(state.context)) == nil {
                let context = try OpenCLContextHandle(device)
                state = (context, OpenCLPrograms(context, cache: cache))
            }
            return (state.context, state.programs)
        }
    }

    /// Whether the device does anything in a context.
    private static func check(_ context: OpenCLContextHandle) throws(OpenCLError) {
        let queue = try OpenCLQueue(context)
        try queue.fillWithZeros(OpenCLBuffer(context, byteCount: MemoryLayout<Float>.size))
        try queue.finish()
    }
}
