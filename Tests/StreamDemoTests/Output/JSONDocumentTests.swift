// docs/json.md against what the program writes: whoever reads results by that page finds what it says, and all of it.

import Foundation
import Testing

@Suite struct JSONDocumentTests {
    /// A line of a table.
    private struct Name {
        let name: String
        let meaning: Substring
        /// Not in every document.
        var isSometimes: Bool {
            ["measured only", "simulated only", "with `--", "else left out", "where "].contains { meaning.contains($0) }
        }
    }

    /// The tables of a section, in their order.
    private func tables(_ heading: String) throws -> [[Name]] {
        let file = URL(fileURLWithPath: #filePath)
        let root = (0..<4).reduce(file) { folder, _ in folder.deletingLastPathComponent() }
        let page = try String(contentsOf: root.appendingPathComponent("docs/json.md"), encoding: .utf8)
        let section = heading.isEmpty ? page[...] : try #require(page.components(separatedBy: "\n## \(heading)\n").last?[...])
        let text = section.components(separatedBy: "\n## ")[0]
        let blocks = text.components(separatedBy: "\n\n").map { $0.trimmingCharacters(in: .newlines) }
        return blocks.filter { $0.hasPrefix("| name") }.map { table in
            table.split(separator: "\n").dropFirst(2).flatMap { line -> [Name] in
                let cells = line.split(separator: "|", maxSplits: 1)
                return cells[0].matches(of: /`([a-z0-9_]+)`/).map { Name(name: String($0.output.1), meaning: cells[1]) }
            }
        }
    }

    private func check(_ object: [String: Any], _ names: [Name]) {
        let known = Set(names.map(\.name))
        #expect(Set(object.keys).subtracting(known) == [], "not on the page")
        #expect(Set(names.filter { !$0.isSometimes }.map(\.name)).subtracting(object.keys) == [], "only on the page")
    }

    @Test(arguments: [
        ["simulate", "--board", "kirin970"],
        ["study", "--networks", "mobilenet_v1_0.25", "--devices", "cpu:0", "--frames", "2", "--rounds", "2"],
    ])
    func studies(arguments: [String]) throws {
        let result = try Program.run(arguments + ["--json", "-"])
        #expect(result.exitCode == 0, "\(result.errors)")
        let document = try result.json()
        let (every, own) = (try tables("")[0], try tables("`study` and `simulate`"))
        try #require(own.count >= 2)
        check(document, every + own[0])
        for row in try #require(document["rows"] as? [[String: Any]]) { check(row, own[1]) }
    }

    @Test func comparisons() throws {
        let folder = try TemporaryFolder()
        let file = folder.file("a.json")
        _ = try Program.run(["simulate", "--board", "exynos5422", "--json", file])
        let document = try Program.run(["compare", file, file, "--json", "-"]).json()
        let (every, own) = (try tables("")[0], try #require(try tables("`compare`").first))
        check(document, every + own)
        let row = try #require((document["rows"] as? [[String: Any]])?.first)
        let meaning = try #require(own.first { $0.name == "rows" }).meaning
        for name in ["network", "what", "before", "after", "ratio", "verdict"] {
            #expect(row[name] != nil && meaning.contains("`\(name)`"))
        }
    }
}
