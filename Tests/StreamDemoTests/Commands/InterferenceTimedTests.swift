// What devices take from each other, measured on this machine: other tests beside it would take as much.

import Foundation
import Testing

@Suite(.serialized, .needsTwoDevices) struct InterferenceTimedTests {
    @Test func interferenceIsMeasured() throws {
        let result = try Program.run([
            "study", "--networks", "mobilenet_v1_0.25", "--no-tune", "--devices", "cpu:0,cpu:1,gpu:1", "--frames", "60",
            "--rounds", "2", "--interference", "--json", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try result.json()
        #expect((json["shared_cores"] as? [Any])?.count == 1)
        let rows = try #require(json["interference"] as? [[String: Any]])
        // Three pairs of two rows, and all three.
        #expect(rows.count == 9)
        func relative(_ device: String, _ others: [String]) throws -> Double {
            let row = try #require(
                rows.first { $0["device"] as? String == device && $0["with"] as? [String] == others })
            #expect(row["network"] as? String == "mobilenet_v1_0.25" && (row["fps"] as? Double ?? 0) > 0)
            return try #require(row["relative"] as? Double)
        }
        // Two devices on one core have half of it each; one on another core is left alone, as far as a VM has cores.
        let shared = try relative("cpu1", ["gpu"]) + relative("gpu", ["cpu1"])
        let apart = try relative("cpu0", ["cpu1"]) + relative("cpu1", ["cpu0"])
        #expect(shared < 1.4 && apart > shared, "\(shared) and \(apart)")
        _ = try relative("gpu", ["cpu0", "cpu1"])
        #expect(result.errors.contains("beside all") && result.errors.contains("cpu1 and gpu share CPU 1"))
    }
}
