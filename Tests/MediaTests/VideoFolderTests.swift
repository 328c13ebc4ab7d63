// Folders of pictures.

import Foundation
import MediaFixtures
import Testing

@testable import Media

@Suite struct VideoFolderTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func givesPicturesInNaturalOrder() throws {
        for (name, width) in [("10.ppm", 10), ("9.ppm", 9), ("B2.PPM", 2), ("b1.ppm", 1), (".hidden.ppm", 5)] {
            _ = try folder.writeBars(name, width: width, height: 4)
        }
        _ = try folder.write("words".utf8, to: "words.txt")
        try FileManager.default.createDirectory(atPath: folder.file("11.png"), withIntermediateDirectories: false)
        let source = try openSource(path: folder.path)
        #expect(source.expectedFrameCount == 4)
        let outcome = Outcome(source)
        #expect(outcome.error == nil)
        #expect(outcome.fileNames == ["9.ppm", "10.ppm", "b1.ppm", "B2.PPM"])
        #expect(outcome.sizes == [[9, 4], [10, 4], [1, 4], [2, 4]])
        #expect(outcome.times == [nil, nil, nil, nil])
        #expect(source.notes.count == 1)
        #expect(source.notes[0].contains("2 left out") && source.notes[0].contains("11.png, words.txt"))
    }

    @Test func namesTheUnreadablePicturesInTheirPlaces() throws {
        for name in ["1.ppm", "2.ppm", "4.ppm"] { _ = try folder.writeBars(name, width: 8, height: 8) }
        let bad = try folder.write("no picture".utf8, to: "3.png")
        let empty = try folder.write([], to: "5.png")
        try FileManager.default.createSymbolicLink(atPath: folder.file("6.png"), withDestinationPath: "nowhere")
        let source = try openSource(path: folder.path)
        let outcome = Outcome(source)
        #expect(outcome.fileNames == ["1.ppm", "2.ppm", "4.ppm"])
        #expect(outcome.errors.map(\.file) == [bad, empty, folder.file("6.png")])
        #expect(outcome.damaged == [2, 4, 5])
        #expect(source.notes.isEmpty)
    }

    /// Opening it would wait for somebody to write.
    @Test func aPipeIsNoPicture() throws {
        _ = try folder.writeBars("1.ppm", width: 8, height: 8)
        #expect(mkfifo(folder.file("2.ppm"), 0o600) == 0)
        let outcome = Outcome(path: folder.path)
        #expect(outcome.count == 1 && outcome.errors.isEmpty)
    }

    @Test func aFolderWithoutPicturesIsAnError() throws {
        #expect(Outcome(path: folder.path).error?.kind == .noPictures)
        _ = try folder.write("words".utf8, to: "words.txt")
        #expect(Outcome(path: folder.path).error?.kind == .noPictures)
    }

    @Test func numbersAreOrderedByValue() {
        let ordered = ["", "a", "a1", "a1b", "a2", "a10", "a99999999999999999999999", "b", "é"]
        #expect(ordered.shuffled().sorted(by: precedesNaturally) == ordered)
        #expect(precedesNaturally("a01", "a1") && !precedesNaturally("a1", "a01"))
        #expect(!precedesNaturally("a", "a"))
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["COEXEC_DATA"] != nil, "COEXEC_DATA is not set"))
    func readsRealPictures() throws {
        let data = try #require(ProcessInfo.processInfo.environment["COEXEC_DATA"])
        let outcome = Outcome(path: data + "/images")
        #expect(outcome.error == nil)
        #expect(
            outcome.fileNames == ["cat.bmp", "cat_720p.jpg", "grace_hopper.bmp", "parrot.jpg", "sunflower.bmp"])
        #expect(outcome.sizes.allSatisfy { $0[0] >= 300 && $0[1] >= 300 })
    }
}
