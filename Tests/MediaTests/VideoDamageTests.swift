// Inputs that are cut short, damaged, no video at all, or hostile: each gives clear errors in their places.

import Foundation
import MediaFixtures
import Testing

@testable import Media

@Suite(.needsFFmpeg) struct VideoDamageTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Key frames only, so that all packets are of about equal size and each cut goes through the middle of one.
    @Test(arguments: ["clip.mp4", "clip.mkv", "clip.ts", "clip.avi", "clip.flv", "clip.h264"], [15, 20, 27])
    func givesTheFramesBeforeACut(name: String, frames: Int) throws {
        let whole = try folder.makeClip(name, "-movflags", "faststart", "-g", "1")
        let path = try folder.cut(whole, to: (Double(frames) + 0.5) / 30)
        let outcome = Outcome(path: path)
        // A transport stream's last frame is cut by itself, and then its last transport packet is.
        let damaged = name == "clip.ts" ? [outcome.count, outcome.count + 1] : [outcome.count]
        #expect(outcome.damaged == damaged, "\(outcome.errors)")
        #expect(outcome.error?.file == path)
        #expect(abs(outcome.count - frames) <= 1)
    }

    @Test func endsAfterABreak() throws {
        let source = try openSource(path: folder.cut(folder.makeClip("clip.mkv"), to: 0.7))
        let outcome = Outcome(source)
        #expect(outcome.error?.kind == .brokenOff(afterFrames: outcome.count))
        #expect(try source.next() == nil)
    }

    @Test func tellsAFragmentedFileCutShort() throws {
        let path = try folder.makeClip("clip.mp4", "-movflags", "frag_keyframe+empty_moov")
        #expect(Outcome(path: path).error == nil)
        let outcome = Outcome(path: try folder.cut(path, to: 0.6))
        #expect(outcome.count > 5)
        #expect(outcome.error?.kind == .brokenOff(afterFrames: outcome.count))
    }

    struct Damage: CustomTestStringConvertible, Sendable {
        let codec: String
        let container: String
        /// What is overwritten, of 30 packets.
        let packet: Int
        var testDescription: String { "\(codec) in \(container), packet \(packet)" }
    }

    /// The first, one in the middle, the last, of codecs that can tell. Apart, as closures in a macro's arguments crash
    /// Swift 6.0.
    private static let damages = [
        ("mjpeg", "avi"), ("mjpeg", "mkv"), ("mjpeg", "mov"), ("mjpeg", "mjpeg"), ("mpeg4", "mkv"), ("mpeg4", "avi"),
        ("mpeg2video", "mkv"), ("mpeg2video", "ts"), ("png", "mov"), ("prores", "mov"),
    ].flatMap { pair in [0, 17, 29].map { Damage(codec: pair.0, container: pair.1, packet: $0) } }

    /// Every other frame has its result.
    @Test(arguments: damages)
    func aDamagedPacketIsOneErrorInItsPlace(damage: Damage) throws {
        let whole = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=s=160x120:r=30:d=1", "-c:v", damage.codec, "-g", "10",
            "whole.\(damage.container)")
        let packets = try damage.container == "mjpeg" ? pictures(in: whole) : FFmpegTool.packets(of: whole)
        try #require(packets.count == 30)
        let packet = packets[damage.packet]
        var bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
        let start = packet.position + packet.size / 3
        for index in start..<start + packet.size / 3 { bytes[index] = noise(index) }
        let outcome = Outcome(path: try folder.write(bytes, to: "damaged.\(damage.container)"))
        #expect(outcome.damaged == [damage.packet], "\(outcome.errors)")
        #expect(outcome.error?.kind == .damagedFrame(damage.packet))
        #expect(outcome.count == 29)
    }

    private func noise(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: (index &* 2_654_435_761) >> 13) }

    /// The JPEGs of a file that is nothing else.
    private func pictures(in path: String) throws -> [(position: Int, size: Int)] {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let starts = bytes.indices.dropLast(2).filter { bytes[$0...].starts(with: [0xFF, 0xD8, 0xFF]) } + [bytes.count]
        return zip(starts, starts.dropFirst()).map { ($0, $1 - $0) }
    }

    @Test func theFramesAroundTheDamageAreTheOriginals() throws {
        let whole = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=s=160x120:r=30:d=1", "-c:v", "mjpeg", "whole.avi")
        let packet = try FFmpegTool.packets(of: whole)[0]
        var bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
        bytes.replaceSubrange(packet.position + 2..<packet.position + packet.size, with: Data(count: packet.size - 2))
        let (original, damaged) = try (
            openSource(path: whole), openSource(path: folder.write(bytes, to: "damaged.avi"))
        )
        _ = try original.next()
        #expect(throws: VideoError.self) { try damaged.next() }
        var count = 0
        while let frame = try original.next() {
            let other = try #require(try damaged.next())
            #expect(frame.image.pixels == other.image.pixels)
            #expect(frame.presentationNanoseconds == other.presentationNanoseconds)
            count += 1
        }
        #expect(try damaged.next() == nil && count == 29)
    }

    /// H.264 goes on from what it mended; the frames that it mended are named.
    @Test func h264GoesOnPastDamage() throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.makeClip("clip.h264", "-bf", "0")))
        let damaged = bytes.count * 6 / 10
        for index in damaged..<damaged + 300 { bytes[index] = UInt8(truncatingIfNeeded: index &* 37) }
        let outcome = Outcome(path: try folder.write(bytes, to: "damaged.h264"))
        #expect(outcome.isFrame.count >= 29 && outcome.isFrame.count <= 31)
        #expect(!outcome.errors.isEmpty && outcome.errors.count <= 3, "\(outcome.errors)")
        #expect(outcome.isFrame.last == true)
    }

    /// Thousands of packets, none of them a picture: one error, not thousands, and an end.
    @Test func aStreamWithoutAnyPictureIsOneError() throws {
        for count in [20, 600] {
            let whole = try folder.make(
                "-f", "lavfi", "-i", "testsrc2=s=32x24:r=30", "-frames:v", "\(count)", "-c:v", "mjpeg", "whole.avi")
            var bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
            for packet in try FFmpegTool.packets(of: whole) {
                bytes.replaceSubrange(packet.position..<packet.position + packet.size, with: Data(count: packet.size))
            }
            let outcome = Outcome(path: try folder.write(bytes, to: "damaged.avi"))
            #expect(outcome.count == 0 && outcome.errors.count == 1, "\(outcome.errors.count)")
        }
    }

    /// Matroska's reader finds the next cluster by itself, and doesn't say that it skipped any. What a decoder mends is
    /// told each time, however its threads happen to meet.
    @Test func aHoleInAContainerIsTold() throws {
        let whole = try folder.makeClip("clip.mkv", "-g", "5", "-cluster_time_limit", "100")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
        let hole = bytes.count / 2
        bytes.replaceSubrange(hole..<hole + 2000, with: Data(repeating: 0xFF, count: 2000))
        let path = try folder.write(bytes, to: "hole.mkv")
        for _ in 0..<20 {
            let outcome = Outcome(path: path)
            #expect(!outcome.errors.isEmpty)
            #expect(outcome.count > 15 && outcome.count < 30)
            #expect(outcome.isFrame.last == true)
        }
    }

    /// GIF's reader and decoder only log what they can't read.
    @Test func aDamagedGIFIsTold() throws {
        let whole = try folder.make("-f", "lavfi", "-i", "testsrc2=s=64x48:r=5", "-frames:v", "8", "moving.gif")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
        #expect(Outcome(path: whole).count == 8)
        for place in [3, 5, 7] {
            var damaged = bytes
            let start = bytes.count * place / 8
            damaged.replaceSubrange(start..<start + 100, with: Data(count: 100))
            let outcome = Outcome(path: try folder.write(damaged, to: "damaged.gif"))
            #expect(!outcome.errors.isEmpty && outcome.count >= place - 3, "\(place)")
        }
    }

    /// Whether frames are missing where a transport stream jumps can't be known, but that it does.
    @Test func aHoleInATransportStreamIsNoted() throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.makeClip("clip.ts")))
        let whole = try openSource(path: folder.file("clip.ts"))
        #expect(Outcome(whole).count == 30 && whole.notes.isEmpty)
        let start = bytes.count / 188 / 2 * 188
        bytes.removeSubrange(start..<start + 188 * 7)
        let source = try openSource(path: folder.write(bytes, to: "hole.ts"))
        _ = Outcome(source)
        #expect(source.notes.count == 1 && source.notes[0].contains("jump in 1 place"), "\(source.notes)")
    }

    /// Too short for a picture, but no marker either that a writer has doubled.
    @Test(arguments: [1, 2]) func aPacketOfAByteOrTwoIsDamage(size: Int) throws {
        let whole = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=s=64x48:r=30:d=1", "-c:v", "mjpeg", "whole.avi")
        let path = try folder.write(try clip(whole, cutting: 7, to: size), to: "short.avi")
        let outcome = Outcome(path: path)
        #expect(outcome.isFrame.count == 30 && outcome.damaged == [7], "\(outcome.errors)")
    }

    /// An AVI clip without its index, one of whose packets has become a byte or two that mean nothing.
    private func clip(_ path: String, cutting packet: Int, to size: Int) throws -> [UInt8] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let start = try #require(data.range(of: Data("movi".utf8))).upperBound
        let bytes = [UInt8](data)
        func four(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
        func number(at place: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }
        var chunks: [UInt8] = []
        var (place, count) = (start, 0)
        // A name of four letters, the size, and the packet, to an even number of bytes.
        while bytes[place...].starts(with: "00dc".utf8) {
            let length = number(at: place + 4)
            let end = place + 8 + length
            let short: [UInt8] = [0x12, 0x34]
            let content: ArraySlice<UInt8> = count == packet ? short.prefix(size) : bytes[place + 8..<end]
            chunks += Array("00dc".utf8)
            chunks += four(content.count)
            chunks += content
            if content.count % 2 == 1 { chunks.append(0) }
            (place, count) = (end + length % 2, count + 1)
        }
        try #require(count == 30)
        var head = Array(bytes[..<start])
        head.replaceSubrange(start - 8..<start - 4, with: four(4 + chunks.count))
        head.replaceSubrange(4..<8, with: four(start - 8 + chunks.count))
        return head + chunks
    }

    /// Decoders take packets in another order than they give frames: what failed is named where it belongs.
    @Test func damageWaitsForItsPlace() {
        var log = DamageLog()
        log.append("six", at: 6)
        log.append("four", at: 4)
        #expect(log.takeDue(before: 3) == nil)
        #expect(log.takeDue(before: 5)! == ("four", 4, false))
        #expect(log.takeDue(before: 5) == nil)
        #expect(log.takeDue(before: 6)! == ("six", 6, true))
        log.append("somewhere", at: nil)
        #expect(log.takeDue(before: 0)! == ("somewhere", nil, false))
        log.append("late", at: 9)
        #expect(log.takeDue(before: nil)! == ("late", 9, false))
        #expect(log.count == 0)
        for number in 0..<20_000 { log.append("\(number)", at: Int64(number ^ 3)) }
        let reasons = (0..<20_000).map { log.takeDue(before: Int64($0))?.reason }
        #expect(reasons == (0..<20_000).map { "\($0 ^ 3)" })
        #expect(log.count == 0)
    }

    @Test func framesBeforeTheDamageAreTheOriginals() throws {
        let whole = try folder.makeClip("clip.h264")
        let (original, cut) = try (openSource(path: whole), openSource(path: folder.cut(whole, to: 0.7)))
        #expect(throws: VideoError.self) {
            while let frame = try cut.next() { #expect(try original.next()?.image.pixels == frame.image.pixels) }
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

    /// What a name may have been meant for.
    @Test(arguments: [
        ("http://host.invalid/clip.mp4", "'host.invalid' can't be found"),
        ("rtsp://me@host.invalid:554/stream", "'host.invalid' can't be found"),
        ("nowhere/img%03d.png", "can't be listed"), ("pictures/*.png", "or a sequence as \"img%03d.png\""),
        ("100%.png", "No such file or directory"), ("missing.mp4", "No such file or directory"),
    ])
    func saysWhatIsNotRead(path: String, words: String) {
        let error = Outcome(path: path).error
        #expect(
            error?.kind == .unreadable && error?.description.contains(words) == true, "\(String(describing: error))")
    }

    /// Headers that FFmpeg only takes apart later, or doesn't know.
    @Test func saysWhatIsNoYuv4mpeg() throws {
        for header in ["YUV4MPEG2 W0 H48 F25:1 C420jpeg\nFRAME\n", "YUV4MPEG2 W64\nFRAME\n", "RIFFxxxx, no header\n"] {
            let path = try folder.write(header.utf8 + [UInt8](repeating: 0, count: 9000), to: "in.y4m")
            let descriptor = open(path, O_RDONLY)
            defer { close(descriptor) }
            let error = Outcome(try VideoFileSource(yuv4mpegFrom: descriptor, name: "standard input")).error
            #expect(error?.kind == .notVideo && error?.description.contains("yuv4mpeg header") == true, "\(header)")
        }
    }

    @Test func namesAnAnimatedWebP() throws {
        let path = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=s=64x48:r=5", "-frames:v", "3", "-c:v", "libwebp_anim", "moving.webp")
        let outcome = Outcome(path: path)
        // A later FFmpeg may read it.
        let words = outcome.error?.description ?? ""
        #expect(outcome.count == 3 || words.contains("animated WebP"), "\(words)")
    }

    @Test func hostileNamesStayOnOneLine() {
        let error = VideoError(.empty, "a\n\u{1B}[31mb\u{202E}", "no\rbytes")
        #expect(error.description == "a??[31mb?: is empty")
        #expect(VideoError(.unreadable, "f", "x\ny").description == "f: cannot be read: x?y")
    }
}
