// A cache folder of a test's own.
import Foundation

@testable import EnginePlanning

/// A folder that goes when the test ends, with no cache in it yet.
final class CacheFolderOfTest {
    let base = FileManager.default.temporaryDirectory.appendingPathComponent("tuning-\(UUID().uuidString)").path

    /// Where the cache will be, two folders deep.
    var folder: String { base + "/cache/coexec" }
    var cache: TuningCache { TuningCache(folder: folder) }

    func path(of key: TuningKey) -> String { folder + "/" + TuningCache.fileName(key) }

    func contents(of key: TuningKey) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(of: key))) }

    func overwrite(_ key: TuningKey, with bytes: some Sequence<UInt8>) throws {
        try Self.overwrite(path(of: key), with: bytes)
    }

    /// In place: the file keeps its owner and mode.
    static func overwrite(_ path: String, with bytes: some Sequence<UInt8>) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }

    deinit { try? FileManager.default.removeItem(atPath: base) }
}
