// What stands in the way of results is found before they are there, and nothing is changed by looking.

import Foundation
import System
import Testing

@Suite struct WritablePathsTests {
    @Test(arguments: [
        ("x", ".", "x"), ("/x", "/", "x"), ("./x", ".", "x"), ("a/b/x", "a/b", "x"), ("a//x", "a/", "x"),
    ])
    func pathsAreSplit(path: String, folder: String, name: String) { #expect(splitPath(path) == (folder, name)) }

    @Test func foldersAreMadeWithThoseThatTheyAreIn() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("writable-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        for path in [root + "/a/b/c/", root + "/a/b", root + "/./x//y", root + "/", "."] {
            #expect(makeFolder(path) == nil, "\(path)")
            #expect(obstacle(toWriting: path) == EISDIR, "\(path)")
        }
        let file = root + "/a/file"
        #expect(obstacle(toWriting: file) == nil && !FileManager.default.fileExists(atPath: file))
        try Data("older".utf8).write(to: URL(fileURLWithPath: file))
        #expect(obstacle(toWriting: file) == nil && FileManager.default.contents(atPath: file) == Data("older".utf8))
        #expect(makeFolder(file) != nil && makeFolder(file + "/below") == ENOTDIR && makeFolder("") == ENOENT)
        #expect(obstacle(toWriting: root + "/missing/file") == ENOENT && obstacle(toWriting: "") == ENOENT)
    }
}
