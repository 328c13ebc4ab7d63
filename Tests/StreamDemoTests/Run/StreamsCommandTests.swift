// `run --stream`, as a user sees it: several inputs and networks on the same devices at once.

import Foundation
import Testing

@testable import StreamDemo

@Suite(.serialized) struct StreamsCommandTests {
    /// A clip of 40 frames that needs no FFmpeg to be made.
    private func clip(_ folder: TemporaryFolder, _ name: String, frames: Int = 40) throws -> String {
        var bytes = Data("YUV4MPEG2 W64 H48 F30:1 Ip A1:1 C420jpeg\n".utf8)
        for frame in 0..<frames {
            bytes += Data("FRAME\n".utf8)
            bytes += Data((0..<64 * 48 * 3 / 2).map { UInt8(truncatingIfNeeded: $0 + 7 * frame) })
        }
        return try folder.write(bytes, to: name)
    }

    @Test func streamsShareTheDevicesAndKeepTheirOrder() throws {
        let folder = try TemporaryFolder()
        let (first, second) = (try clip(folder, "a.y4m"), try clip(folder, "b.y4m"))
        let json = folder.file("summary.json")
        let result = try Program.run([
            "run", "--stream", "a=\(first)", "--stream", "b=\(second);network=mobilenet_v1;weight=3", "--devices",
            "cpu:0", "--no-tune", "--output", "-", "--json", json,
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let lines = try result.jsonLines()
        #expect(lines.count == 80)
        var tops: [[Int?]] = []
        for name in ["a", "b"] {
            let own = lines.filter { $0["stream"] as? String == name }
            #expect(own.map { $0["frame"] as? Int } == Array(0..<40))
            tops.append(own.map { Self.topIndex($0) })
        }
        // As each has them alone.
        for (clip, network, top) in [(first, "squeezenet", tops[0]), (second, "mobilenet_v1", tops[1])] {
            let alone = try Program.run([
                "run", clip, "--network", network, "--devices", "cpu:0", "--no-tune", "--output", "-",
            ])
            #expect(try alone.jsonLines().map { Self.topIndex($0) } == top)
        }
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json)))
        let summary = try #require(document as? [String: Any])
        let streams = try #require(summary["streams"] as? [[String: Any]])
        #expect(streams.map { $0["name"] as? String } == ["a", "b"])
        #expect(streams.map { $0["network"] as? String } == ["squeezenet", "mobilenet_v1"])
        for stream in streams {
            #expect(stream["frames"] as? Int == 40 && stream["dropped"] as? Int == 0 && stream["failed"] as? Int == 0)
            #expect((stream["fps"] as? Double ?? 0) > 0 && stream["latency_ms"] is [String: Any])
        }
        #expect(result.errors.contains("80 frames in"), "\(result.errors)")
    }

    private static func topIndex(_ line: [String: Any]) -> Int? {
        (line["top"] as? [[String: Any]])?.first?["index"] as? Int
    }

    /// Each frame has its line and its place, run or dropped.
    @Test func whatIsDroppedIsSaidInItsPlace() throws {
        let result = try Program.run([
            "run", "--admission", "drop-newest", "--window", "2", "--network", "resnet50", "--devices", "cpu:0",
            "--no-tune", "--output", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let lines = try result.jsonLines()
        #expect(lines.map { $0["frame"] as? Int } == Array(0..<300))
        let dropped = lines.filter { $0["dropped"] as? String == "overflow" }
        #expect(!dropped.isEmpty && dropped.allSatisfy { $0["error"] == nil && $0["top"] == nil })
        #expect(lines.count { $0["top"] != nil } + dropped.count == 300)
    }

    @Test func oneStreamThatFailsIsNamedAndTheOtherGoesOn() throws {
        let folder = try TemporaryFolder()
        let whole = try clip(folder, "a.y4m")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
        let cut = try folder.write(bytes.prefix(bytes.count / 2), to: "cut.y4m")
        let result = try Program.run([
            "run", "--stream", "whole=\(whole)", "--stream", "cut=\(cut)", "--devices", "cpu:0", "--no-tune",
            "--output", "-",
        ])
        #expect(result.exitCode == 1)
        let lines = try result.jsonLines()
        #expect(lines.filter { $0["stream"] as? String == "whole" && $0["top"] != nil }.count == 40)
        #expect(lines.contains { $0["stream"] as? String == "cut" && $0["error"] != nil })
    }

    @Test(arguments: [
        (["--stream", "a=x", "--stream", "a=y"], "same name"), (["x", "--stream", "a=y"], "not both"),
        (["--stream", "a"], "no '='"), (["--stream", "a=", "--trace", "t.json"], "--trace"),
        (["--stream", "a=;network=nonet"], "nonet"),
    ])
    func wrongUseIsOneLine(arguments: [String], fragment: String) throws {
        let result = try Program.run(["run"] + arguments)
        #expect(result.exitCode == 64 && result.errors.contains(fragment), "\(result.exitCode) \(result.errors)")
    }
}
