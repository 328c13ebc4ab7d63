// `--resample`: how pictures are shrunk, and that summaries say so.

import Foundation
import Testing

@Suite struct ResampleTests {
    /// One-pixel columns of black and white: shrunk, they are grey; two taps show some columns only.
    @Test(
        .enabled(if: dataFolder != nil, "COEXEC_DATA is not set"), .needsTwoDevices, arguments: ["cpu:0", "gpu:1"])
    func fineStripesAreGrey(_ device: String) throws {
        let data = try #require(dataFolder)
        func values(_ more: [String]) throws -> [Double] {
            let result = try Program.run(
                [
                    "run", "\(data)/probes/pictures/stripes.png", "--model", "\(data)/probes/onnx/spread.onnx",
                    "--devices", device, "--no-tune", "--idle", "0", "--output", "-",
                ] + more)
            #expect(result.exitCode == 0, "\(result.errors)")
            #expect(result.errors.contains("pictures shrunk by \(more.isEmpty ? "area" : "two taps (bilinear)")"))
            return try result.firstFrameValues().map(\.value)
        }
        let area = try values([])
        #expect(area.count == 2 && abs(area[0] - 127.5) < 0.1 && abs(area[1] - 64) < 1, "\(area)")
        // The mean square is as large as the mean: there is no grey.
        let taps = try values(["--resample", "bilinear"])
        #expect(taps.allSatisfy { abs($0 - 127.5) < 0.5 }, "\(taps)")
    }

    @Test(arguments: ["area", "bilinear"]) func benchSaysWhichIsUsed(_ resample: String) throws {
        let result = try Program.run([
            "bench", "--network", "mobilenet_v1_0.25", "--device", "cpu:0", "--frames", "2", "--warmup", "0",
            "--idle", "0", "--no-tune", "--json", "-", "--resample", resample,
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(try result.json()["resample"] as? String == resample)
    }

    @Test(arguments: ["run", "bench"]) func anotherIsAnError(_ command: String) throws {
        let result = try Program.run([command, "--resample", "lanczos"])
        #expect(result.exitCode == 64)
        #expect(result.errors.contains("lanczos"), "\(result.errors)")
    }
}
