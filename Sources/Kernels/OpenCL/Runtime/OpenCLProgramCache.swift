// A folder of built programs, one file each. A value; any number of threads and processes use one folder at once, since
// files are only ever replaced whole.
import EnginePlanning
import FoundationEssentials
import Glibc
import NetworkGraph

/// Binaries of programs that outlive the process.
///
/// A file is a line that says what it is, the whole key, a digest and the binary. It counts only if all of it is what
/// would be written for its key and binary, lies in a folder of this user that nobody else may write to, and is the
/// user's own regular file: drivers run what they are given, and some crash on a damaged binary. Anything else is no
/// binary, and building from source replaces it. Neither reading nor writing fails otherwise.
struct OpenCLProgramCache: Sendable {
    /// Made when the first binary is kept, for this user alone. It may be that of a `TuningCache`.
    let folder: String
    /// Whose files are trusted.
    private let user: uid_t

    init(folder: String) { self.init(folder: folder, user: geteuid()) }

    init(folder: String, user: uid_t) { (self.folder, self.user) = (folder, user) }

    private static let format = 1
    /// More than any program takes, and little enough to read whatever is in the file.
    private static let greatestSize = 64 << 20
    private static let digestLength = StableDigest().text.utf8.count

    /// The binary kept for a key; nil where there is none that can be trusted.
    func binary(for key: OpenCLProgramKey) -> [UInt8]? {
        guard let folder = CacheFolder(folder, user: user),
            let file = folder.read(Self.fileName(key), Self.greatestSize).map({ [UInt8]($0) })
        else { return nil }
        let header = Self.header(key)
        let start = header.count + Self.digestLength
        guard file.count > start, file.starts(with: header) else { return nil }
        let binary = file[start...]
        guard file[header.count..<start].elementsEqual(Self.digest(header, binary).utf8) else { return nil }
        return Array(binary)
    }

    /// Keeps a binary in place of what was kept for its key.
    /// - Returns: whether it could be written.
    @discardableResult
    func keep(_ binary: [UInt8], for key: OpenCLProgramKey) -> Bool {
        let file = Self.contents(key, binary)
        guard !binary.isEmpty, file.count <= Self.greatestSize,
            let folder = CacheFolder(creating: folder, user: user)
        else { return false }
        return folder.replace(Self.fileName(key), Data(file))
    }

    /// Two keys may share a name; the key in the file tells whose binary it holds.
    static func fileName(_ key: OpenCLProgramKey) -> String { "program-\(StableDigest.text(of: key.text)).bin" }

    private static func contents(_ key: OpenCLProgramKey, _ binary: [UInt8]) -> [UInt8] {
        let header = header(key)
        return header + digest(header, binary[...]).utf8 + binary
    }

    private static func header(_ key: OpenCLProgramKey) -> [UInt8] {
        "CoExec OpenCL program, format \(format), key of \(key.text.count) bytes\n".utf8 + key.text
    }

    private static func digest(_ header: [UInt8], _ binary: ArraySlice<UInt8>) -> String {
        var digest = StableDigest()
        digest.add(header)
        digest.add(binary)
        return digest.text
    }
}
