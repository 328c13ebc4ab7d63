// A program that is stopped and goes on, as by Ctrl-Z and fg: a stop loses no frame, and is in no figure but its own.
// The test has a short form; COEXEC_LONG_TESTS=1 asks for the long one: ten stops of 5 s, and 2,000 frames.

import Foundation
import Testing

private let isLong = ProcessInfo.processInfo.environment["COEXEC_LONG_TESTS"] != nil

@Suite(.serialized) struct StandstillTimedTests {
    /// Three stops, each half as long again as the limit after which a lane counts as hung.
    @Test func aStopLosesNoFrame() throws {
        try check(input: [], frames: 300, stops: [20, 80, 160], seconds: 3)
    }

    @Test(.enabled(if: isLong, "COEXEC_LONG_TESTS is not set"), .needsFFmpeg) func tenLongStopsLoseNoFrame() throws {
        let folder = try TemporaryFolder()
        let clip = try folder.make(
            "-f", "lavfi", "-i", "testsrc2=s=160x120:r=30", "-frames:v", "2000", "-c:v", "mjpeg", "clip.avi")
        try check(input: [clip], frames: 2000, stops: (0..<10).map { 20 + 150 * $0 }, seconds: 5)
    }

    /// - Parameter stops: results after which the program is stopped, for so many seconds.
    private func check(input: [String], frames: Int, stops: [Int], seconds: Int) throws {
        let folder = try TemporaryFolder()
        let (output, errors) = (try folder.write([], to: "output"), try folder.write([], to: "errors"))
        let summary = folder.file("summary.json")
        // Slow enough not to end between two looks.
        let program = try RunningProgram(
            ["run"] + input + [
                "--devices", "cpu:0@0.2", "--network", "mobilenet_v1_0.25", "--no-tune", "--output", "-", "--json",
                summary,
            ], output: output, errors: errors)
        for count in stops {
            while program.status == nil, try lineCount(output) < count { usleep(2000) }
            try #require(program.status == nil)
            kill(program.id, SIGSTOP)
            sleep(UInt32(seconds))
            kill(program.id, SIGCONT)
        }
        while program.status == nil { usleep(2000) }
        let said = try String(contentsOfFile: errors, encoding: .utf8)
        #expect(program.exitCode == 0, "\(said)")
        #expect(try lineCount(output) == frames)
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: summary))) as? [String: Any])
        #expect(json["frames"] as? Int == frames && json["failed_frames"] as? Int == 0)
        // The kernel may be late to stop it, and a look to find it.
        let stoodStill = try #require(json["standstill_seconds"] as? Double)
        let stopped = Double(stops.count * seconds)
        #expect(stoodStill > stopped * 0.94 && stoodStill < stopped + Double(stops.count), "\(stoodStill) s")
        let latency = try #require(json["latency_ms"] as? [String: Double])
        #expect(latency["p99"]! < 2500)
        #expect(said.contains("stood still for"))
    }

    private func lineCount(_ file: String) throws -> Int {
        try String(contentsOfFile: file, encoding: .utf8).count { $0 == "\n" }
    }
}
