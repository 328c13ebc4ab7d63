// Numbered sequences, and inputs that begin again.

import Foundation
import Kernels
import MediaFixtures
import Testing

@testable import Media

@Suite struct SequenceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ names: String...) throws {
        for (index, name) in names.enumerated() { _ = try folder.writeBars(name, width: index + 1, height: 2) }
    }

    @Test func picturesComeByNumber() throws {
        try write(
            "img010.ppm", "img1000.ppm", "img007.ppm", "img008.ppm", "img9.ppm", "img0011.ppm", "img012.ppm", "x.ppm")
        let source = try openSource(path: folder.file("img%03d.ppm"))
        #expect(source.expectedFrameCount == 5)
        let outcome = Outcome(source)
        #expect(outcome.error == nil)
        #expect(outcome.fileNames == ["img007.ppm", "img008.ppm", "img010.ppm", "img012.ppm", "img1000.ppm"])
        #expect(outcome.times.allSatisfy { $0 == nil })
        let note = try #require(source.notes.first)
        #expect(note.hasSuffix("989 numbers are missing between 7 and 1000: 9, 11, 13 to 999"), "\(note)")
    }

    @Test func plainNumbersHaveNoZeros() throws {
        try write("1.ppm", "02.ppm", "2.ppm", "10.ppm")
        let source = try openSource(path: folder.file("%d.ppm"))
        #expect(Outcome(source).fileNames == ["1.ppm", "2.ppm", "10.ppm"])
        #expect(source.notes.count == 1)
    }

    @Test func aFileOfThatNameIsTheFile() throws {
        try write("img%03d.ppm", "img001.ppm")
        #expect(Outcome(path: folder.file("img%03d.ppm")).sizes == [[1, 2]])
        try write("100%1.ppm")
        #expect(Outcome(path: folder.file("100%%%d.ppm")).fileNames == ["100%1.ppm"])
    }

    @Test func aPatternWithoutFilesIsNamed() throws {
        let none = try #require(Outcome(path: folder.file("a%d.png")).error)
        #expect(none.kind == .noPictures && none.file == folder.file("a%d.png"))
        #expect(Outcome(path: folder.file("nowhere/a%d.png")).error?.kind == .unreadable)
        #expect(Outcome(path: folder.file("a*.png")).error?.detail.contains("sequence") == true)
    }

    @Test func aBrokenPictureIsOneError() throws {
        try write("1.ppm", "3.ppm")
        _ = try folder.write("P6\n9 9\n".utf8, to: "2.ppm")
        let outcome = Outcome(path: folder.file("%d.ppm"))
        #expect(outcome.count == 2 && outcome.damaged == [1])
    }

    @Test func aLoopBeginsAgain() throws {
        try write("1.ppm", "2.ppm")
        var options = SourceOptions()
        options.loops = true
        let source = try openSource(path: folder.path, options)
        var names: [String?] = []
        for _ in 0..<5 { names.append(try source.next()?.fileName) }
        #expect(names == ["1.ppm", "2.ppm", "1.ppm", "2.ppm", "1.ppm"])
    }

    @Test(.needsFFmpeg) func aPictureInALoopIsShownForATime() throws {
        try write("1.ppm")
        var options = SourceOptions()
        options.loops = true
        let source = try openSource(path: folder.make("-i", folder.file("1.ppm"), "1.png"), options)
        var times: [Int?] = []
        for _ in 0..<3 { times.append(try source.next()?.presentationNanoseconds) }
        #expect(times == [0, 40_000_000, 80_000_000])
    }

    /// Frames at the times given; damaged ones at negative times.
    private final class Timed: FrameSource {
        let expectedFrameCount: Int? = nil
        private let times: [Int]
        private var position = 0

        init(_ times: [Int]) { self.times = times }

        func next() throws(VideoError) -> VideoFrame? {
            guard position < times.count else { return nil }
            defer { position += 1 }
            let time = times[position]
            if time < 0 { throw VideoError(.damagedFrame(position), "clip", "torn", at: -time) }
            return VideoFrame(
                image: try! Image(width: 1, height: 1, pixels: [0, 0, 0]), presentationNanoseconds: time, fileName: nil)
        }
    }

    @Test func damageInALoopHasItsPlaceAndTime() throws {
        let source = LoopingSource(Timed([0, -10, 20])) { () throws(VideoError) in Timed([0, -10, 20]) }
        var times: [Int?] = []
        for place in 0..<7 {
            do throws(VideoError) {
                times.append(try source.next()?.presentationNanoseconds)
            } catch {
                #expect(error.kind == .damagedFrame(place))
                times.append(error.presentationNanoseconds)
            }
        }
        #expect(times == [0, 10, 20, 40, 50, 60, 80])
    }

    @Test func aLoopWhoseInputIsGoneEnds() throws {
        let gone = VideoError(.unreadable, "clip", "gone")
        let source = LoopingSource(Timed([0])) { () throws(VideoError) in throw gone }
        #expect(try source.next() != nil)
        #expect(throws: gone) { try source.next() }
        #expect(try source.next() == nil)
    }

    /// Stamps that a file can have, but no clip.
    @Test func timesBeyondReasonDoNotTrap() throws {
        let far = [0, Int.max - 1]
        let source = LoopingSource(Timed(far)) { () throws(VideoError) in Timed(far) }
        for _ in 0..<10 { #expect(try source.next() != nil) }
    }

    @Test(.needsFFmpeg) func stampsBeyondReasonAreNoTimes() throws {
        let path = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=s=64x48:r=1:d=3", "-vf", "settb=1,setpts=N*4000000000", "-fps_mode",
            "passthrough", "-c:v", "mjpeg", "jump.mkv")
        #expect(Outcome(path: path).times == [0, nil, nil])
        var options = SourceOptions()
        options.loops = true
        let source = try openSource(path: path, options)
        for _ in 0..<12 { #expect(try source.next() != nil) }
    }

    @Test(.needsFFmpeg) func timesOfALoopGoOn() throws {
        var options = SourceOptions()
        options.loops = true
        let source = try openSource(path: folder.makeClip("clip.mp4"), options)
        var times: [Int] = []
        for _ in 0..<75 { times.append(try #require(try source.next()?.presentationNanoseconds)) }
        for (index, time) in times.enumerated() { #expect(abs(time - index * 1_000_000_000 / 30) < 3_000_000) }
        // One that breaks off ends there.
        let cut = try openSource(path: folder.cut(folder.makeClip("clip.mkv"), to: 0.5), options)
        var errors = 0
        while true {
            do {
                guard try cut.next() != nil else { break }
            } catch {
                errors += 1
            }
        }
        #expect(errors > 0 && errors < 5)
    }
}
