// `study --sweep`, as a user sees it.

import Devices
import Foundation
import Testing

@testable import StreamDemo

struct SweepCommandTests {
    @Test func measuresEveryVariant() throws {
        let result = try Program.run([
            "study", "--sweep", "mobilenet", "--devices", "cpu:0", "--frames", "2", "--rounds", "2", "--pause", "0.01",
            "--no-tune", "--json", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try result.json()
        let sweep = try #require(json["sweep"] as? [[String: Any]])
        #expect(sweep.count == 8)
        for point in sweep {
            let (alpha, precision) = (point["alpha"] as? Double ?? 0, point["precision"] as? String ?? "")
            #expect(point["device"] as? String == "cpu")
            #expect(point["fps"] as? Double ?? 0 > 0)
            let format = try #require(NumberFormat(rawValue: precision))
            #expect(point["top1"] as? Double == PublishedAccuracy.mobileNetV1.top1(alpha: alpha, format))
            #expect(point["pareto_latency"] is Bool)
        }
        func bytes(_ alpha: Double, _ precision: String) throws -> Int {
            let point = sweep.first { $0["alpha"] as? Double == alpha && $0["precision"] as? String == precision }
            return try #require(point?["bytes"] as? Int)
        }
        // 4.2 million parameters.
        #expect(try bytes(1, "fp32") == 4 * 4_221_032)
        let ratio = Double(try bytes(1, "int8")) / Double(try bytes(1, "fp32"))
        #expect(ratio > 0.25 && ratio < 0.28)
        // Nothing is smaller than the narrowest in 8 bits, nothing more accurate than the widest in FP32.
        let isOnMemoryFront = sweep.map { $0["pareto_memory"] as? Bool }
        let order = sweep.map { "\($0["alpha"]!) \($0["precision"]!)" }
        let front = zip(order, isOnMemoryFront).filter { $1 == true }.map(\.0)
        #expect(front.contains("0.25 int8") && front.contains("1 fp32") && !front.contains("0.75 fp32"))
        // People's table goes to standard error then.
        #expect(result.errors.contains("latency front") && result.errors.contains("tensorflow/models"))
    }

    @Test func refusesWhatASweepHasNoUseFor() throws {
        let result = try Program.run(["study", "--sweep", "mobilenet", "--networks", "resnet50"])
        #expect(result.exitCode == 64)
        #expect(result.errors.contains("--networks"))
        #expect(try Program.run(["study", "--sweep", "vgg"]).exitCode == 64)
        #expect(try Program.run(["study", "--pause", "-1"]).exitCode == 64)
    }
}
