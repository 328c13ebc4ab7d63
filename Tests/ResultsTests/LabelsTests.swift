// Labels: what of a file is a name, and what is said where names and classes don't fit.

import Foundation
import Testing

@testable import Results

@Suite struct LabelsTests {
    private func read(_ text: String) throws -> Labels {
        let folder = try LabelsFolder()
        return try Labels(contentsOfFile: folder.write(Array(text.utf8), to: "labels.txt"))
    }

    @Test(arguments: [
        "cat\ndog\nowl", "cat\ndog\nowl\n", "cat\r\ndog\r\nowl\r\n", "\u{FEFF}cat\ndog\nowl\n", "cat\rdog\rowl",
        "\u{FEFF}cat\r\ndog\r\nowl\r\n\r\n",
    ])
    func threeNamesHoweverLinesEnd(text: String) throws {
        let labels = try read(text)
        #expect((0..<4).map { labels[$0] } == ["cat", "dog", "owl", nil])
        #expect(labels.mismatch(classCount: 3, in: "labels.txt") == nil)
    }

    @Test func anEmptyLineInsideIsAClassWithoutAName() throws {
        let labels = try read("\ncat\n\nowl\n")
        #expect((0..<4).map { labels[$0] } == [nil, "cat", nil, "owl"])
        #expect(labels.mismatch(classCount: 4, in: "labels.txt") == nil)
    }

    @Test func aMismatchNamesBothCounts() throws {
        let names = Labels((0..<1000).map { "class \($0)" })
        let few = try #require(names.mismatch(classCount: 1001, in: "labels.txt"))
        #expect(few.contains("1000 names for 1001 classes") && few.contains("has no name here"))
        let many = try #require(names.mismatch(classCount: 999, in: "labels.txt"))
        #expect(many.contains("1000 names for 999 classes") && many.contains("which the network lacks"))
        let other = try #require(names.mismatch(classCount: 10, in: "labels.txt"))
        #expect(other.contains("1000 names for 10 classes") && !other.contains("background"))
    }

    @Test func saysWhyAFileIsNoLabels() throws {
        let folder = try LabelsFolder()
        for (path, reason) in [
            (folder.path, "it is a folder"), (folder.path + "/none.txt", "there is no such file"),
            (try folder.write([0x63, 0xFF, 0xFE, 0x0A], to: "latin.txt"), "not UTF-8"),
            (try folder.write(Array("\n\n".utf8), to: "empty.txt"), "no names"),
        ] {
            #expect {
                _ = try Labels(contentsOfFile: path)
            } throws: { error in
                let words = "\(error)"
                return error is LabelsError && words.contains(path) && words.contains(reason)
            }
        }
    }
}

/// A folder that goes with the test.
private final class LabelsFolder {
    let path = FileManager.default.temporaryDirectory.path + "/labels-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }
}
