// What the cache of programs keeps, and all that it must not trust. No device is needed.
import Foundation
import Testing

@testable import EnginePlanning
@testable import OpenCLKernels

@Suite("OpenCL program cache") struct OpenCLProgramCacheTests {
    let test = CacheFolderOfTest()
    let key = OpenCLProgramCacheTests.key()
    let binary: [UInt8] = (0..<48).map { UInt8(truncatingIfNeeded: $0 * 37) }

    static func key(
        source: String = "__kernel void f() {}", options: String = "-DWIDTH=4", device: String = "GPU",
        driver: String = "1.0"
    ) -> OpenCLProgramKey {
        OpenCLProgramKey(
            source: Array(source.utf8), options: options, target: [("device", device), ("driver", driver)])
    }

    private var cache: OpenCLProgramCache { OpenCLProgramCache(folder: test.folder) }
    private var kept: [UInt8]? { cache.binary(for: key) }
    private var path: String { test.folder + "/" + OpenCLProgramCache.fileName(key) }

    private func keep() {
        #expect(cache.keep(binary, for: key))
        #expect(kept == binary)
    }

    private func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

    private func overwrite(_ bytes: some Sequence<UInt8>) throws { try CacheFolderOfTest.overwrite(path, with: bytes) }

    @Test func keepsForTheUserAlone() throws {
        #expect(kept == nil)
        keep()
        for (path, mode) in [(test.folder, 0o700), (path, 0o600)] {
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == mode)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: test.folder) == [OpenCLProgramCache.fileName(key)])
    }

    @Test func replacesWhatWasKept() {
        keep()
        #expect(cache.keep([1, 2, 3], for: key))
        #expect(kept == [1, 2, 3])
    }

    @Test func nothingIsNoBinary() {
        #expect(!cache.keep([], for: key))
        #expect(kept == nil)
    }

    @Test(arguments: [
        key(source: "__kernel void g() {}"), key(options: "-DWIDTH=8"), key(device: "GPU 2"), key(driver: "1.1"),
        // The same text in all, cut elsewhere.
        key(device: "GP", driver: "U1.0"),
        key(source: "", options: "-DWIDTH=4__kernel void f() {}"),
    ])
    func anotherKeyIsAnotherBinary(other: OpenCLProgramKey) throws {
        keep()
        #expect(other != key)
        #expect(OpenCLProgramCache.fileName(other) != OpenCLProgramCache.fileName(key))
        #expect(cache.binary(for: other) == nil)
        // Nor where its file's name is the same, as of two keys with one digest.
        try FileManager.default.copyItem(
            atPath: path, toPath: test.folder + "/" + OpenCLProgramCache.fileName(other))
        #expect(cache.binary(for: other) == nil)
    }

    @Test func everyFlippedBitIsRefused() throws {
        keep()
        let bytes = try bytes()
        for position in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[position] ^= 1 << bit
                try overwrite(damaged)
                #expect(kept == nil, "bit \(bit) of byte \(position)")
            }
        }
        try overwrite(bytes)
        #expect(kept == binary)
    }

    @Test func everyTruncationIsRefused() throws {
        keep()
        let bytes = try bytes()
        for count in bytes.indices {
            try overwrite(bytes[..<count])
            #expect(kept == nil, "\(count) bytes")
        }
    }

    @Test func whatIsNotOursIsRefused() throws {
        keep()
        let bytes = try bytes()
        let format = Array("format 1".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: format) })
        var otherFormat = bytes
        otherFormat[place + format.count - 1] = UInt8(ascii: "2")
        for other in [otherFormat, bytes + [0], [0] + bytes, bytes + bytes, binary] {
            try overwrite(other)
            #expect(kept == nil)
        }
        // Keeping mends it.
        keep()
    }

    @Test(arguments: [0o660, 0o606, 0o666]) func aFileThatOthersMayWriteIsRefusedAndReplaced(mode: Int) {
        keep()
        #expect(chmod(path, mode_t(mode)) == 0)
        #expect(kept == nil)
        keep()
    }

    @Test func aFolderThatOthersMayWriteIsRefused() {
        keep()
        #expect(chmod(test.folder, 0o777) == 0)
        #expect(kept == nil)
        #expect(!cache.keep(binary, for: key))
    }

    @Test func whatAnotherUserOwnsIsRefused() {
        keep()
        let other = OpenCLProgramCache(folder: test.folder, user: geteuid() &+ 1)
        #expect(other.binary(for: key) == nil)
        #expect(!other.keep(binary, for: key))
    }

    @Test func aSymbolicLinkIsRefusedAndReplaced() throws {
        keep()
        let elsewhere = test.base + "/elsewhere"
        try FileManager.default.moveItem(atPath: path, toPath: elsewhere)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: elsewhere)
        #expect(kept == nil)
        keep()
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType == .typeRegular)
    }

    @Test(arguments: ["/dev/null/coexec", "/proc/coexec/cache", ""])
    func aFolderThatCannotBeIsNoFailure(folder: String) {
        #expect(!OpenCLProgramCache(folder: folder).keep(binary, for: key))
        #expect(OpenCLProgramCache(folder: folder).binary(for: key) == nil)
    }

    /// Binaries and choices lie in one folder.
    @Test func itSharesItsFolder() {
        keep()
        let choice = TuningKey("program", ["device": "GPU"])
        #expect(test.cache.keep(7, for: choice))
        #expect(test.cache.value(for: choice, as: Int.self) == 7)
        #expect(kept == binary)
    }

    /// Readers see one of the writers' binaries, whole, whatever the others do.
    @Test func manyWritersAndReadersAtOnce() async throws {
        keep()
        let (cache, key) = (cache, key)
        let binaries = [binary] + (1...3).map { [UInt8](repeating: UInt8($0), count: 3000 * $0) }
        await withTaskGroup(of: Bool.self) { group in
            for own in binaries {
                group.addTask { (0..<20).allSatisfy { _ in cache.keep(own, for: key) } }
                group.addTask { (0..<80).allSatisfy { _ in binaries.contains(cache.binary(for: key) ?? []) } }
            }
            for await isRight in group { #expect(isRight) }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: test.folder).count == 1)
    }
}
