// `report` and `compare` from outside, and the forms that `simulate` writes its figures in.

import Foundation
import Testing

@Suite struct ReportCommandTests {
    private func succeeds(_ arguments: [String]) throws -> ProgramResult {
        let result = try Program.run(arguments)
        #expect(result.exitCode == 0, "\(result.errors)")
        return result
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func aSimulationAndItsReportSayTheSame() throws {
        let folder = try TemporaryFolder()
        let (json, page, again) = (folder.file("k.json"), folder.file("k.html"), folder.file("again.html"))
        let table = folder.file("k.csv")
        _ = try succeeds(["simulate", "--board", "kirin970", "--json", json, "--html", page, "--csv", table])
        _ = try succeeds(["report", json, "--html", again])
        // But for what the page calls the result.
        #expect(try text(page).replacing("this simulation", with: json) == text(again))
        let html = try text(page)
        #expect(html.contains("kirin970 in virtual time") && html.contains("Published: 33.4 frames/s"))
        #expect(html.utf8.count < 1 << 20)
        let rows = try text(table).split(separator: "\n")
        #expect(rows[0].hasPrefix("network,") && rows.contains { $0.hasPrefix("alexnet,") })
    }

    @Test func everyResultSaysWhereItIsFrom() throws {
        let origin = try #require(
            try succeeds(["simulate", "--board", "exynos5422", "--json", "-"]).json()["origin"] as? [String: Any])
        #expect((origin["command"] as? [String])?.dropFirst().first == "simulate")
        for key in ["version", "date", "machine", "system"] { #expect((origin[key] as? String)?.isEmpty == false) }
        #expect(try succeeds(["--version"]).output == "\(origin["version"] as? String ?? "?")\n")
    }

    @Test func twoResultsBesideEachOther() throws {
        let folder = try TemporaryFolder()
        let (fast, slow) = (folder.file("fast.json"), folder.file("slow.json"))
        _ = try succeeds(["simulate", "--board", "exynos5422", "--json", fast])
        _ = try succeeds(["simulate", "--board", "exynos5422", "--devices", "big,LITTLE,gpu@0.5", "--json", slow])
        #expect(try succeeds(["compare", fast, fast, "--fail-below", "0.99"]).output.contains("1.000"))
        let result = try Program.run(["compare", fast, slow, "--fail-below", "0.95", "--json", "-"])
        #expect(result.exitCode == 1 && result.errors.contains("alexnet, together"))
        let rows = try #require(try result.json()["rows"] as? [[String: Any]])
        let gpu = try #require(rows.first { $0["network"] as? String == "alexnet" && $0["what"] as? String == "gpu" })
        #expect(abs(try #require(gpu["ratio"] as? Double) - 0.5) < 0.001)
    }

    @Test func whatIsNoResultIsAnError() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("{}".utf8, to: "x.json")
        for arguments in [["report", file, "--html", folder.file("x.html")], ["compare", file, file]] {
            let result = try Program.run(arguments)
            #expect(result.exitCode == 1 && result.errors.contains(file) && result.errorLines.count == 1)
        }
        #expect(try Program.run(["report", file]).exitCode == 64)
        #expect(try Program.run(["report", file, "--html", file]).exitCode == 64)  // would overwrite what it reads
        #expect(!FileManager.default.fileExists(atPath: folder.file("x.html")))
    }
}
