// Inputs that are cut short, damaged, no video at all, or hostile: each gives one clear error.

import Foundation
import Testing

@testable import StreamDemo

@Suite(.needsFFmpeg) struct VideoDamageTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Key frames only, so that all packets are of about equal size and each cut goes through the middle of one.
    @Test(arguments: ["clip.mp4", "clip.mkv", "clip.ts", "clip.avi", "clip.flv", "clip.h264"], [15, 20, 27])
    func givesTheFramesBeforeACut(name: String, frames: Int) throws {
        let whole = try folder.makeClip(name, "-movflags", "faststart", "-g", "1")
        let path = try folder.cut(whole, to: (Double(frames) + 0.5) / 30)
        let outcome = Outcome(path: path)
        #expect(outcome.error?.kind == .brokenOff(afterFrames: outcome.count))
        #expect(outcome.error?.file == path)
        #expect(abs(outcome.count - frames) <= 1)
    }

    @Test func endsAfterABreak() throws {
        let source = try openSource(path: folder.cut(folder.makeClip("clip.mkv"), to: 0.7))
        #expect(Outcome(source).error != nil)
        #expect(try source.next() == nil)
    }

    @Test func tellsAFragmentedFileCutShort() throws {
        let path = try folder.makeClip("clip.mp4", "-movflags", "frag_keyframe+empty_moov")
        #expect(Outcome(path: path).error == nil)
        let outcome = Outcome(path: try folder.cut(path, to: 0.6))
        #expect(outcome.count > 5)
        #expect(outcome.error?.kind == .brokenOff(afterFrames: outcome.count))
    }

    @Test func tellsDamageInTheMiddle() throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.makeClip("clip.h264", "-bf", "0")))
        let damaged = bytes.count * 6 / 10
        for index in damaged..<damaged + 300 { bytes[index] = UInt8(truncatingIfNeeded: index &* 37) }
        let outcome = Outcome(path: try folder.write(bytes, to: "damaged.h264"))
        #expect(outcome.count > 5 && outcome.count < 25)
        #expect(outcome.error?.kind == .brokenOff(afterFrames: outcome.count))
    }

    @Test func framesBeforeTheDamageAreTheOriginals() throws {
        let whole = try folder.makeClip("clip.h264")
        let (original, cut) = try (openSource(path: whole), openSource(path: folder.cut(whole, to: 0.7)))
        #expect(throws: VideoError.self) {
            while let frame = try cut.next() { #expect(try original.next()?.image == frame.image) }
        }
    }

    @Test func anIndexLostWithTheEndIsAnError() throws {
        let path = try folder.cut(folder.makeClip("clip.mp4"), to: 0.7)
        #expect(Outcome(path: path).error == VideoError(.notVideo, path, "moov atom not found"))
    }

    @Test(arguments: ["picture.png", "picture.jpg", "picture.bmp", "picture.tiff"])
    func halfAPictureIsAnError(name: String) throws {
        let bars = try folder.writeBars("bars.ppm", width: 322, height: 181)
        let path = try folder.cut(folder.make("-i", bars, name), to: 0.6)
        let outcome = Outcome(path: path)
        #expect(outcome.count == 0)
        #expect(outcome.error?.file == path)
    }

    @Test func refusesWhatIsNoVideo() throws {
        let tone = try folder.make("-f", "lavfi", "-i", "sine=d=1", "tone.mp3")
        let random = (0..<20_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
        let cases: [(String, VideoError.Kind)] = [
            (try folder.write("Just some words.\n".utf8, to: "words.mp4"), .notVideo),
            (try folder.write(random, to: "random.mp4"), .notVideo),
            (try folder.write([], to: "empty.mp4"), .empty),
            (folder.file("missing.mp4"), .unreadable),
            (tone, .noVideoStream),
            ("/dev/null", .empty),
        ]
        for (path, kind) in cases {
            let error = Outcome(path: path).error
            #expect(error?.kind == kind, "\(path)")
            #expect(error?.description.hasPrefix(path + ": ") ?? false)
            #expect(error?.description.contains("\n") == false)
        }
    }

    @Test func aCoverPictureIsNoVideo() throws {
        let bars = try folder.writeBars("bars.ppm", width: 64, height: 64)
        let path = try folder.make(
            "-f", "lavfi", "-i", "sine=d=1", "-i", bars, "-map", "0", "-map", "1", "-c:v", "png", "-disposition:v",
            "attached_pic", "song.mp3")
        #expect(Outcome(path: path).error?.kind == .noVideoStream)
    }

    /// Each names the good clip beside it; a player would open it, we don't.
    @Test func refusesPlaylists() throws {
        let clip = try folder.makeClip("clip.ts")
        let hls = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:\(clip)\n#EXT-X-ENDLIST\n"
        let concat = "ffconcat version 1.0\nfile 'file:\(clip)'\n"
        let sdp = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
        for (index, text) in [hls, concat, sdp].enumerated() {
            for name in ["list\(index).mp4", "list\(index).m3u8"] {
                let outcome = Outcome(path: try folder.write(text.utf8, to: name))
                #expect(outcome.count == 0)
                #expect(outcome.error?.kind == .refused, "\(name): \(String(describing: outcome.error))")
            }
        }
    }

    /// FFmpeg's picture reader takes such a name for a series of files.
    @Test func aPatternInANameIsJustAName() throws {
        let bars = try folder.writeBars("bars.ppm", width: 64, height: 48)
        _ = try folder.make("-i", bars, "-update", "1", "bar1.png")
        #expect(Outcome(path: folder.file("bar%d.png")).error?.kind == .unreadable)
        try FileManager.default.moveItem(atPath: folder.file("bar1.png"), toPath: folder.file("bar%d.png"))
        #expect(Outcome(path: folder.file("bar%d.png")).sizes == [[64, 48]])
    }

    /// A few bytes that announce 10 gigabytes of pixels.
    @Test func refusesHugePictures() throws {
        let bars = try folder.writeBars("bars.ppm", width: 64, height: 48)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.make("-i", bars, "-update", "1", "bars.png")))
        // Width and height of the IHDR chunk; its checksum is wrong then, too.
        bytes.replaceSubrange(16..<24, with: [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60])
        let outcome = Outcome(path: try folder.write(bytes, to: "huge.png"))
        #expect(outcome.count == 0)
        #expect(outcome.error != nil)
    }

    @Test func hostileNamesStayOnOneLine() {
        let error = VideoError(.empty, "a\n\u{1B}[31mb\u{202E}", "no\rbytes")
        #expect(error.description == "a??[31mb?: is empty")
        #expect(VideoError(.unreadable, "f", "x\ny").description == "f: cannot be read: x?y")
    }
}
