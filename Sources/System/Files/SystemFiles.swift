// The small text files by which Linux shows hardware. Everything that reads or writes them goes through here, so that
// another root folder (a dump, a container's view of its host, a test's fixture) takes the very same path.

import Glibc

/// The files below /sys and /proc of this machine, or of another one's dump.
public struct SystemFiles: Sendable, Hashable {
    /// Folder that holds `sys` and `proc`; empty for this machine's own.
    public let root: String

    public static let thisMachine = SystemFiles(root: "")

    public init(root: String) { self.root = root }

    /// Where a file is.
    /// - Parameter file: from the root, as in `sys/class/hwmon`.
    package func path(_ file: String) -> String { "\(root)/\(file)" }

    package func exists(_ file: String) -> Bool { access(path(file), F_OK) == 0 }

    /// Whether the root is one: it has a folder `sys`.
    public var holdsSys: Bool { exists("sys/.") }

    /// The text of a file, without blanks, line feeds and zero bytes around it. Sizes read 0 there, so it reads to the
    /// end.
    package func text(_ file: String) throws(SystemFileError) -> String {
        let descriptor = open(path(file), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw error(file, .system(code: errno)) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw error(file, .system(code: errno)) }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        let isBlank: (UInt8) -> Bool = { $0 <= 0x20 }
        let body = bytes.drop(while: isBlank)
        return String(
            decoding: body.prefix(upTo: (body.lastIndex { !isBlank($0) } ?? body.startIndex - 1) + 1), as: UTF8.self)
    }

    /// The number with which a file's text starts; a unit may follow it after a blank.
    package func number(_ file: String) throws(SystemFileError) -> Double {
        let text = try text(file)
        guard let value = Double(text.prefix { !$0.isWhitespace }), value.isFinite else {
            throw error(file, .notANumber(text))
        }
        return value
    }

    /// Writes a text, as `echo` does.
    package func write(_ text: String, to file: String) throws(SystemFileError) {
        let descriptor = open(path(file), O_WRONLY | O_TRUNC | O_CLOEXEC)
        guard descriptor >= 0 else { throw error(file, .system(code: errno)) }
        defer { close(descriptor) }
        // The kernel takes a value in one call or not at all.
        let line = text + "\n"
        guard Glibc.write(descriptor, line, line.utf8.count) == line.utf8.count else {
            throw error(file, .system(code: errno))
        }
    }

    /// What a folder holds, short names first (hwmon2 before hwmon10); nothing where it isn't there.
    package func names(in folder: String) -> [String] {
        guard let directory = opendir(path(folder)) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    }

    private func error(_ file: String, _ problem: SystemFileError.Problem) -> SystemFileError {
        SystemFileError(path: path(file), problem: problem)
    }
}

/// A file of /sys or /proc that cannot be read or written, or holds what isn't expected.
public struct SystemFileError: Error, Hashable, CustomStringConvertible {
    public enum Problem: Error, Hashable, Sendable {
        /// The call failed with this `errno`.
        case system(code: Int32)
        case notANumber(String)
    }

    public let path: String
    public let problem: Problem

    package init(path: String, problem: Problem) { (self.path, self.problem) = (path, problem) }

    public var description: String {
        switch problem {
        case .system(let code): "'\(path)': \(String(cString: strerror(code)))"
        case .notANumber(let text): "'\(path)' holds '\(text.prefix(40))', no number"
        }
    }
}
