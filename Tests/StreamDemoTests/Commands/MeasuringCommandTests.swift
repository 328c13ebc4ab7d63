// `bench` and `study`, as scripts see them: the contract's JSON, and what they refuse.

import Foundation
import Kernels
import Testing

@Suite(.serialized) struct MeasuringCommandTests {
    @Test func benchGivesTheContractsJSON() throws {
        let result = try Program.run([
            "bench", "--network", "mobilenet_v1", "--device", "cpu:0", "--frames", "6", "--warmup", "2", "--batch", "2",
            "--layers", "--no-tune", "--json", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try result.json()
        #expect(json["device"] as? String == "cpu" && json["network"] as? String == "mobilenet_v1")
        #expect(json["precision"] as? String == "fp32" && json["batch"] as? Int == 2 && json["frames"] as? Int == 6)
        #expect(json["threads"] as? Int == 1 && (json["fps"] as? Double ?? 0) > 0)
        let latency = try #require(json["latency_ms"] as? [String: Double])
        #expect(Set(latency.keys) == ["min", "p50", "p90", "p99"])
        let macs = try #require(json["macs"] as? Int)
        #expect(macs > 560_000_000 && macs < 580_000_000)
        let layers = try #require(json["layers"] as? [[String: Any]])
        #expect(layers.count >= 28)
        #expect(layers.allSatisfy { $0["name"] is String && $0["op"] is String && ($0["ms"] as? Double ?? -1) >= 0 })
        let computing = layers.filter { $0["gflops"] is Double }
        #expect(computing.count == 28 && computing.allSatisfy { ($0["flop_per_byte"] as? Double ?? 0) > 0 })
        #expect(layers.allSatisfy { $0["gflops"] != nil && $0["flop_per_byte"] != nil })
    }

    /// Built-in networks have weights from a seed.
    @Test(arguments: [["run"], ["bench", "--frames", "2", "--warmup", "0"]])
    func randomWeightsAreSaid(command: [String]) throws {
        let device = command[0] == "run" ? "--devices" : "--device"
        let result = try Program.run(
            command + [device, "cpu:0", "--network", "mobilenet_v1_0.25", "--no-tune", "--json", "-"])
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(try result.json()["weights"] as? String == "random")
        #expect(result.errors.contains("mobilenet_v1_0.25 has random weights: "), "\(result.errors)")
    }

    @Test func aStudyOfOneDeviceHasNothingToGain() throws {
        let result = try Program.run([
            "study", "--networks", "mobilenet_v1_0.25,squeezenet", "--devices", "cpu:0", "--frames", "4", "--rounds",
            "1", "--no-tune", "--json", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let rows = try #require(try result.json()["rows"] as? [[String: Any]])
        #expect(rows.count == 2)
        for row in rows {
            #expect(row["gain_percent"] is NSNull && row["efficiency"] is NSNull)
            #expect(row["weights"] as? String == "random")
            #expect((row["notes"] as? [String])?.contains("one device: there is nothing to gain") == true)
        }
        #expect(result.errors.contains("one device: there is nothing to gain"), "\(result.errors)")
        #expect(result.errors.contains("mobilenet_v1_0.25, squeezenet have random weights: "), "\(result.errors)")
    }

    @Test(.needsTwoDevices) func aPrecisionThatTheDeviceLacksIsAUsageError() throws {
        let result = try Program.run(["bench", "--device", "gpu:1", "--precision", "bf16"])
        #expect(result.exitCode == 64)
        #expect(result.errorLines == ["stream-demo: device 'gpu' does not compute in bf16"])
    }

    @Test func benchTakesTheLibraryAskedFor() throws {
        let command = ["bench", "--network", "mobilenet_v1_0.25", "--device", "cpu:0", "--frames", "3", "--engine"]
        for (engine, name) in [("onednn", "oneDNN "), ("xnnpack", "XNNPACK ")] {
            let json = try Program.run(command + [engine, "--json", "-"]).json()
            #expect((json["engine"] as? String)?.hasPrefix(name) == true)
        }
        #expect(try Program.run(command + ["tflite"]).exitCode == 64)
        let refused = try Program.run(command + ["xnnpack", "--precision", "bf16"])
        #expect(refused.exitCode == 1 && refused.errorLines.count == 1)
        #expect(refused.errors.contains(CPUEngine.supports(.bf16) ? "it computes in fp32 only" : "bf16"))
    }

    @Test(.enabled(if: CPUEngine.supports(.bf16), "this CPU has no instructions for BF16"))
    func benchSaysItsPrecision() throws {
        let result = try Program.run([
            "bench", "--network", "mobilenet_v1_0.25", "--device", "cpu:0", "--frames", "3", "--precision", "bf16",
            "--json", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try result.json()
        #expect(json["precision"] as? String == "bf16")
    }

    @Test(.needsTwoDevices) func studyGivesTheContractsJSON() throws {
        let result = try Program.run([
            "study", "--networks", "squeezenet", "--devices", "cpu:0,gpu:1", "--frames", "12", "--rounds", "2",
            "--json",
            "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let rows = try #require(try result.json()["rows"] as? [[String: Any]])
        let row = try #require(rows.first)
        #expect(rows.count == 1 && row["network"] as? String == "squeezenet")
        let isolated = try #require(row["isolated"] as? [String: Double])
        #expect(Set(isolated.keys) == ["cpu", "gpu"])
        let combined = try #require(row["combined"] as? Double)
        let best = try #require(row["best_single"] as? Double)
        #expect(best == isolated.values.max())
        #expect(abs(try #require(row["gain_percent"] as? Double) - (combined / best - 1) * 100) < 1e-6)
        #expect(abs(try #require(row["efficiency"] as? Double) - combined / isolated.values.reduce(0, +)) < 1e-9)
        let composition = try #require(row["composition"] as? [String: Double])
        #expect(abs(composition.values.reduce(0, +) - 100) < 1e-6)
        #expect(row["ci95"] is [String: Double] && row["energy"] is [String: Any])
        #expect(result.errors.contains("gain %"))
    }
}
