// `run`, as a user sees it: frames in order, from videos, pipes and damaged files, and what an interruption leaves.

import Foundation
import Testing

@testable import StreamDemo

@Suite(.needsFFmpeg, .serialized) struct RunCommandTests {
    /// The issue's own acceptance: 300 frames in order, from every device, and the class doesn't depend on the device.
    @Test(.needsTwoDevices) func aVideoThroughTwoDevicesInOrder() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30", "-frames:v", "300", "-pix_fmt", "yuv420p", "-c:v",
            "libx264",
            "clip.mp4")
        let together = try run(clip, devices: "cpu:0,gpu:1")
        #expect(together.map { $0["frame"] as? Int } == Array(0..<300))
        #expect(Set(together.compactMap { $0["device"] as? String }) == ["cpu", "gpu"])
        let alone = try run(clip, devices: "cpu:0")
        #expect(together.map(Self.topIndex) == alone.map(Self.topIndex))
        #expect(together.allSatisfy { ($0["latency_ms"] as? Double ?? 0) > 0 })
    }

    @Test func aCutVideoGivesItsFramesThenTheError() throws {
        let folder = try TemporaryFolder()
        let cut = try folder.cut(folder.makeClip("clip.mkv"), to: 0.3)
        let result = try Program.run(["run", cut, "--devices", "cpu:0", "--output", "-"])
        #expect(result.exitCode == 1)
        let lines = try result.jsonLines()
        #expect(lines.count > 3 && lines.count < 30)
        #expect(lines.map { $0["frame"] as? Int } == Array(0..<lines.count))
        #expect(lines.dropLast().allSatisfy { $0["top"] != nil && $0["error"] == nil })
        #expect((lines.last?["error"] as? String)?.contains("broke off") == true)
        let words = "broke off after \(lines.count - 1) frames"
        #expect(result.errorLines.last?.contains(words) == true, "\(result.errors)")
        #expect(!result.errors.contains("could not be read"))
        // The summary is still there, on standard error since results took standard output.
        #expect(result.errors.contains("\(lines.count - 1) frames in"), "\(result.errors)")
    }

    /// Two damaged frames of thirty: in their places, counted at the end; or the first is the end.
    @Test func aDamagedFrameIsALineUnlessStrict() throws {
        let folder = try TemporaryFolder()
        let whole = try folder.make("-f", "lavfi", "-i", "testsrc2=s=64x48:r=30:d=1", "-c:v", "mjpeg", "whole.avi")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
        let packets = try FFmpegTool.packets(of: whole)
        for index in [4, 29] {
            let packet = packets[index]
            bytes.replaceSubrange(packet.position..<packet.position + packet.size, with: Data(count: packet.size))
        }
        let path = try folder.write(bytes, to: "damaged.avi")
        let summary = folder.file("summary.json")
        let arguments = ["run", path, "--devices", "cpu:0", "--no-tune", "--network", "mobilenet_v1", "--output", "-"]
        let result = try Program.run(arguments + ["--json", summary])
        #expect(result.exitCode == 1)
        let lines = try result.jsonLines()
        #expect(lines.map { $0["frame"] as? Int } == Array(0..<30))
        #expect(lines.indices.filter { lines[$0]["error"] != nil } == [4, 29])
        #expect(lines[4].keys.sorted() == ["error", "frame", "time"])
        #expect(result.errorLines.last?.contains("2 of 30 frames could not be read") == true, "\(result.errors)")
        let data = try Data(contentsOf: URL(fileURLWithPath: summary))
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(json["frames"] as? Int == 28 && json["damaged_frames"] as? Int == 2)

        let strict = try Program.run(arguments + ["--strict"])
        #expect(strict.exitCode == 1)
        #expect(try strict.jsonLines().map { $0["frame"] as? Int } == [0, 1, 2, 3])
        #expect(strict.errorLines.last?.contains("frame 4 is damaged") == true)
    }

    @Test func labelsThatDoNotFitAreAWarning() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.make("-f", "lavfi", "-i", "testsrc2=s=64x48:r=30", "-frames:v", "2", "clip.y4m")
        let labels = try folder.write((0..<999).map { "class \($0)\n" }.joined().utf8, to: "labels.txt")
        let result = try Program.run(
            ["run", clip, "--devices", "cpu:0", "--no-tune", "--labels", labels, "--output", "-"])
        #expect(result.exitCode == 0)
        #expect(result.errorLines.first?.contains("999 names for 1000 classes") == true, "\(result.errors)")
    }

    @Test func yuv4mpegOnStandardInputWithLabels() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.make("-f", "lavfi", "-i", "testsrc2=s=160x120:r=30", "-frames:v", "12", "clip.y4m")
        let labels = try folder.write((0..<1000).map { "class \($0)\n" }.joined().utf8, to: "labels.txt")
        let result = try Program.run(
            ["run", "-", "--devices", "cpu:0", "--labels", labels, "--output", "-"], standardInput: clip)
        #expect(result.exitCode == 0, "\(result.errors)")
        let lines = try result.jsonLines()
        #expect(lines.count == 12)
        let top = try #require(lines[0]["top"] as? [[String: Any]])
        #expect(top.count == 5)
        let best = try #require(top[0]["index"] as? Int)
        #expect(top[0]["label"] as? String == "class \(best)")
        let probabilities = top.compactMap { $0["p"] as? Double }
        #expect(probabilities == probabilities.sorted(by: >) && probabilities.reduce(0, +) <= 1.0001)
    }

    @Test func interruptingAStalledPipeStillPrintsTheSummary() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.make("-f", "lavfi", "-i", "testsrc2=s=160x120:r=30", "-frames:v", "6", "clip.y4m")
        let pipe = folder.file("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        // Both ends are open here, so the program's read of the pipe never ends by itself.
        let both = open(pipe, O_RDWR)
        defer { close(both) }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: clip))
        Thread.detachNewThread { bytes.withUnsafeBytes { _ = write(both, $0.baseAddress, $0.count) } }
        let result = try Program.run(
            ["run", "-", "--devices", "cpu:0", "--output", "-"], standardInput: pipe, interruptAfterLines: 4)
        #expect(result.exitCode == Interrupt.exitCode)
        let frames = try result.jsonLines().map { $0["frame"] as? Int }
        #expect(frames.count >= 4 && frames == Array(0..<frames.count))
        #expect(result.errors.contains("\(frames.count) frames in"), "\(result.errors)")
    }

    @Test func aTraceHasARowALaneAndEveryFrame() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.makeClip("clip.mp4")
        let trace = folder.file("trace.json")
        let result = try Program.run(
            ["run", clip, "--devices", "cpu:0", "--policy", "round-robin", "--trace", trace])
        #expect(result.exitCode == 0, "\(result.errors)")
        let data = try Data(contentsOf: URL(fileURLWithPath: trace))
        let events = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        let runs = events.filter { $0["ph"] as? String == "X" }
        #expect(runs.compactMap { ($0["args"] as? [String: Any])?["frame"] as? Int } == Array(0..<30))
        #expect(runs.allSatisfy { ($0["dur"] as? Double ?? 0) > 0 && $0["tid"] as? Int == 0 })
        #expect(events.contains { ($0["args"] as? [String: Any])?["name"] as? String == "cpu/0" })
    }

    @Test func theInputIsNotOverwritten() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.makeClip("clip.mp4")
        let before = try Data(contentsOf: URL(fileURLWithPath: clip))
        let result = try Program.run(["run", clip, "--devices", "cpu:0", "--output", clip])
        #expect(result.exitCode == 64 && result.errors.contains("is read by this command"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: clip)) == before)
    }

    /// Whatever was damaged before it.
    @Test func interruptingADamagedInputIsAnInterruption() throws {
        let folder = try TemporaryFolder()
        let whole = try folder.make("-f", "lavfi", "-i", "testsrc2=s=64x48:r=30:d=10", "-c:v", "mjpeg", "whole.avi")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
        let packet = try FFmpegTool.packets(of: whole)[1]
        bytes.replaceSubrange(packet.position..<packet.position + packet.size, with: Data(count: packet.size))
        let path = try folder.write(bytes, to: "damaged.avi")
        let result = try Program.run(
            ["run", path, "--devices", "cpu:0@0.2", "--no-tune", "--output", "-"], interruptAfterLines: 5)
        #expect(result.exitCode == 130, "\(result.errors)")
        #expect(try result.jsonLines()[1]["error"] != nil)
        #expect(result.errors.contains("frames could not be read; the first: "), "\(result.errors)")
    }

    @Test func interruptingDrainsAndStillPrintsTheSummary() throws {
        let result = try Program.run(
            ["run", "--devices", "cpu:0@0.2", "--output", "-"], interruptAfterLines: 5)
        #expect(result.exitCode == Interrupt.exitCode)
        let frames = try result.jsonLines().map { $0["frame"] as? Int }
        #expect(frames.count >= 5 && frames.count < 300)
        #expect(frames == Array(0..<frames.count))
        #expect(result.errors.contains("\(frames.count) frames in"))
        #expect(result.errors.contains("emulated"))
    }

    private func run(_ clip: String, devices: String) throws -> [[String: Any]] {
        let folder = try TemporaryFolder()
        let output = folder.file("results.jsonl")
        let result = try Program.run(
            ["run", clip, "--network", "squeezenet", "--devices", devices, "--output", output])
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.output.contains("frames/s together"))
        return try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    private static func topIndex(_ line: [String: Any]) -> Int? {
        (line["top"] as? [[String: Any]])?.first?["index"] as? Int
    }
}
