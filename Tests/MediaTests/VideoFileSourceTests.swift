// Whole videos: every frame, in order, once.

import Foundation
import MediaFixtures
import System
import Testing

@testable import Media

@Suite(.needsFFmpeg) struct VideoFileSourceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func givesEveryFrameOfAVideo() throws {
        let path = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=10", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt",
            "yuv420p", "clip.mp4")
        let source = try openSource(path: path)
        #expect(source.expectedFrameCount == 300)
        let outcome = Outcome(source)
        #expect(outcome.error == nil)
        #expect(outcome.count == 300)
        #expect(outcome.sizes.allSatisfy { $0 == [640, 360] })
        let expected = (0..<300).map { $0 * 1_000_000_000 / 30 }
        #expect(zip(outcome.times, expected).allSatisfy { abs(($0 ?? -1) - $1) < 1_000_000 })
        #expect(try source.next() == nil, "the end stays the end")
    }

    @Test(arguments: ["clip.mkv", "clip.ts", "clip.avi", "clip.flv", "clip.h264", "clip.mov"])
    func readsContainers(name: String) throws {
        let outcome = Outcome(path: try folder.makeClip(name))
        #expect(outcome.error == nil)
        #expect(outcome.count == 30)
    }

    @Test func readsAnOldCodec() throws {
        let path = try folder.make("-f", "lavfi", "-i", "testsrc2=s=160x120:r=30:d=1", "-c:v", "mpeg4", "clip.mp4")
        #expect(Outcome(path: path).count == 30)
    }

    @Test func decoderThreadsChangeNothing() throws {
        let path = try folder.makeClip("clip.mp4")
        let (one, four) = try (VideoFileSource(path: path), VideoFileSource(path: path, decoderThreads: 4))
        var count = 0
        while let frame = try one.next() {
            let other = try #require(try four.next())
            #expect(frame.image.pixels == other.image.pixels && frame.presentationNanoseconds == other.presentationNanoseconds)
            count += 1
        }
        #expect(count == 30)
        #expect(try four.next() == nil)
    }

    @Test func followsAChangeOfSize() throws {
        let small = try folder.makeClip("small.ts")
        let large = try folder.makeClip("large.ts", "-s", "326x184")
        let joined = try folder.write(
            try Data(contentsOf: URL(fileURLWithPath: small)) + Data(contentsOf: URL(fileURLWithPath: large)),
            to: "joined.ts")
        let outcome = Outcome(path: joined)
        #expect(outcome.error == nil)
        #expect(outcome.sizes == Array(repeating: [160, 120], count: 30) + Array(repeating: [326, 184], count: 30))
    }

    /// A recording joined midway begins with packets that can't be decoded; that isn't damage.
    @Test func startsAtTheFirstKeyFrame() throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.makeClip("clip.ts")))
        let outcome = Outcome(path: try folder.write(bytes.dropFirst(188 * 40), to: "joined.ts"))
        #expect(outcome.error == nil)
        #expect(outcome.count == 20)
    }

    /// Copied from the middle of an open GOP: references before the cut are missing, which isn't damage either.
    @Test func readsACutOutRecording() throws {
        let whole = try folder.makeClip("clip.ts", "-bf", "3", "-x264opts", "open-gop=1")
        let outcome = Outcome(path: try folder.make("-ss", "0.4", "-i", whole, "-c", "copy", "part.ts"))
        #expect(outcome.error == nil)
        #expect(outcome.count == 10)
    }

    @Test func readsYuv4mpegFromAPipe() throws {
        let outcome = try outcomeThroughPipe(smallYuv4mpeg())
        #expect(outcome.error == nil)
        #expect(outcome.sizes == Array(repeating: [32, 24], count: 30))
        #expect(outcome.times.compactMap { $0 }.max() == 966_666_667)
    }

    @Test func tellsABrokenPipe() throws {
        let outcome = try outcomeThroughPipe(smallYuv4mpeg().dropLast(100))
        #expect(outcome.count == 29)
        #expect(outcome.error?.kind == .brokenOff(afterFrames: 29))
        #expect(outcome.error?.file == "pipe")
        #expect(try outcomeThroughPipe(Data()).error?.kind == .empty)
        #expect(try outcomeThroughPipe(Data("no header\n".utf8)).error?.kind == .notVideo)
    }

    @Test func readsAFIFO() throws {
        let (bytes, path) = (try smallYuv4mpeg(), folder.file("fifo"))
        #expect(mkfifo(path, 0o600) == 0)
        Thread.detachNewThread {
            usleep(100_000)
            try? bytes.write(to: URL(fileURLWithPath: path))
        }
        let outcome = Outcome(path: path)
        #expect(outcome.errors.isEmpty && outcome.count == 30, "\(outcome.errors)")
    }

    /// Where nobody writes to a FIFO, or writes no more, and where a socket says no more.
    @Test func aReadThatWaitsCanBeLeft() throws {
        let bytes = try smallYuv4mpeg().prefix(20_000)
        func options() -> SourceOptions {
            let end = monotonicNanoseconds() + 300_000_000
            var options = SourceOptions()
            options.cancellation = Cancellation { monotonicNanoseconds() > end }
            return options
        }
        let start = monotonicNanoseconds()
        let path = folder.file("fifo")
        #expect(mkfifo(path, 0o600) == 0)
        #expect(Outcome(try openSource(path: path, options())).error != nil)
        let writer = open(path, O_RDWR)
        defer { close(writer) }
        #expect(bytes.withUnsafeBytes { write(writer, $0.baseAddress, $0.count) } == bytes.count)
        #expect(Outcome(try openSource(path: path, options())).count > 5)
        var sockets: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0)
        defer { for socket in sockets { close(socket) } }
        #expect(bytes.withUnsafeBytes { write(sockets[0], $0.baseAddress, $0.count) } == bytes.count)
        #expect(Outcome(try VideoFileSource(yuv4mpegFrom: sockets[1], name: "socket", options())).count > 5)
        #expect(monotonicNanoseconds() - start < 5_000_000_000)
    }

    private func smallYuv4mpeg() throws -> Data {
        let path = try folder.make("-f", "lavfi", "-i", "testsrc2=s=32x24:r=30:d=1", "clip.y4m")
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    /// Fewer bytes than a pipe holds, so that no second thread has to write them.
    private func outcomeThroughPipe(_ bytes: Data) throws -> Outcome {
        precondition(bytes.count < 65_536)
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: bytes)
        try pipe.fileHandleForWriting.close()
        return Outcome(try VideoFileSource(yuv4mpegFrom: pipe.fileHandleForReading.fileDescriptor, name: "pipe"))
    }

    @Test func closesItsFiles() throws {
        let path = try folder.makeClip("clip.mp4")
        let broken = try folder.cut(path, to: 0.5)
        for _ in 0..<100 {
            let source = try VideoFileSource(path: path)
            #expect(try source.next() != nil)
            #expect(throws: VideoError.self) { try VideoFileSource(path: broken) }
        }
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)
            return target?.hasPrefix(folder.path) ?? false
        }
        #expect(open.isEmpty)
    }
}
