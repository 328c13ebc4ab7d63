// Real inputs that once gave wrong results in silence, each with its right value, through the program, on both engines.

import Foundation
import Testing

@Suite(.serialized, .enabled(if: dataFolder != nil, "COEXEC_DATA is not set")) struct PictureRowTests {
    /// What `run` must give for one input.
    struct Row: CustomTestStringConvertible, Sendable {
        /// Below the probes' `pictures`.
        let input: String
        /// Its class `n` is the mean of the picture's channel or quarter `n`.
        let model: String
        /// Of frame 0: class to value ±1.
        let values: [Int: Double]
        var frames = 1
        /// Places of errors; any makes the exit code 1.
        var damaged: [Int] = []
        var times: [Double]?
        /// Said on standard error, and in the summary's notes.
        var note: String?
        var testDescription: String { "\(input) on \(model)" }
    }

    static let rows = [
        Row(input: "upright.jpg", model: "quad", values: [3: 255]),
        Row(input: "exif6.jpg", model: "quad", values: [2: 255]),
        Row(input: "exif3.jpg", model: "quad", values: [0: 255]),
        Row(input: "upright.mp4", model: "quad", values: [3: 255], frames: 10),
        Row(input: "rotated.mp4", model: "quad", values: [1: 255], frames: 10),
        Row(input: "flat16-16.tiff", model: "rgb", values: [0: 16, 1: 16, 2: 16]),
        Row(input: "flat16-235.tiff", model: "rgb", values: [0: 235, 1: 235, 2: 235]),
        // As Pillow's convert("RGB"): the stored colour, whatever its alpha.
        Row(input: "hidden.png", model: "rgb", values: [0: 255, 1: 0, 2: 0]),
        Row(input: "two-soi.jpg", model: "rgb", values: [0: 127.1, 1: 127.3, 2: 127.4]),
        Row(input: "grey8.pgm", model: "rgb", values: [0: 128.25, 1: 128.25, 2: 128.25]),
        Row(input: "hlg.mp4", model: "rgb", values: [0: 128, 1: 128, 2: 128], frames: 10, note: "is HDR (HLG)"),
        Row(input: "animated.gif", model: "rgb", values: [:], frames: 5),
        Row(input: "folder", model: "rgb", values: [0: 127, 1: 127, 2: 127], frames: 6, damaged: [1, 3, 4]),
        Row(input: "damaged.h264", model: "rgb", values: [:], frames: 600, damaged: [299]),
        Row(input: "clean.h264", model: "rgb", values: [:], frames: 600),
        Row(
            input: "vfr.mkv", model: "rgb", values: [:], frames: 14,
            times: (0..<10).map { Double($0) / 10 } + [1, 1.5, 2, 2.5]),
    ]

    @Test(arguments: rows) func onACluster(row: Row) throws { try check(row, device: "cpu:0") }

    @Test(.needsTwoDevices, arguments: rows) func onAnOpenCLDevice(row: Row) throws { try check(row, device: "gpu:1") }

    private func check(_ row: Row, device: String) throws {
        let probes = try #require(dataFolder) + "/probes"
        let folder = try TemporaryFolder()
        let summary = folder.file("summary.json")
        let result = try Program.run([
            "run", "\(probes)/pictures/\(row.input)", "--model", "\(probes)/onnx/\(row.model).onnx", "--devices",
            device,
            "--no-tune", "--output", "-", "--json", summary,
        ])
        #expect(result.exitCode == (row.damaged.isEmpty ? 0 : 1), "\(result.errors)")
        let lines = try result.jsonLines()
        #expect(lines.map { $0["frame"] as? Int } == Array(0..<row.frames))
        #expect(lines.indices.filter { lines[$0]["error"] != nil } == row.damaged)
        let first = try #require(lines[0]["top"] as? [[String: Any]])
        for (index, value) in row.values {
            let found = first.first { $0["index"] as? Int == index }?["value"] as? Double
            #expect(abs((found ?? -1) - value) <= 1, "class \(index): \(found ?? -1)")
        }
        if let times = row.times {
            let found = lines.map { $0["time"] as? Double ?? -1 }
            #expect(zip(found, times).allSatisfy { abs($0 - $1) < 0.001 }, "\(found)")
        }
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: summary))) as? [String: Any])
        #expect(json["damaged_frames"] as? Int == row.damaged.count)
        let notes = try #require(json["notes"] as? [String])
        if let note = row.note {
            #expect(notes.contains { $0.contains(note) } && result.errors.contains(note))
        } else {
            #expect(notes.isEmpty, "\(notes)")
        }
        if !row.damaged.isEmpty {
            let words = "\(row.damaged.count) of \(row.frames) frames could not be read"
            #expect(result.errorLines.last?.contains(words) == true, "\(result.errors)")
        }
    }

    /// Names the trained network's classes by a file with one name too few, or too many.
    @Test func labelsOffByOneAreSaid() throws {
        let data = try #require(dataFolder)
        let folder = try TemporaryFolder()
        let names = try String(contentsOfFile: data + "/images/imagenet_labels.txt", encoding: .utf8)
            .split(whereSeparator: \.isNewline).map(String.init)
        try #require(names.count == 1001)
        let model = try #require(
            try FileManager.default.contentsOfDirectory(atPath: data + "/models").first {
                $0.contains("mobilenet_v1_0.25") && $0.hasSuffix(".tflite")
            })
        for (count, words) in [
            (1000, "1000 names for 1001 classes"), (1001, nil), (1002, "1002 names for 1001 classes"),
        ] {
            let lines = count == 1000 ? Array(names.dropFirst()) : names + (count == 1002 ? ["one more"] : [])
            let path = try folder.write(("\u{FEFF}" + lines.joined(separator: "\r\n") + "\r\n").utf8, to: "labels.txt")
            let result = try Program.run([
                "run", data + "/images/cat.bmp", "--model", "\(data)/models/\(model)", "--labels", path, "--devices",
                "cpu:0", "--no-tune", "--output", "-",
            ])
            #expect(result.exitCode == 0, "\(result.errors)")
            #expect(result.errors.contains("names for") == (words != nil))
            if let words { #expect(result.errors.contains(words), "\(result.errors)") }
            let top = try #require(try result.jsonLines()[0]["top"] as? [[String: Any]])
            let best = try #require(top[0]["index"] as? Int)
            #expect(top[0]["label"] as? String == lines[best])
            #expect((top[0]["p"] as? Double).map { $0 > 0 && $0 <= 1 } == true)
        }
    }
}
