// What threads fetch from memory, as the processor counts it: misses of the last cache. Few machines let a process ask:
// virtual ones mostly have no such counter, and Linux may forbid it.

import CLinux
import Glibc

/// Counts for the thread that makes it, and threads which that starts from then on, until it is let go.
package final class MemoryCounter {
    private let descriptor: Int32

    /// - Throws: `MemoryCounterError` where nothing counts.
    package init() throws(MemoryCounterError) {
        descriptor = CLinux_open_cache_misses()
        guard descriptor >= 0 else { throw MemoryCounterError(code: errno) }
    }

    deinit { close(descriptor) }

    /// So far, a cache line a miss: those of threads that have ended, and of the maker. What prefetchers fetch counts
    /// on some processors only.
    package var bytes: Int? {
        var count: UInt64 = 0
        guard read(descriptor, &count, MemoryLayout<UInt64>.size) == MemoryLayout<UInt64>.size else { return nil }
        let line = sysconf(Int32(_SC_LEVEL1_DCACHE_LINESIZE))
        return Int(clamping: count) * (line > 0 ? line : 64)
    }
}

/// Why misses can't be counted.
package struct MemoryCounterError: Error, Hashable, CustomStringConvertible {
    /// perf_event_open(2)'s errno.
    package let code: Int32

    package init(code: Int32) { self.code = code }

    package var description: String {
        let reason =
            switch code {
            case ENOENT, ENODEV, EOPNOTSUPP:
                "this machine has no counter of cache misses (virtual ones mostly haven't)"
            case EACCES, EPERM:
                "not allowed: /proc/sys/kernel/perf_event_paranoid is above 2, or a container forbids it"
            case ENOSYS: "the kernel has no perf events"
            default: String(cString: strerror(code))
            }
        return "perf_event_open: \(reason)"
    }
}
