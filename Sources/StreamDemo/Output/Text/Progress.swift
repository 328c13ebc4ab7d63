// A progress line on a terminal; nothing where standard error is not one.

import CoExec
import Foundation

/// Rewrites one line of standard error, at most ten times a second. Used by one thread.
struct Progress {
    private let isShown = isatty(STDERR_FILENO) != 0
    private var latestNanoseconds = 0
    private var isLineOpen = false

    /// Shows a line, unless one was shown less than 0.1 s ago.
    mutating func show(_ line: @autoclosure () -> String) {
        guard isShown else { return }
        let now = monotonicNanoseconds()
        guard now - latestNanoseconds >= 100_000_000 else { return }
        latestNanoseconds = now
        isLineOpen = true
        write("\(line())")
    }

    /// Removes the line.
    mutating func clear() {
        guard isLineOpen else { return }
        isLineOpen = false
        latestNanoseconds = 0
        write("")
    }

    private func write(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1b}[2K\(line)".utf8))
    }
}
