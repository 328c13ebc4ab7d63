// Live inputs from servers that are programs: RTMP, SRT, and HTTPS. What comes, what is lost and back, what is refused.

import Foundation
import MediaFixtures
import Synchronization
import Testing

@testable import Media

@Suite(.needsFFmpeg, .serialized) struct ServerTimedTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Pulls, kills the server, has it come back after a second, and pulls on.
    private func losesAndFinds(_ url: String, timeout: Double, _ serve: @escaping @Sendable () throws -> ServerProcess)
        throws
    {
        let events = Events()
        let first = try serve()
        let source = try openSource(path: url, SourceOptions(events, timeout: timeout, seconds: 40))
        #expect(source.isLive && !source.isKept)
        let before = Pulled(20, of: source)
        first.kill()
        let second = Mutex<ServerProcess?>(nil)
        Thread.detachNewThread {
            usleep(900_000)
            second.withLock { $0 = try? serve() }
        }
        // What had arrived before comes first.
        var after = Pulled(1, of: source)
        while events.lines.last?.contains("back after") != true, after.times.count == 1 {
            after = Pulled(1, of: source)
        }
        let last = Pulled(20, of: source)
        #expect(before.times.count == 20 && last.times.count == 20, "\(events.lines)")
        #expect(before.errors.isEmpty && last.errors.isEmpty, "\(before.errors) \(last.errors)")
        let times = before.times + after.times + last.times
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 }, "\(times)")
        #expect(last.moments.count == 20 && last.sizes == [[160, 120]])
        #expect(events.lines.first?.hasPrefix("\(url): lost (") == true, "\(events.lines)")
        #expect(source.losses.count >= 1 && source.losses.awayNanoseconds > 500_000_000)
        second.withLock { $0?.kill() }
    }

    @Test func rtmpComesBack() throws {
        let clip = try folder.makeClip("clip.mp4", "-bf", "0")
        let port = try ServerProcess.freePort()
        let (url, folder) = ("rtmp://127.0.0.1:\(port)/live/cam", folder)
        try losesAndFinds(url, timeout: 10) {
            try ServerProcess(sending: clip, as: "flv", to: url, in: folder, port: port, .tcp, "-listen", "1")
        }
    }

    /// A server that was killed says nothing of it: silence is the loss.
    @Test(.needsSRT) func srtComesBack() throws {
        let clip = try folder.makeClip("clip.mp4", "-bf", "0")
        let port = try ServerProcess.freePort()
        let (url, folder) = ("srt://127.0.0.1:\(port)", folder)
        try losesAndFinds(url, timeout: 3) {
            try ServerProcess(sending: clip, as: "mpegts", to: url + "?mode=listener", in: folder, port: port, .udp)
        }
    }

    @Test(.needsSRT) func anotherPassphraseIsRefused() throws {
        let clip = try folder.makeClip("clip.mp4", "-bf", "0")
        let port = try ServerProcess.freePort()
        let server = try ServerProcess(
            sending: clip, as: "mpegts", to: "srt://127.0.0.1:\(port)?mode=listener&passphrase=0123456789", in: folder,
            port: port, .udp)
        let error = try #require(Outcome(path: "srt://127.0.0.1:\(port)?passphrase=9876543210").error)
        #expect(error.kind == .unreadable && error.file == "srt://127.0.0.1:\(port)?passphrase=***")
        #expect(error.detail.hasPrefix("the server refuses the connection"), "\(error)")
        server.kill()
    }

    /// Cameras sign their certificates themselves.
    @Test(.needsOpenSSL) func certificatesAreNotChecked() throws {
        _ = try folder.makeClip("clip.ts", "-bf", "0")
        let port = try ServerProcess.freePort()
        let server = try OpenSSLTool.serve(folder, port: port)
        let source = try openSource(path: "https://127.0.0.1:\(port)/clip.ts", SourceOptions(Events()))
        let pulled = Pulled(30, of: source)
        #expect(pulled.times.count == 30 && pulled.errors.isEmpty, "\(pulled.errors)")
        server.kill()
    }

    /// As one that speaks TLS alone does, asked for HTTP.
    @Test func aServerThatHangsUpIsNamed() throws {
        let server = try TinyServer { _ = $0.request() }
        defer { server.stop() }
        let error = try #require(Outcome(path: "http://127.0.0.1:\(server.port)/clip.ts").error)
        #expect(error.kind == .unreadable)
        #expect(error.detail == "the server hangs up without an answer (does it want TLS?)", "\(error)")
    }

    @Test(arguments: ["https", "rtsps", "rtmps"]) func aServerWithoutTLSIsNamed(scheme: String) throws {
        let server = try TinyServer { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            usleep(300_000)
        }
        defer { server.stop() }
        let error = try #require(Outcome(path: "\(scheme)://127.0.0.1:\(server.port)/live/cam").error)
        #expect(error.kind == .unreadable && error.detail.hasPrefix("no encrypted connection came about"), "\(error)")
    }
}
