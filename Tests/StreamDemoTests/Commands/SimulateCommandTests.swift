// `simulate` from outside: the contract's JSON beside the paper's figures, and its errors.

import Foundation
import Testing

@testable import StreamDemo

@Suite struct SimulateCommandTests {
    private func rows(_ arguments: String...) throws -> [[String: Any]] {
        let result = try Program.run(["simulate", "--json", "-"] + arguments)
        #expect(result.exitCode == 0, "\(result.errors)")
        return try #require(try result.json()["rows"] as? [[String: Any]])
    }

    /// The same relations as in `study`'s rows.
    private func check(_ row: [String: Any]) throws {
        let isolated = try #require(row["isolated"] as? [String: Double])
        let combined = try #require(row["combined"] as? Double)
        let best = try #require(row["best_single"] as? Double)
        #expect(best == isolated.values.max())
        #expect(abs(try #require(row["gain_percent"] as? Double) - (combined / best - 1) * 100) < 1e-6)
        let efficiency = try #require(row["efficiency"] as? Double)
        #expect(abs(efficiency - combined / isolated.values.reduce(0, +)) < 1e-9)
        #expect(try #require(row["efficiency_after_host"] as? Double) >= efficiency)
        let composition = try #require(row["composition"] as? [String: Double])
        #expect(Set(composition.keys) == Set(isolated.keys))
        #expect(abs(composition.values.reduce(0, +) - 100) < 1e-6)
        #expect(row["ci95"] is [String: Double] && row["energy"] is [String: Any])
    }

    @Test func exynosStandsBesideTableII() throws {
        let rows = try rows("--board", "exynos5422")
        #expect(
            rows.map { $0["network"] as? String } == ["alexnet", "googlenet", "mobilenet_v1", "resnet50", "squeezenet"])
        for row in rows {
            try check(row)
            #expect(try #require(row["efficiency_after_host"] as? Double) >= 0.98)
            let isolated = try #require(row["isolated"] as? [String: Double])
            #expect(Set(isolated.keys) == ["big", "LITTLE", "gpu"])
        }
        // No power of its clusters is known: nothing is made up.
        #expect((rows[0]["energy"] as? [String: Any])?.isEmpty == true)
        let paper = try #require(rows[4]["paper"] as? [String: Any])
        #expect(paper["table"] as? String == "Table II" && paper["combined"] as? Double == 13.8)
        #expect(paper["gain_percent"] as? Double == 73.9 && paper["composition"] == nil)
        let combined = try #require(rows[4]["combined"] as? Double)
        #expect(abs(try #require(paper["error_percent"] as? Double) - (combined / 13.8 - 1) * 100) < 1e-9)
        #expect((10..<100).contains(try #require(rows[4]["bus_load_percent"] as? Double)))
        let isolated = try #require(rows[4]["isolated"] as? [String: Double])
        #expect(abs(isolated["gpu"]! - 8) < 1e-3 && abs(isolated["LITTLE"]! - 1.5) < 1e-3)
    }

    @Test func kirinStandsBesideBothTables() throws {
        let rows = try rows("--board", "kirin970")
        #expect(rows.count == 9)
        for row in rows {
            try check(row)
            #expect(try #require(row["efficiency_after_host"] as? Double) >= 0.98)
        }
        let tables = rows.map { ($0["paper"] as? [String: Any])?["table"] as? String }
        #expect(tables == Array(repeating: "Table II", count: 5) + Array(repeating: "Table III", count: 4))
        let composition = try #require((rows[5]["paper"] as? [String: Any])?["composition"] as? [String: Double])
        #expect(composition == ["big": 1.9, "LITTLE": 0.95, "gpu": 47.47, "npu": 49.68])
        // Power is known of the big cluster alone: nothing is made up for the others, nor for all together.
        let energy = try #require(rows[5]["energy"] as? [String: Any])
        #expect(energy["meter"] as? String == "modelled")
        #expect(energy["watts"] as? [String: Double] == ["big": 5.3])
    }

    @Test func choosingDevicesAndNetworks() throws {
        let rows = try rows("--board", "kirin970", "--devices", "GPU,npu@0.5", "--networks", "ResNet50")
        let row = try #require(rows.first)
        #expect(rows.count == 1 && row["network"] as? String == "resnet50" && row["paper"] == nil)
        let isolated = try #require(row["isolated"] as? [String: Double])
        #expect(Set(isolated.keys) == ["gpu", "npu"] && abs(isolated["npu"]! - 10.95) < 1e-3)
    }

    @Test func policiesAreFollowed() throws {
        func composition(_ policy: String) throws -> [String: Double] {
            let row = try rows("--board", "exynos5422", "--networks", "alexnet", "--policy", policy)[0]
            return try #require(row["composition"] as? [String: Double])
        }
        #expect(try composition("single:gpu") == ["big": 0, "LITTLE": 0, "gpu": 100])
        #expect(try composition("fixed-shares:1,0,1") == ["big": 50, "LITTLE": 0, "gpu": 50])
    }

    /// But for the date.
    @Test func theSameSeedGivesTheSameBytes() throws {
        func lines() throws -> [Substring] {
            let arguments = ["simulate", "--board", "kirin970", "--rounds", "3", "--json", "-"]
            return try Program.run(arguments).outputLines.filter { !$0.contains("\"date\"") }
        }
        let first = try lines()
        #expect(first.count > 100)
        #expect(try lines() == first)
    }

    /// A board of one's own: jitter gives intervals, power of all devices energy of all together.
    @Test func aProfileFromAFile() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            """
            {"name": "mine", "devices": [
              {"name": "big", "unit": "4 cores", "frames_per_second": {"net": 20}, "jitter": 0.1,
               "power": {"active_watts": 4, "idle_watts": 1}},
              {"name": "gpu", "unit": "a GPU", "frames_per_second": {"net": 30}, "jitter": 0.1, "lanes": 2,
               "power": {"active_watts": 6}}]}
            """.utf8, to: "mine.json")
        let row = try #require(try rows("--board", file, "--rounds", "4", "--frames", "500").first)
        try check(row)
        #expect(row["paper"] == nil && row["bus_load_percent"] == nil)
        let combined = try #require(row["combined"] as? Double)
        #expect(abs(combined / 50 - 1) < 0.03)
        #expect(try #require((row["ci95"] as? [String: Double])?["combined"]) > 0)
        let energy = try #require(row["energy"] as? [String: Any])
        let watts = try #require(energy["watts"] as? [String: Double])
        let efficiency = try #require(energy["frames_per_joule"] as? [String: Double])
        #expect(abs(watts["combined"]! - 10) < 0.2)
        #expect(abs(efficiency["combined"]! - combined / watts["combined"]!) < 0.01)
        #expect(abs(efficiency["big"]! - 5) < 0.2)
    }

    @Test func aWrongProfileIsAFailure() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            #"{"name": "b", "devices": [{"name": "x", "unit": "u", "frames_per_second": {"n": -2}}]}"#.utf8,
            to: "wrong.json")
        for (board, fragment) in [
            (file, "devices[0].frames_per_second.n"), (folder.file("missing.json"), "missing.json"),
            (folder.path, "board profile"),
        ] {
            let result = try Program.run(["simulate", "--board", board])
            #expect(result.exitCode == 1 && result.errorLines.count == 1, "\(result.errors)")
            #expect(result.errors.contains(fragment) && result.output.isEmpty, "\(result.errors)")
        }
    }

    @Test(arguments: [
        (["--board", "rk3588"], "exynos5422, kirin970"),
        (["--board", "kirin970", "--policy", "lottery"], "earliest-completion"),
        (["--board", "kirin970", "--policy", "fixed-shares:1,1,1"], "4 devices"),
        (["--board", "exynos5422", "--policy", "single:npu"], "no device 'npu'"),
        (["--board", "exynos5422", "--devices", "npu"], "big, LITTLE, gpu"),
        (["--board", "exynos5422", "--devices", "gpu,gpu"], "listed twice"),
        (["--board", "exynos5422", "--devices", "big:0-3"], "CPU list"),
        (["--board", "exynos5422", "--networks", "vgg"], "no network 'vgg'"),
        (["--board", "kirin970", "--devices", "npu", "--networks", "mobilenet_v1"], "no network 'mobilenet_v1'"),
    ])
    func wrongValuesAreUsageErrors(arguments: [String], fragment: String) throws {
        let result = try Program.run(["simulate"] + arguments)
        #expect(result.exitCode == 64 && result.errorLines.count == 1, "\(result.errors)")
        #expect(result.errors.contains(fragment) && result.output.isEmpty, "\(result.errors)")
    }

    @Test func theTableLabelsThePaper() throws {
        let result = try Program.run(["simulate", "--board", "kirin970", "--networks", "alexnet"])
        #expect(result.exitCode == 0 && result.errors.isEmpty)
        for text in [
            "paper", "63.7", "off %", "Table II and Table III", "after host", "bus %", "14.9 GB/s", "goes first",
            "assumed", "fitted to", "modelled",
        ] {
            #expect(result.output.contains(text), "\(text)")
        }
    }
}
