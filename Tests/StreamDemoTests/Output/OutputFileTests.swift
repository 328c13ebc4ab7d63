// Files of results: made by their first line, so that what fails before it leaves nothing, and an older file whole.

import Foundation
import Testing

@testable import StreamDemo

@Suite struct OutputFileTests {
    @Test func theFirstLineMakesTheFile() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("new.json")
        let file = try OutputFile(path)
        #expect(!FileManager.default.fileExists(atPath: path))
        try file.writeLine("one")
        try file.writeLine("two")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "one\ntwo\n")
    }

    @Test func theFirstLineReplacesAnOlderFile() throws {
        let folder = try TemporaryFolder()
        let older = try folder.write("older and longer".utf8, to: "older.json")
        let file = try OutputFile(older)
        #expect(try String(contentsOfFile: older, encoding: .utf8) == "older and longer")
        try file.writeLine("new")
        #expect(try String(contentsOfFile: older, encoding: .utf8) == "new\n")
    }

    @Test func whatCannotBeWrittenIsRefusedAtOnce() throws {
        let folder = try TemporaryFolder()
        for path in [folder.path, folder.file("new/"), folder.file("missing/new.json"), ""] {
            #expect(throws: OutputError.self, "\(path)") { try OutputFile(path) }
        }
    }

    /// A drawn video begins with its first picture.
    @Test func aRunThatIsRefusedLeavesAnOlderVideo() throws {
        let folder = try TemporaryFolder()
        let older = try folder.write("older".utf8, to: "older.mp4")
        let result = try Program.run([
            "run", "--frames", "1", "--draw", older, "--precision", "fp8", "--devices", "cpu:0",
        ])
        #expect(result.exitCode == 64, "\(result.errors)")
        #expect(try String(contentsOfFile: older, encoding: .utf8) == "older")
    }

    /// All are too old before a lane has time for them.
    @Test func framesDroppedOnPurposeAreNotDrawn() throws {
        let folder = try TemporaryFolder()
        let result = try Program.run([
            "run", "--frames", "3", "--draw", folder.file("new.mp4"), "--max-age", "0.0001", "--devices", "cpu:0",
        ])
        #expect(result.exitCode == 0 && result.output.contains("drawn: no frame"), "\(result.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    /// There are no clocks and sensors where it is told to look.
    @Test func aRunThatFailsLeavesFilesAsTheyWere() throws {
        let folder = try TemporaryFolder()
        let older = try folder.write("older".utf8, to: "older.json")
        let profile = folder.file("profile.json")
        for arguments in [
            ["devices", "--profile", profile, "--json", older], ["study", "--json", older],
            ["bench", "--json", older], ["run", "--output", older, "--json", folder.file("summary.json")],
        ] {
            let result = try Program.run(arguments + ["--sysfs-root", folder.path])
            #expect(result.exitCode == 1 && result.errors.contains("no folder 'sys'"), "\(result.errors)")
            #expect(try String(contentsOfFile: older, encoding: .utf8) == "older", "\(arguments)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["older.json"])
    }
}
