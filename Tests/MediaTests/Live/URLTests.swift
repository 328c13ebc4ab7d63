// Streams from URLs, by servers on loopback: files over HTTP, playlists, what doesn't answer or is no video.

import Foundation
import MediaFixtures
import System
import Testing

@testable import Media

@Suite(.needsFFmpeg) struct URLTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func url(_ server: TinyServer, _ path: String = "clip.mp4") -> String {
        "http://127.0.0.1:\(server.port)/\(path)"
    }

    /// A file has a length, and an end.
    @Test func aFileOverHTTPEndsLikeAFile() throws {
        _ = try folder.makeClip("clip.mp4", "-movflags", "faststart")
        let server = try TinyServer.files(folder)
        defer { server.stop() }
        let source = try openSource(path: url(server))
        #expect(!source.isLive)
        let outcome = Outcome(source)
        #expect(outcome.error == nil && outcome.count == 30)
        #expect(outcome.times.compactMap { $0 }.max() == 966_666_667)
    }

    @Test func aFileOverHTTPThatIsCutBreaksOff() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder.makeClip("clip.ts")))
        let server = try TinyServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(whole.count)\r\nConnection: close\r\n\r\n")
            connection.send(whole.prefix(whole.count / 2))
        }
        defer { server.stop() }
        let outcome = Outcome(path: url(server, "clip.ts"))
        #expect(outcome.count > 5 && outcome.count < 30)
        #expect(
            outcome.errors.contains { $0.kind != .damagedFrame(0) && "\($0)".contains("broke off") },
            "\(outcome.errors)")
    }

    @Test func aPlaylistLeadsToItsParts() throws {
        _ = try folder.makeClip("list.m3u8", "-f", "hls", "-hls_time", "0.3", "-hls_playlist_type", "vod")
        let server = try TinyServer.files(folder, type: "text/plain")
        defer { server.stop() }
        let source = try openSource(path: url(server, "list.m3u8"))
        #expect(!source.isLive)
        let outcome = Outcome(source)
        #expect(outcome.error == nil && outcome.count == 30, "\(outcome.errors)")
        // And none that isn't named by a URL.
        #expect(Outcome(path: folder.file("list.m3u8")).error?.kind == .refused)
    }

    /// What comes of a playlist of parts that were encoded apart, by a server.
    private func outcome(ofParts parts: String...) throws -> Outcome {
        let entries = parts.map { "#EXTINF:1,\n\($0)\n" }.joined(separator: "#EXT-X-DISCONTINUITY\n")
        let list = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n\(entries)#EXT-X-ENDLIST\n"
        _ = try folder.write(list.utf8, to: "list.m3u8")
        let server = try TinyServer.files(folder, type: "application/vnd.apple.mpegurl")
        defer { server.stop() }
        return Outcome(path: url(server, "list.m3u8"))
    }

    /// Counters of transport packets begin anew in each part.
    @Test func aPlaylistMayJoinClips() throws {
        _ = try (folder.makeClip("one.ts"), folder.makeClip("two.ts"))
        let outcome = try outcome(ofParts: "one.ts", "two.ts", "one.ts")
        #expect(outcome.errors.isEmpty && outcome.count == 90, "\(outcome.errors)")
    }

    /// Missing, or refused, at the beginning, in the middle, at the end.
    @Test(arguments: [0, 1, 2], ["gone.ts", "file:///"]) func aPartThatCannotBeOpenedIsAnError(
        place: Int, part: String
    ) throws {
        _ = try (folder.makeClip("one.ts"), folder.makeClip("two.ts"))
        var parts = ["one.ts", "two.ts"]
        parts.insert(part == "file:///" ? part + folder.file("one.ts") : part, at: place)
        let outcome = try outcome(ofParts: parts[0], parts[1], parts[2])
        #expect(outcome.count == 60 && outcome.errors.count == 1, "\(outcome.errors)")
        #expect(outcome.error?.detail.hasPrefix("Failed to open segment \(place)") == true, "\(outcome.errors)")
    }

    /// What a server lists must not be a file of this machine.
    @Test func aPlaylistLeadsToNoFile() throws {
        let clip = try folder.makeClip("clip.ts")
        let list = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://\(clip)\n#EXT-X-ENDLIST\n"
        _ = try folder.write(list.utf8, to: "list.m3u8")
        let server = try TinyServer.files(folder, type: "application/vnd.apple.mpegurl")
        defer { server.stop() }
        let outcome = Outcome(path: url(server, "list.m3u8"))
        #expect(outcome.count == 0 && outcome.error != nil)
    }

    @Test func whatIsNoVideoIsNamed() throws {
        _ = try folder.write("These are words, and no video.\n".utf8, to: "words.txt")
        let server = try TinyServer.files(folder, type: "text/plain")
        let text = try #require(Outcome(path: url(server, "words.txt")).error)
        #expect(text.kind == .notVideo && text.file == url(server, "words.txt"))
        let missing = try #require(Outcome(path: url(server, "nothing.mp4")).error)
        #expect(missing.kind == .unreadable && missing.detail.contains("404"), "\(missing)")
        server.stop()
        let refused = try #require(Outcome(path: url(server)).error)
        #expect(refused.kind == .unreadable && refused.detail == "Connection refused")
    }

    @Test(arguments: ["http", "rtsp", "rtmp", "udp", "srt"]) func whatDoesNotAnswerIsNamedInTime(scheme: String) throws {
        let server = try TinyServer { _ in usleep(1_000_000) }
        defer { server.stop() }
        var options = SourceOptions()
        options.timeoutNanoseconds = 200_000_000
        let start = monotonicNanoseconds()
        let outcome = Outcome(try openSource(path: "\(scheme)://127.0.0.1:\(server.port)/live/x", options))
        #expect(outcome.error?.kind == .unreadable)
        #expect(outcome.error?.detail == "nothing came for 0.2 s", "\(outcome.errors)")
        #expect(monotonicNanoseconds() - start < 900_000_000)
    }

    @Test func theUserNeedNotWait() throws {
        let server = try TinyServer { _ in usleep(2_000_000) }
        defer { server.stop() }
        let start = monotonicNanoseconds()
        var options = SourceOptions()
        options.cancellation = Cancellation { monotonicNanoseconds() > start + 200_000_000 }
        #expect(Outcome(try openSource(path: url(server), options)).error != nil)
        #expect(monotonicNanoseconds() - start < 1_000_000_000)
    }

    @Test func otherURLsAreRefused() throws {
        let other = try #require(Outcome(path: "gopher://somewhere/x").error)
        #expect(other.kind == .unreadable && other.detail.contains("'gopher'") && other.detail.contains("rtsp"))
        let url = try #require(try StreamURL(parsing: "RTSP://user:secret@host:554/a@b?c=d"))
        #expect(url.text == "rtsp://user:secret@host:554/a@b?c=d")
        #expect(url.name == "RTSP://user:***@host:554/a@b?c=d")
        #expect(try StreamURL(parsing: "folder/file:x.mp4") == nil)
    }

    @Test(arguments: [
        ("srt://host:9?mode=caller&passphrase=secret#x", "srt://host:9?mode=caller&passphrase=***#x"),
        ("http://host/?user=admin&Password=secret&n=1", "http://host/?user=admin&Password=***&n=1"),
        ("http://user:se/cret@host/clip", "http://user:***@host/clip"),
        ("http://user:se@cret@host/clip", "http://user:***@host/clip"),
        ("http://host/@somebody", "http://host/@somebody"),
        ("rtsp://user@host:554/main", "rtsp://user@host:554/main"),
    ]) func passwordsAreNotShown(url: String, name: String) throws {
        #expect(try #require(try StreamURL(parsing: url)).name == name)
    }
}
