// What the cache keeps, and all that it must not trust.
import Foundation
import Testing

@testable import CPUKernels
@testable import EnginePlanning
@testable import NetworkGraph

@Suite struct TuningCacheTests {
    let test = CacheFolderOfTest()
    let key = TuningKey("layers", ["processor": "A \"quoted\" / core", "threads": "2"])
    let value = ["conv1": "oneDNN", "conv/2": "XNNPACK"]

    /// A cache that holds `value` for `key`.
    private func filled() -> TuningCache {
        #expect(test.cache.keep(value, for: key))
        #expect(kept == value)
        return test.cache
    }

    private var kept: [String: String]? { test.cache.value(for: key, as: [String: String].self) }

    @Test func keepsForTheUserAlone() throws {
        #expect(kept == nil)
        _ = filled()
        for (path, mode) in [(test.base + "/cache", 0o700), (test.folder, 0o700), (test.path(of: key), 0o600)] {
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == mode)
        }
        // Nothing but the file is left.
        #expect(try FileManager.default.contentsOfDirectory(atPath: test.folder) == [TuningCache.fileName(key)])
    }

    @Test func replacesWhatWasKept() {
        let cache = filled()
        #expect(cache.keep(["conv1": "XNNPACK"], for: key))
        #expect(kept == ["conv1": "XNNPACK"])
    }

    @Test(arguments: [
        TuningKey("layers", ["processor": "A \"quoted\" / core", "threads": "4"]),
        TuningKey("layers", ["processor": "A \"quoted\" / core", "cores": "2"]),
        TuningKey("layers", ["processor": "A \"quoted\" / core"]),
        TuningKey("lanes", ["processor": "A \"quoted\" / core", "threads": "2"]),
    ])
    func anotherKeyIsAnotherChoice(other: TuningKey) throws {
        let cache = filled()
        #expect(TuningCache.fileName(other) != TuningCache.fileName(key))
        #expect(cache.value(for: other, as: [String: String].self) == nil)
        // Nor where its file's name is the same, as of two keys with one digest.
        try FileManager.default.copyItem(atPath: test.path(of: key), toPath: test.path(of: other))
        #expect(cache.value(for: other, as: [String: String].self) == nil)
    }

    /// The name by which other processes, of other days, find it.
    @Test func fileNamesAreStable() {
        let key = TuningKey("lanes", ["b": "2", "a": "1"])
        #expect(TuningCache.fileName(key) == TuningCache.fileName(TuningKey("lanes", ["a": "1", "b": "2"])))
        #expect(
            TuningCache.fileName(key)
                == "lanes-\(StableDigest.text(of: #"{"fields":{"a":"1","b":"2"},"kind":"lanes"}"#.utf8)).json")
        // Published test vectors of FNV-1a.
        #expect(StableDigest.text(of: "".utf8) == "cbf29ce484222325")
        #expect(StableDigest.text(of: "foobar".utf8) == "85944171f73967e8")
    }

    @Test func everyFlippedBitIsRefused() throws {
        _ = filled()
        let bytes = [UInt8](try test.contents(of: key))
        for position in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[position] ^= 1 << bit
                try test.overwrite(key, with: damaged)
                #expect(kept == nil, "bit \(bit) of byte \(position)")
            }
        }
        try test.overwrite(key, with: bytes)
        #expect(kept == value)
    }

    @Test func everyTruncationIsRefused() throws {
        _ = filled()
        let bytes = [UInt8](try test.contents(of: key))
        for count in bytes.indices {
            try test.overwrite(key, with: bytes[..<count])
            #expect(kept == nil, "\(count) bytes")
        }
    }

    @Test func whatIsNotOursIsRefused() throws {
        _ = filled()
        let bytes = try test.contents(of: key)
        let text = String(decoding: bytes, as: UTF8.self)
        let format = "\"format\":2"
        for other in [
            text + "\n", " " + text, text + text, "null", "[]", "{}",
            text.replacingOccurrences(of: format, with: "\"format\":0"),
            text.replacingOccurrences(of: format, with: "\(format),\"more\":0"),
            text.replacingOccurrences(of: format, with: "\(format),\(format)"),
            text.replacingOccurrences(of: "\"conv1\"", with: "\"conv9\""),
        ] {
            #expect(other != text)
            try test.overwrite(key, with: other.utf8)
            #expect(kept == nil, "\(other)")
        }
        // Of the right key, and of another type.
        #expect(test.cache.keep(["conv1": 1], for: key))
        #expect(kept == nil)
    }

    @Test func aFileThatIsTooLargeIsNotRead() throws {
        _ = filled()
        try test.overwrite(key, with: Data(repeating: UInt8(ascii: "["), count: 1 << 20))
        #expect(kept == nil)
        try test.overwrite(key, with: try filledBytes() + Data(repeating: UInt8(ascii: " "), count: 1 << 20))
        #expect(kept == nil)
        #expect(!test.cache.keep(String(repeating: "x", count: 1 << 20), for: key))
    }

    private func filledBytes() throws -> Data {
        let other = CacheFolderOfTest()
        #expect(other.cache.keep(value, for: key))
        return try other.contents(of: key)
    }

    @Test func aSymbolicLinkIsRefusedAndReplaced() throws {
        _ = filled()
        let elsewhere = test.base + "/elsewhere"
        try FileManager.default.moveItem(atPath: test.path(of: key), toPath: elsewhere)
        try FileManager.default.createSymbolicLink(atPath: test.path(of: key), withDestinationPath: elsewhere)
        #expect(kept == nil)
        // Writing replaces the link, not what it points at.
        let before = try Data(contentsOf: URL(fileURLWithPath: elsewhere))
        #expect(test.cache.keep(["conv1": "other"], for: key))
        #expect(try Data(contentsOf: URL(fileURLWithPath: elsewhere)) == before)
        #expect(kept == ["conv1": "other"])
    }

    @Test func aFolderThatIsALinkIsRefused() throws {
        _ = filled()
        let link = test.base + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: test.folder)
        #expect(TuningCache(folder: link).value(for: key, as: [String: String].self) == nil)
        #expect(!TuningCache(folder: link).keep(value, for: key))
    }

    @Test(arguments: [0o660, 0o606, 0o666]) func aFileThatOthersMayWriteIsRefused(mode: Int) throws {
        _ = filled()
        #expect(chmod(test.path(of: key), mode_t(mode)) == 0)
        #expect(kept == nil)
        // Measuring anew mends it.
        #expect(filled().value(for: key, as: [String: String].self) == value)
    }

    @Test(arguments: [0o770, 0o707, 0o777, 0o1777]) func aFolderThatOthersMayWriteIsRefused(mode: Int) throws {
        let cache = filled()
        #expect(chmod(test.folder, mode_t(mode)) == 0)
        #expect(kept == nil)
        #expect(!cache.keep(value, for: key))
    }

    @Test func whatAnotherUserOwnsIsRefused() {
        _ = filled()
        let other = TuningCache(folder: test.folder, user: geteuid() &+ 1)
        #expect(other.value(for: key, as: [String: String].self) == nil)
        #expect(!other.keep(value, for: key))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away")) func aFileOfAnotherUserIsRefused() {
        _ = filled()
        #expect(chown(test.path(of: key), 4242, 4242) == 0)
        #expect(kept == nil)
    }

    /// Neither waits for a writer, nor reads a folder.
    @Test func whatIsNoRegularFileIsRefused() throws {
        _ = filled()
        for make in [{ mkfifo($0, 0o600) }, { mkdir($0, 0o700) }] as [(String) -> Int32] {
            try FileManager.default.removeItem(atPath: test.path(of: key))
            #expect(make(test.path(of: key)) == 0)
            #expect(kept == nil)
        }
        // A folder in its place stays, and is no reason to fail; nothing is left beside it.
        #expect(!test.cache.keep(value, for: key))
        #expect(try FileManager.default.contentsOfDirectory(atPath: test.folder).count == 1)
    }

    @Test(arguments: ["/dev/null/coexec", "/proc/coexec/cache", ""])
    func aFolderThatCannotBeIsNoFailure(folder: String) {
        #expect(!TuningCache(folder: folder).keep(value, for: key))
        #expect(TuningCache(folder: folder).value(for: key, as: [String: String].self) == nil)
    }

    @Test func theStandardFolderIsThatOfXDG() {
        func folder(_ environment: [String: String]) -> String? {
            TuningCache.standard(environment: environment)?.folder
        }
        #expect(folder(["XDG_CACHE_HOME": "/var/c", "HOME": "/home/a"]) == "/var/c/coexec")
        #expect(folder(["HOME": "/home/a"]) == "/home/a/.cache/coexec")
        #expect(folder(["XDG_CACHE_HOME": "", "HOME": "/home/a"]) == "/home/a/.cache/coexec")
        #expect(folder(["XDG_CACHE_HOME": "cache", "HOME": "/home/a"]) == "/home/a/.cache/coexec")
        #expect(folder(["HOME": "home"]) == nil && folder(["HOME": ""]) == nil && folder([:]) == nil)
    }

    /// Readers see one of the writers' choices, whole, whatever the others do.
    @Test func manyWritersAndReadersAtOnce() async throws {
        _ = filled()
        let (cache, key) = (test.cache, key)
        let expected = Set((0..<4).map { writer in String(repeating: "\(writer)", count: 1000 * (writer + 1)) })
        await withTaskGroup(of: Bool.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let own = String(repeating: "\(writer)", count: 1000 * (writer + 1))
                    return (0..<50).allSatisfy { _ in cache.keep(["w": own], for: key) }
                }
                group.addTask {
                    (0..<200).allSatisfy { _ in
                        guard let read = cache.value(for: key, as: [String: String].self) else { return false }
                        return read["w"].map(expected.contains) ?? (read["conv1"] == "oneDNN")
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: test.folder).count == 1)
    }
}
