// Roofs, combinations and shared memory, measured on this machine: other tests beside it would lower the roofs.

import Foundation
import Testing

@Suite(.serialized, .needsTwoDevices) struct RooflineTimedTests {
    @Test func aStudySaysWhatBoundsEachNetwork() throws {
        let result = try Program.run([
            "study", "--networks", "squeezenet", "--no-tune", "--devices", "cpu:0,cpu:1,gpu:1", "--frames", "20",
            "--rounds", "3", "--roofline", "--subsets", "--interference", "--json", "-",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try result.json()
        let roofline = try #require(json["roofline"] as? [String: Any])
        let devices = try #require(roofline["devices"] as? [[String: Any]])
        #expect(devices.compactMap { $0["device"] as? String } == ["cpu0", "cpu1", "gpu"])
        for device in devices {
            let peaks = try #require(device["peaks"] as? [[String: Any]])
            #expect(peaks.contains { $0["format"] as? String == "fp32" && $0["gflops"] as? Double ?? 0 > 1 })
            let bandwidths = try #require(device["bandwidths"] as? [[String: Any]])
            #expect(bandwidths.last?["source"] as? String == "memory")
            #expect(bandwidths.allSatisfy { $0["triad_gbs"] as? Double ?? 0 > 0.1 && $0["triad_ci95"] is Double })
        }
        let points = try #require(roofline["points"] as? [[String: Any]])
        #expect(points.filter { $0["layer"] is NSNull }.count == 3)
        // 26 convolutions on each.
        #expect(points.count >= 3 * 27)
        for point in points {
            let share = try #require(point["share"] as? Double)
            let tolerance = try #require(point["tolerance"] as? Double)
            // Debug builds' chains are slower than libraries.
            #if !DEBUG
                #expect(share > 0 && share <= 1 + tolerance, "\(point)")
                #expect(point["is_above_roof"] as? Bool == false)
            #endif
            #expect(["compute", "L3", "memory"].contains(point["bound"] as? String ?? ""), "\(point)")
        }
        #expect((roofline["notes"] as? [String])?.first?.hasPrefix("bytes from memory") == true)

        let subsets = try #require((json["subsets"] as? [[String: Any]])?.first)
        #expect((subsets["rows"] as? [Any])?.count == 7)
        let promise = try #require(subsets["promise"] as? [String: Any])
        #expect(["faster", "equal", "slower"].contains(promise["verdict"] as? String ?? ""))

        let bandwidth = try #require(json["bandwidth"] as? [String: Any])
        // Alone, three pairs of two rows, and all three.
        #expect((bandwidth["rows"] as? [Any])?.count == 12 && (bandwidth["totals"] as? [Any])?.count == 4)
        for word in ["of roof", "what would lift it", "all at once get", "all together", "beside all"] {
            #expect(result.errors.contains(word), "\(word) in \(result.errors)")
        }
    }

    @Test func aSweepHasNoRoof() throws {
        let result = try Program.run(["study", "--sweep", "mobilenet", "--devices", "cpu:0", "--roofline"])
        #expect(result.exitCode == 64 && result.errors.contains("leave --roofline out"), "\(result.errors)")
    }
}
