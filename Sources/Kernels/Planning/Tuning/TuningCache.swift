// A folder of measured choices, one small JSON file each. A value; any number of threads and processes use one folder
// at once, since files are only ever replaced whole.

import FoundationEssentials
import Glibc
import NetworkGraph
import System

/// Choices that outlive the process.
///
/// A file counts only if it is byte for byte what would be written for its key and value, lies in a folder of this user
/// that nobody else may write to, and is the user's own regular file. Anything else is no choice, and measuring
/// replaces it. What can't be written is measured again next time; neither reading nor writing fails otherwise.
public struct TuningCache: Sendable {
    /// Made when the first choice is kept, for this user alone.
    public let folder: String
    /// Whose files are trusted.
    private let user: uid_t

    public init(folder: String) { self.init(folder: folder, user: geteuid()) }

    init(folder: String, user: uid_t) { (self.folder, self.user) = (folder, user) }

    /// `$XDG_CACHE_HOME/coexec`, or `~/.cache/coexec`; nil where the environment has neither.
    public static var standard: TuningCache? { standard(environment: ProcessInfo.processInfo.environment) }

    /// Source: XDG Base Directory Specification 0.8: an empty variable counts as unset, and relative paths are ignored.
    static func standard(environment: [String: String]) -> TuningCache? {
        func absolute(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        let base = absolute("XDG_CACHE_HOME") ?? absolute("HOME").map { $0 + "/.cache" }
        return base.map { TuningCache(folder: $0 + "/coexec") }
    }

    /// A file's contents. `digest` covers key and value, against a changed byte that still reads as JSON.
    private struct Entry<Value: Codable>: Codable {
        let format: Int
        let key: TuningKey
        let digest: String
        let value: Value
    }

    private struct Body<Value: Codable>: Encodable {
        let key: TuningKey
        let value: Value
    }

    /// Goes up with what there is to choose from, too: older choices never saw it.
    private static let format = 2
    /// More than any choice takes, and little enough to read whatever is in the file.
    private static let greatestSize = 1 << 20

    /// The choice kept for a key; nil where there is none that can be trusted.
    func value<Value: Codable>(for key: TuningKey, as type: Value.Type) -> Value? {
        guard let folder = CacheFolder(folder, user: user),
            let bytes = folder.read(Self.fileName(key), Self.greatestSize),
            let entry = try? decodeJSON(Entry<Value>.self, from: bytes),
            entry.key == key, Self.contents(key, entry.value) == bytes
        else { return nil }
        return entry.value
    }

    /// Keeps a choice in place of what was kept for its key.
    /// - Returns: whether it could be written.
    @discardableResult
    func keep(_ value: some Codable, for key: TuningKey) -> Bool {
        guard let bytes = Self.contents(key, value), bytes.count <= Self.greatestSize,
            let folder = CacheFolder(creating: folder, user: user)
        else { return false }
        return folder.replace(Self.fileName(key), bytes)
    }

    /// Forgets what was kept for a key.
    func remove(_ key: TuningKey) {
        guard let folder = CacheFolder(folder, user: user) else { return }
        folder.remove(Self.fileName(key))
    }

    /// Two keys may share a name; the key in the file tells whose choice it holds.
    static func fileName(_ key: TuningKey) -> String {
        "\(key.kind)-\(StableDigest.text(of: encoded(key) ?? Data())).json"
    }

    private static func contents<Value: Codable>(_ key: TuningKey, _ value: Value) -> Data? {
        guard let body = encoded(Body(key: key, value: value)) else { return nil }
        return encoded(Entry(format: format, key: key, digest: StableDigest.text(of: body), value: value))
    }

    /// One form for each value.
    private static func encoded(_ value: some Encodable) -> Data? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try? encoder.encode(value)
    }
}
