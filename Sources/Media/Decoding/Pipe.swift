// A pipe that can be left while it has nothing to read. Owned by a `VideoFileSource`.

import Glibc

/// A descriptor of a pipe opened once more, non-blocking: FFmpeg then asks every millisecond whether to go on waiting.
/// The descriptor it was made from, which other processes may share, stays as it is. What isn't a pipe stays blocking.
final class Pipe {
    let descriptor: Int32
    private let isOwned: Bool

    init(reopening original: Int32) {
        var status = stat()
        let isPipe = fstat(original, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
        let reopened = isPipe ? open("/proc/self/fd/\(original)", O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1
        isOwned = reopened >= 0
        descriptor = isOwned ? reopened : original
    }

    deinit { if isOwned { close(descriptor) } }
}
