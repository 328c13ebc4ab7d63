// What is drawn and written can be read again, and an older file is whole until then.

import Foundation
import Kernels
import MediaFixtures
import Testing

@testable import Media

@Suite(.needsFFmpeg) struct DrawnOutputTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Draws a file's frames, all or the first ones.
    private func draw(
        _ source: String, to output: String, soundOf: String? = nil, frames: Int = .max
    ) throws -> any DrawnOutput {
        let pictures = try VideoFileSource(path: source)
        let writer = try DrawnOutputs.open(output, soundOf: soundOf)
        let drawer = Drawer()
        var (number, isAtEnd) = (0, false)
        while number < frames {
            guard let frame = try pictures.next() else {
                isAtEnd = true
                break
            }
            var drawing = Drawing()
            drawing.footer = "frame \(number)"
            let picture = try drawer.draw(drawing, on: frame.image)
            try writer.write(picture, number: number, nanoseconds: frame.presentationNanoseconds)
            number += 1
        }
        try writer.finish(isAtEnd: isAtEnd)
        return writer
    }

    private func count(_ path: String) throws -> (frames: Int, width: Int, last: Int?) {
        let source = try VideoFileSource(path: path)
        var (frames, width, last): (Int, Int, Int?) = (0, 0, nil)
        while let frame = try source.next() {
            (frames, width, last) = (frames + 1, frame.image.width, frame.presentationNanoseconds)
        }
        return (frames, width, last)
    }

    /// Seconds of a file's sound, as ffprobe counts its packets.
    private func soundLength(_ path: String) throws -> Double {
        let times = try FFmpegTool.probe(path, packets: "a", "pts_time").split { "\n,".contains($0) }
        return times.compactMap { Double($0) }.max() ?? 0
    }

    /// A second of pictures, five of sound.
    private func makeLongSound() throws -> String {
        try folder.make(
            "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:duration=1", "-f", "lavfi", "-i", "sine=duration=5",
            "-pix_fmt", "yuv420p", "-c:a", "aac", "long.mp4")
    }

    @Test func videosKeepTimesAndSound() throws {
        let clip = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=size=200x100:rate=25:duration=1,format=yuv444p,crop=161:91:0:0", "-f",
            "lavfi", "-i", "sine=duration=1", "-pix_fmt", "yuv444p", "-c:a", "aac", "clip.mp4")
        for name in ["out.mp4", "out.m4v", "out.mov", "out.mkv", "out.ts"] {
            let output = folder.file(name)
            let writer = try draw(clip, to: output, soundOf: clip)
            #expect(writer.summary.contains("25 frames in") && writer.summary.contains("its sound (aac) copied"))
            let read = try count(output)
            // Encoders want even sides.
            #expect(read.frames == 25 && read.width == 162, "\(name)")
            #expect(abs((read.last ?? 0) - 960_000_000) < 1_000_000, "\(name)")
        }
    }

    /// Sound goes on to its end where the pictures were read to theirs, else as long as the last is shown.
    @Test func soundIsAsLongAsWhatWasRead() throws {
        let clip = try makeLongSound()
        _ = try draw(clip, to: folder.file("whole.mp4"), soundOf: clip)
        let whole = try soundLength(folder.file("whole.mp4"))
        #expect(abs(whole - 5) < 0.1)
        _ = try draw(clip, to: folder.file("part.mkv"), soundOf: clip, frames: 4)
        let part = try soundLength(folder.file("part.mkv"))
        #expect(abs(part - 0.8) < 0.05)
    }

    @Test func soundThatIsLeftOutIsNamed() throws {
        let clip = try makeLongSound()
        let webm = try draw(clip, to: folder.file("out.webm"), soundOf: clip)
        #expect(webm.summary.contains("by libvpx, its sound (aac) left out: webm doesn't take it"))
        let frames = try count(folder.file("out.webm")).frames
        #expect(frames == 5)
        let opus = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:duration=1", "-f", "lavfi", "-i", "sine=duration=1",
            "-c:a", "libopus", "opus.mkv")
        let ts = try draw(opus, to: folder.file("out.ts"), soundOf: opus)
        #expect(ts.summary.contains("its sound (opus) left out: ts doesn't take it"))
        let silent = try folder.makeClip("silent.mp4")
        #expect(try !draw(silent, to: folder.file("silent.mkv"), soundOf: silent).summary.contains("sound"))
        let noise = try folder.write("no video".utf8, to: "noise.mp4")
        #expect(try draw(silent, to: folder.file("silent.mov"), soundOf: noise).summary.contains("its sound left out"))
    }

    @Test func picturesGoIntoFolders() throws {
        let clip = try folder.make("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25", "-frames:v", "3", "clip.mp4")
        let pictures = folder.file("new/folder/pictures/")
        _ = try draw(clip, to: pictures)
        let names = try FileManager.default.contentsOfDirectory(atPath: pictures).sorted()
        #expect(names == ["000000.png", "000001.png", "000002.png"])
        #expect(names.allSatisfy(DrawnOutputs.isNumbered) && !DrawnOutputs.isNumbered("12345.png"))
        #expect(throws: DrawingError.self) { try draw(clip, to: folder.file("one.png")) }
        let one = try count(folder.file("one.png"))
        #expect(one.frames == 1 && one.width == 64)
        _ = try draw(folder.file("one.png"), to: folder.file("one.jpg"))
        let jpeg = try count(folder.file("one.jpg"))
        #expect(jpeg.frames == 1 && jpeg.width == 64)
    }

    /// Whatever their size, whose matrix differs in videos alone.
    @Test func coloursStay() throws {
        let bars = try folder.writeBars("bars.ppm", width: 1280, height: 720)
        for name in ["bars.png", "bars.jpg", "bars.mp4"] {
            _ = try draw(bars, to: folder.file(name))
            let frame = try #require(try VideoFileSource(path: folder.file(name)).next())
            let drawn = try Drawer().draw(Drawing(), on: frame.image).canvas
            for x in stride(from: 80, to: 1280, by: 160) {
                let start = (360 * drawn.rowLength + x) * 3
                let wanted = Bars.colour(x, width: 1280)
                let error = zip(drawn.pixels[start..<start + 3], wanted).map { abs(Int($0) - Int($1)) }.max() ?? 0
                #expect(error <= 4, "\(name), \(x)")
            }
        }
    }

    /// Sizes that change in the middle are fitted into the first.
    @Test func otherSizesAreFitted() throws {
        let output = folder.file("out.mp4")
        let writer = try DrawnOutputs.open(output, soundOf: nil)
        let drawer = Drawer()
        for (number, size) in [(64, 48), (200, 20), (10, 300), (64, 48), (1, 1)].enumerated() {
            let image = try Image(
                width: size.0, height: size.1, pixels: [UInt8](repeating: 200, count: size.0 * size.1 * 3))
            try writer.write(drawer.draw(Drawing(), on: image), number: number, nanoseconds: nil)
        }
        try writer.finish(isAtEnd: true)
        let read = try count(output)
        #expect(read.frames == 5 && read.width == 64)
    }

    /// Before anything ran: those that take no video too, or one that comes without pauses.
    @Test(arguments: [
        "out.txt", "out.xyz", "no/such/out.mp4", "no/such/out.png", "out.mpg", "out.gif", "out.mp3", "out.apng",
        "out.y4m", "out.avi", "older.mp4/out",
    ])
    func whatCantBeIsNamed(name: String) throws {
        _ = try folder.write("older".utf8, to: "older.mp4")
        do {
            _ = try DrawnOutputs.open(folder.file(name), soundOf: nil)
            Issue.record("\(name) was opened")
        } catch {
            #expect("\(error)".contains("--draw '"), "\(error)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file(name)))
    }

    @Test func anOlderFileIsWholeUntilThereIsAPicture() throws {
        let older = try folder.write("older".utf8, to: "older.mp4")
        let writer = try DrawnOutputs.open(older, soundOf: nil)
        try writer.finish(isAtEnd: true)
        #expect(writer.summary == "no frame, and so no \(older)")
        #expect(try String(contentsOfFile: older, encoding: .utf8) == "older")
    }
}
