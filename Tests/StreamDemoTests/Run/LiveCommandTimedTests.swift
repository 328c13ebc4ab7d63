// `run` on inputs without an end, as a user sees it: every Nth frame, for a time, over and over; URLs that come and go.

import Foundation
import MediaFixtures
import Synchronization
import Testing

@testable import StreamDemo

@Suite(.needsFFmpeg, .serialized) struct LiveCommandTimedTests {
    private let quick = ["--network", "mobilenet_v1", "--devices", "cpu:0", "--no-tune", "--output", "-"]

    @Test func everyThirdFrameKeepsItsNumberAndTime() throws {
        let folder = try TemporaryFolder()
        let result = try Program.run(["run", folder.makeClip("clip.mp4"), "--every", "3", "--frames", "8"] + quick)
        #expect(result.exitCode == 0, "\(result.errors)")
        let lines = try result.jsonLines()
        #expect(lines.map { $0["frame"] as? Int } == [0, 3, 6, 9, 12, 15, 18, 21])
        let times = lines.compactMap { $0["time"] as? Double }
        #expect(times.count == 8 && zip(times, 0...).allSatisfy { abs($0 - 0.1 * Double($1)) < 1e-6 })
        #expect(lines.allSatisfy { $0["wall"] == nil })
    }

    @Test func aLoopEndsAfterItsTime() throws {
        let folder = try TemporaryFolder()
        let json = folder.file("summary.json")
        let result = try Program.run(
            ["run", folder.makeClip("clip.mp4"), "--loop", "--duration", "2", "--json", json] + quick)
        #expect(result.exitCode == 0, "\(result.errors)")
        let lines = try result.jsonLines()
        #expect(lines.map { $0["frame"] as? Int } == Array(0..<lines.count))
        let times = lines.compactMap { $0["time"] as? Double }
        #expect(times.count == lines.count && zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json)))
        let summary = try #require(document as? [String: Any])
        let seconds = try #require(summary["seconds"] as? Double)
        #expect(seconds > 1.5 && seconds < 4)
        let source = try #require(summary["source"] as? [String: Any])
        #expect(source["live"] as? Bool == false && (source["reading_percent"] as? Double ?? 0) > 0)
        #expect((source["decoder"] as? String)?.hasPrefix("h264, in software") == true)
    }

    /// A frame takes far longer than it may wait.
    @Test func whatIsTooOldIsLate() throws {
        let result = try Program.run([
            "run", "--network", "resnet50", "--devices", "cpu:0", "--no-tune", "--max-age", "1", "--admission",
            "drop-oldest", "--frames", "40", "--output", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let lines = try result.jsonLines()
        #expect(lines.map { $0["frame"] as? Int } == Array(0..<40))
        #expect(lines.contains { $0["dropped"] as? String == "late" })
        #expect(lines.contains { $0["top"] != nil })
        #expect(lines.allSatisfy { $0["time"] is Double })
    }

    /// No device can help that: it is said, with the number that would do.
    @Test func aSourceThatIsLaterThanAllowedIsTold() throws {
        let folder = try TemporaryFolder()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.makeClip("clip.ts", "-bf", "0")))
        // FFmpeg's transport streams begin at 1.4 s: frames are 0.6 s old when they come.
        let server = try TinyServer.rtsp(bytes, age: 2_000_000_000)
        defer { server.stop() }
        let json = folder.file("summary.json")
        let url = "rtsp://127.0.0.1:\(server.port)/cam"
        let arguments = ["run", url, "--frames", "10", "--max-age", "50", "--json", json]
        let result = try Program.run(arguments + quick)
        #expect(result.exitCode == 0, "\(result.errors)")
        let lines = try result.jsonLines()
        #expect(lines.count == 10 && lines.allSatisfy { $0["dropped"] != nil }, "\(lines)")
        #expect(lines.allSatisfy { ($0["arrival_age_ms"] as? Double ?? 0) > 50 }, "\(lines)")
        #expect(result.errors.contains("none is within --max-age 50"), "\(result.errors)")
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json)))
        let source = try #require((document as? [String: Any])?["source"] as? [String: Any])
        let age = try #require(source["age"] as? [String: Any])
        #expect(age["from"] as? String == "stamp" && age["late_at_arrival"] as? Int == 10, "\(age)")
    }

    @Test func aLiveURLIsLostAndComesBack() throws {
        let folder = try TemporaryFolder()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.makeClip("clip.ts", "-bf", "0")))
        let server = try TinyServer { $0.answerLive(bytes) }
        defer { server.stop() }
        let json = folder.file("summary.json")
        let url = "http://127.0.0.1:\(server.port)/cam"
        let result = try Program.run(
            ["run", "--stream", "cam=\(url)", "--stream", "file=", "--frames", "45", "--json", json] + quick)
        #expect(result.exitCode == 0, "\(result.errors)")
        let lines = try result.jsonLines().filter { $0["stream"] as? String == "cam" }
        #expect(lines.map { $0["frame"] as? Int } == Array(0..<45))
        #expect(
            lines.allSatisfy { ($0["wall"] as? String)?.wholeMatch(of: /20\d\d-\d\d-\d\dT[\d:]{8}\.\d{3}Z/) != nil })
        #expect(result.errors.contains("\(url): lost (") && result.errors.contains("\(url): back after"))
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json)))
        let streams = try #require((document as? [String: Any])?["streams"] as? [[String: Any]])
        let source = try #require(streams.first?["source"] as? [String: Any])
        #expect(source["live"] as? Bool == true && source["losses"] as? Int == 1)
        let notes = try #require(streams.first?["notes"] as? [String])
        #expect(notes.contains { $0.contains("was lost once") })
    }

    /// It is away, and its next try is a second off.
    @Test func interruptingAnInputThatIsAwayEndsAtOnce() throws {
        let folder = try TemporaryFolder()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.makeClip("clip.ts", "-bf", "0")))
        let servers = Mutex<[TinyServer]>([])
        let server = try TinyServer { connection in
            connection.answerLive(bytes)
            servers.withLock { $0.first?.stop() }
        }
        servers.withLock { $0.append(server) }
        let result = try Program.run(
            ["run", "http://127.0.0.1:\(server.port)/cam", "--admission", "wait"] + quick, interruptAfterLines: 29)
        #expect(result.exitCode == 130, "\(result.errors)")
        #expect(result.errors.contains("frames/s together"), "\(result.errors)")
    }

    @Test func whatDoesNotAnswerIsOneLine() throws {
        let server = try TinyServer { _ in usleep(3_000_000) }
        let url = "http://127.0.0.1:\(server.port)/cam"
        let silent = try Program.run(["run", url, "--timeout", "0.3"])
        #expect(
            silent.exitCode == 1 && silent.errorLines == ["stream-demo: \(url): cannot be read: nothing came for 0.3 s"]
        )
        server.stop()
        let refused = try Program.run(["run", url])
        #expect(refused.exitCode == 1 && refused.errorLines.last?.hasSuffix("Connection refused") == true)
        let camera = try Program.run(["run", "/dev/video987"])
        #expect(camera.exitCode == 1 && camera.errorLines.count == 1)
        #expect(try Program.run(["run", "-", "--loop"]).exitCode == 64)
        #expect(try Program.run(["run", "--stream", "a=-", "--stream", "b=-"]).exitCode == 64)
        #expect(try Program.run(["run", "clip.mp4", "--camera-rate", "30"]).exitCode == 64)
    }
}
