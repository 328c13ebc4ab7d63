// Strings that a stream lends to its callers. Owner: a stream, and results of it that weren't cleared. Any thread.

import Glibc
import Synchronization

final class StringTable: Sendable {
    private struct Known: @unchecked Sendable {  // never changed, freed with the table
        let text: UnsafeMutablePointer<CChar>
    }
    private let known = Mutex<[String: Known]>([:])

    deinit { known.withLock { for entry in $0.values { free(entry.text) } } }

    /// The same text's pointer is the same; nil for nil, or where there is no memory.
    func pointer(_ text: String?) -> UnsafePointer<CChar>? {
        guard let text else { return nil }
        return known.withLock { known in
            if let entry = known[text] { return UnsafePointer(entry.text) }
            guard let copy = strdup(text) else { return nil }
            known[text] = Known(text: copy)
            return UnsafePointer(copy)
        }
    }
}
