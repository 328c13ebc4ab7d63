// `run --draw`: what a user finds where results are drawn to, and what is refused.

import Foundation
import Testing

@Suite(.needsFFmpeg) struct DrawCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ input: String, drawing path: String) throws -> ProgramResult {
        try Program.run(
            ["run", input, "--network", "mobilenet_v1_0.25", "--devices", "cpu", "--draw", path, "--json", "-"])
    }

    @Test func aVideoHasAllFrames() throws {
        let clip = try folder.makeClip("clip.mp4")
        let output = folder.file("out.mp4")
        let result = try run(clip, drawing: output)
        #expect(result.exitCode == 0, "\(result.errors)")
        let drawn = try #require(try result.json()["drawn"] as? [String: Any])
        #expect(drawn["frames"] as? Int == 30 && drawn["waited_seconds"] is Double)
        let packets = try FFmpegTool.packets(of: output)
        #expect(packets.count == 30)
    }

    @Test func whatIsReadIsNotDrawnInto() throws {
        let pictures = folder.file("pictures")
        try FileManager.default.createDirectory(atPath: pictures, withIntermediateDirectories: true)
        let picture = try folder.writeBars("pictures/000000.ppm", width: 64, height: 48)
        let into = try run(pictures, drawing: pictures)
        #expect(into.exitCode == 64 && into.errors.contains("are read by this command"))
        let over = try run(picture, drawing: picture)
        #expect(over.exitCode != 0)
        let several = try Program.run(["run", "--stream", "a=", "--stream", "b=", "--draw", folder.file("x.mp4")])
        #expect(several.exitCode == 64 && several.errors.contains("--draw is for one stream"))
        let none = try run(picture, drawing: folder.file("no/such/out.mp4"))
        #expect(none.exitCode == 1 && none.errors.contains("--draw '"))
    }
}
