// Live inputs, by servers on loopback: lost and back, silent, of changing size; over HTTP, UDP and RTSP.

import CFFmpeg
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

    private func clip(_ name: String = "clip.ts", _ more: String...) throws -> Data {
        let arguments = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=30:d=1", "-c:v", "libx264", "-g", "10"]
        let path = try folder.make(arguments + ["-bf", "0", "-pix_fmt", "yuv420p"] + more + [name])
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    @Test func aStreamComesBackAfterItsServerWasAway() throws {
        let bytes = try clip()
        let answer: @Sendable (TinyConnection) -> Void = { $0.answerLive(bytes) }
        let first = try TinyServer(answer)
        let events = Events()
        let url = "http://127.0.0.1:\(first.port)/live"
        let source = try openSource(path: url, SourceOptions(events))
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
            connection.answerLive(bytes)
            usleep(1_500_000)
        }
        defer { server.stop() }
        let events = Events()
        let source = try openSource(
            path: "http://127.0.0.1:\(server.port)/live", SourceOptions(events, timeout: 0.4, seconds: 1.6))
        #expect(Pulled(100, of: source).times.count >= 25)
        #expect(events.lines.first?.hasSuffix("lost (nothing came for 0.4 s)") == true, "\(events.lines)")
    }

    @Test func sizesMayChange() throws {
        let bytes = try clip() + clip("large.ts", "-s", "326x184")
        let server = try TinyServer { $0.answerLive(bytes) }
        defer { server.stop() }
        let source = try openSource(path: "http://127.0.0.1:\(server.port)/live", SourceOptions(Events()))
        let pulled = Pulled(55, of: source)
        #expect(pulled.times.count == 55 && pulled.errors.isEmpty)
        #expect(pulled.sizes == [[160, 120], [326, 184]])
    }

    /// What a server keeps needn't be dropped when nobody has time for it.
    @Test func aPlaylistWithoutAnEndIsLiveAndKept() throws {
        _ = try folder.makeClip("list.m3u8", "-f", "hls", "-hls_time", "0.3", "-hls_flags", "omit_endlist")
        let server = try TinyServer.files(folder, type: "application/vnd.apple.mpegurl")
        defer { server.stop() }
        let source = try openSource(path: "http://127.0.0.1:\(server.port)/list.m3u8", SourceOptions(Events()))
        #expect(source.isLive && source.isKept)
        #expect(Pulled(20, of: source).times.count == 20)
    }

    private static func isPlaylist(_ request: String) -> Bool { request.contains(".m3u8 ") }

    /// Not read once more from its beginning, as the recording that it is then.
    @Test func aPlaylistThatEndsHasEnded() throws {
        _ = try folder.makeClip("list.m3u8", "-f", "hls", "-hls_time", "0.3", "-hls_flags", "omit_endlist")
        let path = folder.path
        let lists = Mutex(0)
        let server = try TinyServer { connection in
            let request = connection.request()
            let name = request.split(separator: " ").dropFirst().first.map(String.init) ?? "/"
            var data = (try? Data(contentsOf: URL(fileURLWithPath: path + name))) ?? Data()
            if Self.isPlaylist(request) {
                let count = lists.withLock {
                    $0 += 1
                    return $0
                }
                if count > 2 { data += Data("#EXT-X-ENDLIST\n".utf8) }
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(data.count)\r\nConnection: close\r\n\r\n")
            connection.send(data)
        }
        defer { server.stop() }
        let events = Events()
        let source = try openSource(path: "http://127.0.0.1:\(server.port)/list.m3u8", SourceOptions(events))
        #expect(source.isLive)
        let pulled = Pulled(100, of: source)
        #expect(pulled.times.count == 30 && pulled.errors.isEmpty, "\(pulled.errors)")
        #expect(events.lines.last?.hasSuffix("has ended") == true, "\(events.lines)")
        #expect(source.losses.count == 0)
        #expect(try source.next() == nil)
    }

    /// Nor is it begun again by itself.
    @Test func whatComesBackWithALengthHasEnded() throws {
        let bytes = try clip()
        let isFirst = Mutex(true)
        let server = try TinyServer { connection in
            _ = connection.request()
            let isLive = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            if isLive {
                connection.sendLiveHeader()
            } else {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(bytes.count)\r\nConnection: close\r\n\r\n")
            }
            connection.send(bytes)
        }
        defer { server.stop() }
        let events = Events()
        var options = SourceOptions(events)
        options.loops = true
        let source = try openSource(path: "http://127.0.0.1:\(server.port)/live", options)
        #expect(Pulled(100, of: source).times.count == 30)
        #expect(events.lines.first?.contains("isn't begun again") == true, "\(events.lines)")
        #expect(events.lines.last?.hasSuffix("has ended") == true, "\(events.lines)")
    }

    /// One that breaks off at once, again and again.
    @Test func shortConnectionsAreTriedSeldom() throws {
        let bytes = try clip()
        let server = try TinyServer { $0.answerLive(bytes) }
        defer { server.stop() }
        let events = Events()
        let source = try openSource(path: "http://127.0.0.1:\(server.port)/live", SourceOptions(events))
        #expect(Pulled(75, of: source).times.count == 75)
        let pauses = events.lines.compactMap { $0.firstMatch(of: /reconnecting in (.*) s/).map { String($0.output.1) } }
        #expect(pauses == ["0.5", "1.0"], "\(events.lines)")
    }

    /// A decoder that may not hold frames back would give those of MPEG-2 and MPEG-4 in the order of their packets.
    @Test(arguments: ["mpeg2video", "mpeg4"]) func framesAreInOrder(codec: String) throws {
        let bytes = try clip("clip.ts", "-c:v", codec, "-bf", "2", "-q:v", "4")
        let server = try TinyServer { $0.answerLive(bytes) }
        defer { server.stop() }
        let source = try openSource(path: "http://127.0.0.1:\(server.port)/live", SourceOptions(Events()))
        let pulled = Pulled(25, of: source)
        #expect(pulled.times.count == 25 && pulled.errors.isEmpty)
        #expect(zip(pulled.times, pulled.times.dropFirst()).allSatisfy { $0 < $1 }, "\(pulled.times)")
    }

    /// Packets that lay with FFmpeg while the input was opened.
    @Test func packetsOfTheOpeningCameByTheirStamps() {
        let timeBase = AVRational(num: 1, den: 1000)
        var backlog = OpeningBacklog(since: 1_000_000_000)
        func arrival(_ milliseconds: Int64, asked: Int, read: Int) -> Int {
            backlog.arrival(
                of: milliseconds, timeBase: timeBase, askedAt: asked * 1_000_000, readAt: read * 1_000_000) / 1_000_000
        }
        #expect(arrival(500, asked: 4000, read: 4000) == 1000)
        #expect(arrival(580, asked: 4000, read: 4001) == 1080)
        #expect(arrival(540, asked: 4001, read: 4001) == 1040)
        #expect(arrival(100, asked: 4001, read: 4001) == 1000)
        // Sent at once, by a server that had kept them.
        #expect(arrival(9000, asked: 4002, read: 4002) == 4002)
        // It was waited for.
        #expect(arrival(3600, asked: 4003, read: 4100) == 4100)
        #expect(arrival(3640, asked: 4110, read: 4111) == 4111)
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
        let source = try openSource(path: "udp://127.0.0.1:\(port)", SourceOptions(Events()))
        defer { if sender.isRunning { sender.terminate() } }
        #expect(source.isLive)
        let pulled = Pulled(20, of: source)
        #expect(pulled.times.count == 20 && pulled.moments.count == 20)
        let ages = pulled.moments.map { monotonicNanoseconds() - $0.monotonicNanoseconds }
        #expect(ages.allSatisfy { (0...10_000_000_000).contains($0) })
    }

    /// Frames have the time that the server says.
    @Test func framesComeByRTSP() throws {
        // FFmpeg's transport streams begin at 1.4 s.
        let server = try TinyServer.rtsp(try clip(), age: 2_200_000_000)
        defer { server.stop() }
        let source = try openSource(path: "rtsp://127.0.0.1:\(server.port)/cam", SourceOptions(Events()))
        #expect(source.isLive)
        let pulled = Pulled(15, of: source)
        #expect(pulled.times.count == 15 && pulled.moments.count == 15)
        #expect(zip(pulled.times, pulled.times.dropFirst()).allSatisfy { $0 < $1 })
        let first = try #require(pulled.moments.first).wallNanoseconds
        #expect((700_000_000...8_000_000_000).contains(realtimeNanoseconds() - first))
        // Though they come at once.
        for (index, moment) in pulled.moments.enumerated() {
            let seconds = Double(moment.wallNanoseconds - first) / 1e9
            #expect(abs(seconds - Double(index) / 30) < 0.001)
        }
    }

    /// Else all would be too old for `--max-age`.
    @Test func aClockThatIsBehindIsNoted() throws {
        let server = try TinyServer.rtsp(try clip(), age: 14_000_000_000)
        defer { server.stop() }
        let source = try openSource(path: "rtsp://127.0.0.1:\(server.port)/cam", SourceOptions(Events()))
        let pulled = Pulled(25, of: source)
        #expect(pulled.moments.count == 25)
        #expect(pulled.moments.allSatisfy { realtimeNanoseconds() - $0.wallNanoseconds < 8_000_000_000 })
        #expect(source.notes.last?.contains("behind this machine's, or its frames come so late") == true)
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

    /// Nobody's real camera is turned on.
    private static let loopbackCamera = try? FileManager.default.contentsOfDirectory(
        atPath: "/sys/devices/virtual/video4linux"
    ).sorted().first.map { "/dev/" + $0 }

    @Test(.enabled(if: loopbackCamera != nil, "the kernel has no loopback camera (v4l2loopback)"))
    func aCameraGivesFrames() throws {
        let camera = try #require(Self.loopbackCamera)
        let producer = Process()
        producer.executableURL = URL(fileURLWithPath: try FFmpegTool.installedPath())
        producer.arguments = [
            "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=30:d=8", "-pix_fmt", "yuyv422",
            "-f", "v4l2", camera,
        ]
        try producer.run()
        defer { producer.terminate() }
        usleep(500_000)
        let source = try openSource(path: camera, SourceOptions(Events()))
        let pulled = Pulled(10, of: source)
        #expect(pulled.sizes == [[320, 240]] && pulled.moments.count == 10)
        #expect(pulled.moments.allSatisfy { abs($0.wallNanoseconds - realtimeNanoseconds()) < 5_000_000_000 })
    }
}
