// Reads what may have nothing to read for a while: a pipe, a FIFO, a socket, a terminal. Owned by a `ByteStream`, on
// its thread.

import CFFmpeg
import Glibc

/// Waits for bytes only as long as its patience does. Signals don't end a read that blocks, so none is begun before
/// there is something.
final class DescriptorReader {
    private let descriptor: Int32
    private let isOwned: Bool
    private let patience: Patience

    /// As much as a pipe holds.
    static let bufferSize = 65_536

    /// - Parameter descriptor: stays the caller's, and as it is: other processes may share it.
    init(_ descriptor: Int32, _ patience: Patience) {
        (self.descriptor, isOwned, self.patience) = (descriptor, false, patience)
    }

    /// Doesn't wait for somebody who writes.
    init(path: String, name: String, _ patience: Patience) throws(VideoError) {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw VideoError(.unreadable, name, String(cString: strerror(errno))) }
        (self.descriptor, isOwned, self.patience) = (descriptor, true, patience)
    }

    deinit { if isOwned { close(descriptor) } }

    /// What FFmpeg calls.
    /// - Returns: how many bytes, at least one, or FFmpeg's code for the end, for being stopped, or for what failed.
    func read(into buffer: UnsafeMutablePointer<UInt8>, count: Int32) -> Int32 {
        while !patience.isOver {
            var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // A FIFO that nobody has opened for writing yet has nothing either.
            guard poll(&waited, 1, 100) > 0 else { continue }
            let read = Glibc.read(descriptor, buffer, Int(count))
            if read > 0 { return Int32(read) }
            if read == 0 { return cffmpeg_error_eof }
            if errno != EINTR && errno != EAGAIN { return -errno }
        }
        return cffmpeg_error_exit
    }
}
