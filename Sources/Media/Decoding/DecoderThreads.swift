// What FFmpeg's own threads take of the cores. Owned by a `Decoder`; FFmpeg doesn't name its threads, so they are those
// that were not there before it was opened.

import FoundationEssentials
import Synchronization
import System

/// The threads that a call started. Others that the process starts in that millisecond would be taken for them; sources
/// are opened before lanes are.
struct DecoderThreads {
    private static let opening = Mutex(())
    private let ids: [Int]

    /// - Parameter open: starts them.
    init(startedBy open: () -> Void) {
        ids = Self.opening.withLock { _ in
            let before = Self.all()
            open()
            return Self.all().subtracting(before).sorted()
        }
    }

    /// So far; while they are there.
    var nanoseconds: Int { ids.reduce(0) { $0 + (ThreadCPUTime.nanoseconds(ofThread: $1) ?? 0) } }

    private static func all() -> Set<Int> {
        Set(((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []).compactMap { Int($0) })
    }
}
