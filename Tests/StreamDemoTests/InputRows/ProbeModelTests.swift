// Models that went wrong without a word: what the program says of pictures with them, on both kinds of device.

import Foundation
import Testing

@Suite("Models that went wrong", .enabled(if: dataFolder != nil, "COEXEC_DATA is not set"))
struct ProbeModelTests {
    private static let devices = ["cpu:0", "gpu:1"]

    /// The values of the only frame by index, on each device.
    private func values(
        _ model: String, _ picture: String, _ arguments: [String] = [], devices: [String] = devices
    ) throws -> [[Int: Double]] {
        let data = try #require(dataFolder)
        return try devices.map { device in
            let result = try Program.run(
                [
                    "run", "\(data)/\(picture)", "--model", "\(data)/probes/onnx/\(model)", "--devices", device,
                    "--output", "-", "--no-tune",
                ] + arguments)
            #expect(result.exitCode == 0, "\(model) on \(device): \(result.errors)")
            let pairs = try result.firstFrameValues().map { ($0.index, $0.value) }
            return Dictionary(pairs) { first, _ in first }
        }
    }

    private func expect(_ values: [[Int: Double]], _ wanted: [Double], within tolerance: Double) {
        for found in values {
            for (index, value) in wanted.enumerated() {
                let number = found[index] ?? .nan
                #expect(abs(number - value) <= tolerance, "\(index): \(number), not \(value)")
            }
        }
    }

    @Test func bytesAreTakenAsTheyAre() throws {
        let folder = try TemporaryFolder()
        let grey = try folder.write(
            Array("P6\n64 64\n255\n".utf8) + [UInt8](repeating: 128, count: 64 * 64 * 3), to: "grey.ppm")
        let data = try #require(dataFolder)
        for device in Self.devices {
            let result = try Program.run([
                "run", grey, "--model", "\(data)/probes/onnx/uint8_nhwc.onnx", "--devices", device, "--output", "-",
                "--no-tune",
            ])
            #expect(result.exitCode == 0, "\(result.errors)")
            let means = try result.firstFrameValues().map(\.value)
            #expect(means == [128, 128, 128], "\(device): \(means)")
        }
    }

    @Test func aChannelOfScaleZeroIsItsBias() throws {
        expect(try values("zero_scale.onnx", "images/cat.bmp"), [30, 0], within: 1e-4)
    }

    /// The files of `hub`, as links again: in transit they became files that say where they led.
    @Test func aModelInHuggingFacesCacheIsTheOneThatItHolds() throws {
        let data = try #require(dataFolder)
        let folder = try TemporaryFolder()
        let files = FileManager.default
        let (source, repository) = ("\(data)/probes/onnx/hub/models--a--b", folder.file("models--a--b"))
        try files.createDirectory(atPath: "\(repository)/snapshots/1", withIntermediateDirectories: true)
        try files.copyItem(atPath: "\(source)/blobs", toPath: "\(repository)/blobs")
        for (name, blob) in [("model.onnx", "m"), ("model.onnx.data", "d")] {
            try files.createSymbolicLink(
                atPath: "\(repository)/snapshots/1/\(name)", withDestinationPath: "../../blobs/\(blob)")
        }
        let picture = "\(data)/images/cat.bmp"
        for device in Self.devices {
            let lines = try ["\(repository)/snapshots/1/model.onnx", "\(data)/probes/onnx/linked.onnx"].map { model in
                let result = try Program.run([
                    "run", picture, "--model", model, "--devices", device, "--output", "-", "--no-tune",
                ])
                #expect(result.exitCode == 0, "\(result.errors)")
                return try result.firstFrameValues().map(\.value)
            }
            #expect(lines[0] == lines[1] && lines[0].count == 4, "\(device): \(lines)")
        }
        // Folders of blobs can't be written to.
        _ = try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(repository)/blobs")
    }

    /// The first layer's weights lie below the normal range, and so do all results: 150 times slower where they are
    /// computed with, 0 within 1e-6 in any case.
    @Test func tinyWeightsAreZeros() throws {
        for found in try values("denormal_slow.onnx", "images/cat.bmp") {
            #expect(!found.isEmpty && found.values.allSatisfy { abs($0) <= 1e-6 }, "\(found)")
        }
        let data = try #require(dataFolder)
        for device in Self.devices {
            let shortest = try ["slow", "fast"].map { speed in
                let result = try Program.run([
                    "bench", "--model", "\(data)/probes/onnx/denormal_\(speed).onnx", "--device", device, "--no-tune",
                    "--frames", "20", "--json", "-",
                ])
                let latency = try #require(try result.json()["latency_ms"] as? [String: Any])
                return try #require(latency["min"] as? Double)
            }
            // As fast, but for what else runs on a machine under test.
            #expect(shortest[0] < 5 * shortest[1], "\(device): \(shortest) ms")
        }
    }
}
