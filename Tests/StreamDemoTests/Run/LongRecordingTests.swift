// A recording of hours: every frame of it, and no more memory than its beginning takes.
// The test has a short form, of twenty minutes; COEXEC_LONG_TESTS=1 asks for the long one: four hours.

import Foundation
import MediaFixtures
import Testing

@Suite(.needsFFmpeg) struct LongRecordingTests {
    private static let isLong = ProcessInfo.processInfo.environment["COEXEC_LONG_TESTS"] != nil
    /// One frame a second.
    private let frames = isLong ? 4 * 3600 : 20 * 60
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// - Returns: frames, and the most memory that the process had, in MB.
    private func run(_ path: String, frames: Int?) throws -> (frames: Int, peak: Double) {
        let json = folder.file("summary.json")
        let limit = frames.map { ["--frames", String($0)] } ?? []
        let arguments = ["run", "--stream", "a=\(path)", "--network", "mobilenet_v1_0.25", "--devices", "cpu:0"]
        let result = try Program.run(arguments + ["--no-tune", "--output", "/dev/null", "--json", json] + limit)
        #expect(result.exitCode == 0, "\(result.errors)")
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json)))
        let summary = try #require(document as? [String: Any])
        return (
            frames: try #require(summary["frames"] as? Int), peak: try #require(summary["peak_memory_mb"] as? Double)
        )
    }

    @Test func memoryIsFlat() throws {
        let input = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=1:d=\(frames)", "-c:v", "libx264"]
        let path = try folder.make(
            input + ["-preset", "ultrafast", "-g", "60", "-pix_fmt", "yuv420p", "recording.mp4"])
        let packets = try FFmpegTool.packets(of: path).count
        let beginning = try run(path, frames: frames / 10)
        let whole = try run(path, frames: nil)
        #expect(whole.frames == packets && packets == frames)
        #expect(whole.peak < 1.02 * beginning.peak, "\(whole.peak) MB, and \(beginning.peak) for a tenth")
    }
}
