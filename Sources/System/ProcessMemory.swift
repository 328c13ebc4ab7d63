// What this process takes of the machine's memory, as the kernel counts.

/// Memory of the process.
package enum ProcessMemory {
    /// The most that was resident so far, bytes; nil where the kernel doesn't tell. The corresponding line of
    /// /proc/self/status is VmHWM.
    package static var peakBytes: Int? {
        guard let status = try? SystemFiles.thisMachine.text("proc/self/status") else { return nil }
        for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let words = line.split(whereSeparator: \.isWhitespace)
            return words.count == 3 && words[2] == "kB" ? Int(words[1]).map { $0 * 1024 } : nil
        }
        return nil
    }
}
