// Failures that a decoder tells of some packets later, and where they belong; and such decoders themselves.

import Foundation
import MediaFixtures
import Testing

@testable import Media

@Suite struct LateFailuresTests {
    private func text(_ failures: [(reason: String, timestamp: Int64?)]) -> [String] {
        failures.map { "\($0.reason)@\($0.timestamp.map(String.init) ?? "-")" }
    }

    @Test func theMissingFrameIsTheOne() {
        var failures = LateFailures()
        // In a decoder's order: 0 4 2 1 3; of which 2 fails, and is told of when 8 was taken.
        for timestamp in [0, 4, 2, 1, 3, 8] as [Int64] { failures.took(timestamp) }
        #expect(failures.placed(before: 0).isEmpty)
        failures.failed("a")
        #expect(failures.placed(before: 1).isEmpty)
        #expect(text(failures.placed(before: 3)) == ["a@2"])
        #expect(failures.placed(before: 4).isEmpty && failures.placed(before: 8).isEmpty)
        #expect(failures.rest(isAtEnd: true).isEmpty)
    }

    /// A reference fails, which is shown behind frames that don't.
    @Test func failuresWaitForTheirPlace() {
        var failures = LateFailures()
        for timestamp in [0, 4, 2, 6] as [Int64] { failures.took(timestamp) }
        failures.failed("a")
        #expect(failures.placed(before: 0).isEmpty && failures.placed(before: 2).isEmpty)
        #expect(text(failures.placed(before: 6)) == ["a@4"])
    }

    @Test func neighboursAreLostForTheSameReason() {
        var failures = LateFailures()
        for timestamp in 0..<6 { failures.took(Int64(timestamp)) }
        failures.failed("a")
        #expect(text(failures.placed(before: 2)) == ["a@0", "a@1"])
        // Without a failure, frames may be none: invisible ones.
        #expect(failures.placed(before: 5).isEmpty)
    }

    /// What HEVC's decoder makes of a slice that it takes for none.
    @Test func whatIsOnlyLoggedIsTold() {
        var failures = LateFailures()
        for timestamp in 0..<4 { failures.took(Int64(timestamp)) }
        #expect(failures.placed(before: 0, logged: "l").isEmpty)
        #expect(text(failures.placed(before: 2, logged: "l")) == ["l@1"])
        #expect(text(failures.rest(isAtEnd: true, logged: "m")) == ["m@3"])
        #expect(failures.rest(isAtEnd: true).isEmpty)
    }

    @Test func atTheEndAllAreTold() {
        var failures = LateFailures()
        for timestamp in 0..<3 { failures.took(Int64(timestamp)) }
        for reason in ["a", "b", "c", "d"] { failures.failed(reason) }
        #expect(failures.rest(isAtEnd: false).isEmpty)
        #expect(text(failures.rest(isAtEnd: true)) == ["a@0", "b@1", "c@2", "d@-"])
        // Or where no frame comes any more.
        for timestamp in 0..<100 { failures.took(Int64(timestamp)) }
        for _ in 0..<64 { failures.failed("e") }
        #expect(failures.rest(isAtEnd: false).isEmpty)
        failures.failed("e")
        #expect(failures.rest(isAtEnd: false).count == 65)
    }

    /// A recording that was joined midway.
    @Test func theBeginningIsNoDamage() {
        var failures = LateFailures()
        for timestamp in 0..<3 { failures.took(Int64(timestamp), canBeDecoded: false) }
        for timestamp in 3..<6 { failures.took(Int64(timestamp)) }
        for _ in 0..<3 { failures.failed("start") }
        failures.failed("a")
        #expect(text(failures.placed(before: 4)) == ["a@3"])
        #expect(failures.placed(before: 5).isEmpty)
    }
}

@Suite(.needsFFmpeg) struct FrameThreadsTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let codecs = [
        ("libx265", ["-x265-params", "log-level=none:keyint=15:bframes=3:wpp=0"], "clip.mkv"),
        ("libvpx-vp9", ["-deadline", "realtime", "-cpu-used", "8", "-g", "15", "-lag-in-frames", "10"], "clip.webm"),
    ]

    private func clip(_ encoder: String) throws -> String? {
        guard FFmpegTool.has(encoder, in: "encoders") else { return nil }
        let (_, options, name) = try #require(Self.codecs.first { $0.0 == encoder })
        let input = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=2", "-pix_fmt", "yuv420p", "-c:v", encoder]
        return try folder.make(input + options + [name])
    }

    private func outcome(_ path: String, threads: Int) -> Outcome {
        Outcome(try VideoFileSource(path: path, decoderThreads: threads))
    }

    /// As many frames, in order, at the same times, as one thread gives; and the same pixels.
    @Test(arguments: ["libx265", "libvpx-vp9"]) func severalThreadsGiveWhatOneDoes(encoder: String) throws {
        guard let path = try clip(encoder) else { return }
        let source = try VideoFileSource(path: path, decoderThreads: 3)
        #expect(source.decoding.name?.hasSuffix("in software, 3 threads") == true, "\(source.decoding)")
        let single = try VideoFileSource(path: path, decoderThreads: 1)
        var count = 0
        while let frame = try source.next() {
            let other = try #require(try single.next())
            #expect(frame.presentationNanoseconds == other.presentationNanoseconds)
            let isSame = frame.image.pixels == other.image.pixels
            #expect(isSame, "frame \(count)")
            count += 1
        }
        #expect(count == 60)
        #expect(try single.next() == nil)
    }

    /// Noise in the middle of some packets: each lost frame is named in its place, whatever the number of threads.
    @Test(arguments: ["libx265", "libvpx-vp9"]) func damageIsInItsPlace(encoder: String) throws {
        guard let path = try clip(encoder) else { return }
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let packets = try FFmpegTool.packets(of: path)
        for packet in [packets[20], packets[37], packets[50]] where packet.size > 60 {
            for index in 8..<packet.size - 8 {
                bytes[packet.position + index] = UInt8(truncatingIfNeeded: (index &* 2_654_435_761) >> 13)
            }
        }
        let damaged = try folder.write(bytes, to: "damaged-" + (path as NSString).lastPathComponent)
        let single = outcome(damaged, threads: 1)
        #expect(single.count + single.errors.count == 60 && single.errors.count >= 3, "\(single.errors)")
        // VP9's frames come in the order of their packets.
        #expect(encoder == "libx265" || single.damaged == [20, 37, 50], "\(single.damaged)")
        for threads in [2, 4] {
            let several = outcome(damaged, threads: threads)
            #expect(several.count == single.count, "\(several.errors)")
            #expect(several.times == single.times)
            #expect(several.damaged == single.damaged && several.errors.count == single.errors.count)
        }
    }
}
