// Live inputs, by servers on loopback: lost and back, silent, of changing size; over HTTP, UDP and RTSP.

import Foundation
import Kernels
import MediaFixtures
import Synchronization
import System
import Testing

@testable import Media

@Suite(.needsFFmpeg, .serialized) struct LiveTimedTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// What became of a source that is pulled for some frames.
    private struct Pulled {
        var times: [Int] = []
        var moments: [FrameMoment] = []
        var sizes: Set<[Int]> = []
        var errors: [VideoError] = []

        init(_ count: Int, of source: any FrameSource) {
            while times.count < count {
                do {
                    guard let frame = try source.next() else { return }
                    times.append(frame.presentationNanoseconds ?? -1)
                    if let moment = frame.moment { moments.append(moment) }
                    sizes.insert([frame.image.width, frame.image.height])
                } catch {
                    errors.append(error)
                }
            }
        }
    }

    /// The lines that a source reports.
    private final class Events: Sendable {
        private let kept = Mutex<[String]>([])
        var lines: [String] { kept.withLock { $0 } }
        func add(_ line: String) { kept.withLock { $0.append(line) } }
    }

    private func options(_ events: Events, timeout: Double = 5, seconds: Double = 15) -> SourceOptions {
        let end = monotonicNanoseconds() + Int(seconds * 1e9)
        var options = SourceOptions()
        options.timeoutNanoseconds = Int(timeout * 1e9)
        options.cancellation = Cancellation { monotonicNanoseconds() > end }
        options.report = { events.add($0) }
        return options
    }

    private func clip(_ name: String = "clip.ts", _ more: String...) throws -> Data {
        let arguments = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=30:d=1", "-c:v", "libx264", "-g", "10"]
        let path = try folder.make(arguments + ["-bf", "0", "-pix_fmt", "yuv420p"] + more + [name])
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    @Test func aStreamComesBackAfterItsServerWasAway() throws {
        let bytes = try clip()
        let answer: @Sendable (TinyConnection) -> Void = { connection in
            _ = connection.request()
            connection.sendLiveHeader()
            connection.send(bytes)
        }
        let first = try TinyServer(answer)
        let events = Events()
        let url = "http://127.0.0.1:\(first.port)/live"
        let source = try openSource(path: url, options(events))
        #expect(source.isLive)
        let before = Pulled(20, of: source)
        first.stop()
        let port = first.port
        let second = Mutex<TinyServer?>(nil)
        Thread.detachNewThread {
            usleep(900_000)
            let server = try? TinyServer(port: port, answer)
            second.withLock { $0 = server }
        }
        let after = Pulled(30, of: source)
        #expect(before.times.count == 20 && after.times.count == 30)
        #expect(before.errors.isEmpty && after.errors.isEmpty)
        let times = before.times + after.times
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
        // By the clock: the second connection's frames are as much later as it was away.
        #expect((times.last ?? 0) > 1_500_000_000 && (times.last ?? 0) < 10_000_000_000)
        let lines = events.lines.map { $0.replacing(url + ": ", with: "") }
        #expect(
            lines.first?.hasPrefix("lost (") == true && lines.dropFirst().first == "reconnecting in 0.5 s", "\(lines)")
        #expect(
            lines.contains("reconnecting in 1.0 s") && lines.contains("not back yet (Connection refused)"), "\(lines)")
        #expect(lines.last?.hasPrefix("back after 1.") == true, "\(lines)")
        #expect(source.losses.count == 1 && source.losses.awayNanoseconds > 1_000_000_000)
        #expect(source.notes.last?.contains("was lost once, 1.") == true, "\(source.notes)")
        second.withLock { $0?.stop() }
    }

    @Test func silenceIsALoss() throws {
        let bytes = try clip()
        let server = try TinyServer { connection in
            _ = connection.request()
            connection.sendLiveHeader()
            connection.send(bytes)
            usleep(1_500_000)
        }
        defer { server.stop() }
        let events = Events()
        let source = try openSource(
            path: "http://127.0.0.1:\(server.port)/live", options(events, timeout: 0.4, seconds: 1.6))
        #expect(Pulled(100, of: source).times.count >= 25)
        #expect(events.lines.first?.hasSuffix("lost (nothing came for 0.4 s)") == true, "\(events.lines)")
    }

    @Test func sizesMayChange() throws {
        let bytes = try clip() + clip("large.ts", "-s", "326x184")
        let server = try TinyServer { connection in
            _ = connection.request()
            connection.sendLiveHeader()
            connection.send(bytes)
        }
        defer { server.stop() }
        let source = try openSource(path: "http://127.0.0.1:\(server.port)/live", options(Events()))
        let pulled = Pulled(55, of: source)
        #expect(pulled.times.count == 55 && pulled.errors.isEmpty)
        #expect(pulled.sizes == [[160, 120], [326, 184]])
    }

    @Test func framesComeByUDP() throws {
        _ = try clip("clip.ts", "-t", "1")
        let port = 20_000 + Int(getpid()) % 20_000
        let sender = Process()
        sender.executableURL = URL(fileURLWithPath: try FFmpegTool.installedPath())
        sender.arguments = [
            "-nostdin", "-v", "error", "-re", "-stream_loop", "2", "-i", folder.file("clip.ts"), "-c", "copy", "-f",
            "mpegts", "udp://127.0.0.1:\(port)?pkt_size=1316",
        ]
        Thread.detachNewThread {
            usleep(300_000)
            try? sender.run()
        }
        let source = try openSource(path: "udp://127.0.0.1:\(port)", options(Events()))
        defer { if sender.isRunning { sender.terminate() } }
        #expect(source.isLive)
        let pulled = Pulled(20, of: source)
        #expect(pulled.times.count == 20 && pulled.moments.count == 20)
        let ages = pulled.moments.map { monotonicNanoseconds() - $0.monotonicNanoseconds }
        #expect(ages.allSatisfy { (0...10_000_000_000).contains($0) })
    }

    /// Frames have the time that the server says.
    @Test func framesComeByRTSP() throws {
        let wall = realtimeNanoseconds() - 2_000_000_000
        let server = try TinyServer.rtsp(try clip(), wallNanoseconds: wall)
        defer { server.stop() }
        let source = try openSource(path: "rtsp://127.0.0.1:\(server.port)/cam", options(Events()))
        #expect(source.isLive)
        let pulled = Pulled(25, of: source)
        #expect(pulled.times.count == 25)
        #expect(zip(pulled.times, pulled.times.dropFirst()).allSatisfy { $0 < $1 })
        #expect(pulled.moments.count == 25)
    }

    @Test func devicesAreReadByTheirLibrary() throws {
        var source: VideoFileSource?
        do throws(VideoError) {
            source = try VideoFileSource(
                .device(format: "lavfi", "testsrc2=s=64x48:r=25"), name: "device", SourceOptions())
        } catch {
            #expect(error.detail.contains("libavdevice"), "\(error)")
        }
        guard let source else { return }
        #expect(source.isLive)
        let pulled = Pulled(30, of: source)
        #expect(pulled.times == (0..<30).map { $0 * 40_000_000 })
        #expect(pulled.moments.count == 30)
    }

    @Test func aCameraThatIsNotThereIsNamed() throws {
        let error = try #require(Outcome(path: "/dev/video987").error)
        #expect(error.kind == .unreadable && error.file == "/dev/video987")
        #expect(error.detail == "there is no such camera" || error.detail.contains("libavdevice"), "\(error)")
    }

    /// Where the kernel has one that gives frames (v4l2loopback with a producer, or a real one).
    @Test(.enabled(if: access("/dev/video0", R_OK) == 0, "there is no camera /dev/video0"))
    func aCameraGivesFrames() throws {
        let source = try openSource(path: "/dev/video0", options(Events()))
        #expect(Pulled(5, of: source).moments.count == 5)
    }
}
