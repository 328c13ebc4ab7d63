// --precision, as a user sees it: for all devices, one by one, and where it makes no sense.

import Foundation
import Testing

struct PrecisionCommandTests {
    private func bench(_ more: String...) throws -> ProgramResult {
        try Program.run(
            ["bench", "--network", "mobilenet_v1_0.25", "--device", "cpu:0", "--frames", "3", "--warmup", "0"]
                + ["--no-tune", "--json", "-"] + more)
    }

    @Test func benchQuantizes() throws {
        let result = try bench("--precision", "int8", "--layers")
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try result.json()
        #expect(json["precision"] as? String == "int8")
        #expect(json["network"] as? String == "mobilenet_v1_0.25")
        let plain = try bench().json()
        #expect(plain["precision"] as? String == "fp32")
        #expect(plain["macs"] as? Int == json["macs"] as? Int && plain["params"] as? Int == json["params"] as? Int)
    }

    @Test func benchQuantizesABatch() throws {
        let json = try bench("--precision", "int8", "--batch", "2").json()
        #expect(json["precision"] as? String == "int8" && json["batch"] as? Int == 2)
    }

    @Test(arguments: [
        ("int4", "no precision 'int4'"), ("cpu=int8,int8", "is not DEVICE=PRECISION"), ("big=int8", "no device 'big'"),
        ("cpu=int8,CPU=fp32", "names 'cpu' twice"),
    ])
    func whatIsWrongIsNamed(precision: String, error: String) throws {
        let result = try bench("--precision", precision)
        #expect(result.exitCode == 64)
        #expect(result.errors.contains(error), "\(result.errors)")
    }

    @Test func calibratingNeedsAReason() throws {
        let result = try bench("--calibrate", "clip.mp4")
        #expect(result.exitCode == 64)
        #expect(result.errors.contains("--calibrate is for --precision int8"))
        let missing = try bench("--calibrate", "no-such-clip.mp4", "--precision", "int8")
        #expect(missing.exitCode == 1)
        #expect(missing.errors.contains("no-such-clip.mp4"))
    }
}

@Suite(.serialized, .needsTwoCores) struct MixedPrecisionCommandTests {
    @Test func devicesMayDiffer() throws {
        let result = try Program.run(
            ["study", "--networks", "mobilenet_v1_0.25", "--devices", "cpu:0,cpu:1", "--rounds", "1"]
                + ["--frames", "6", "--precision", "CPU0=int8", "--no-tune", "--json", "-"])
        #expect(result.exitCode == 0, "\(result.errors)")
        let rows = try #require(try result.json()["rows"] as? [[String: Any]])
        #expect(rows[0]["precision"] as? [String: String] == ["cpu0": "int8", "cpu1": "fp32"])
        #expect(result.errors.contains("int8") && result.errors.contains("fp32"))
    }

    @Test func runSaysWhoComputedInWhat() throws {
        let result = try Program.run(
            ["run", "--network", "mobilenet_v1_0.25", "--devices", "cpu:0,cpu:1", "--precision", "cpu1=int8"]
                + ["--no-tune", "--json", "-"])
        #expect(result.exitCode == 0, "\(result.errors)")
        let devices = try #require(try result.json()["devices"] as? [[String: Any]])
        #expect(devices.map { $0["precision"] as? String } == ["fp32", "int8"])
        #expect(result.errors.contains("devices compute in different numbers"))
    }
}
