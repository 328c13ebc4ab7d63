// The report: one HTML file that needs nothing else, light and dark, on a phone, a screen or paper. Values.

import System

/// A page of one or several results.
package struct ReportPage: Sendable {
    private let files: [ResultFile]

    /// - Precondition: at least one.
    package init(_ files: [ResultFile]) {
        precondition(!files.isEmpty)
        self.files = files
    }

    package var html: String {
        let results = files.enumerated().map { index, file in
            let figures = file.result
            // Of a single one, the page's title says it.
            let heading = files.count == 1 ? "" : element("h2", ["id": "result\(index)"], escaped(Self.title(file)))
            let sections = figures.sections.map { section in
                element(
                    "section", ["class": section.title == "Tables" || section.title == "In short" ? "wide" : ""],
                    element("h3", [:], escaped(section.title))
                        + (section.caption.isEmpty ? "" : element("p", ["class": "caption"], escaped(section.caption)))
                        + section.content)
            }
            let json = element(
                "details", [:],
                element("summary", [:], "The figures as JSON") + element("pre", [:], escaped(file.json)))
            return heading + element("dl", [:], Self.facts(file))
                + element("div", ["class": "sections"], sections.joined(separator: "\n")) + json
        }
        let title = files.count == 1 ? Self.title(files[0]) : "CoExec: \(files.count) results"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title>
            <style>
            \(ReportStyle.css)
            </style>
            </head>
            <body>
            <header><h1>\(escaped(title))</h1>\(contents)</header>
            <main>
            \(results.joined(separator: "\n"))
            </main>
            </body>
            </html>

            """
    }

    /// Links to several results.
    private var contents: String {
        guard files.count > 1 else { return "" }
        let links = files.enumerated().map { index, file in
            element("li", [:], element("a", ["href": "#result\(index)"], escaped(Self.title(file))))
        }
        return element("nav", [:], element("ul", [:], links.joined()))
    }

    private static func title(_ file: ResultFile) -> String {
        let networks = file.result.rows.map(\.network).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let subject = networks.count > 3 ? "\(networks.count) networks" : networks.joined(separator: ", ")
        return file.result.board.map { "\($0) in virtual time: \(subject)" } ?? "Co-execution study: \(subject)"
    }

    /// The machine, the devices, and how to measure the same again.
    private static func facts(_ file: ResultFile) -> String {
        let result = file.result
        var facts: [(String, String)] = []
        if let origin = result.origin {
            facts += [
                ("Machine", origin.machine), ("System", origin.system), ("Measured", origin.date),
                ("Program", origin.version), ("Command", origin.command.joined(separator: " ")),
            ]
        }
        if let board = result.board { facts.append(("Board", board)) }
        if let policy = result.policy { facts.append(("Policy", policy)) }
        facts += result.deviceNames.map { name in
            let precisions = Set(result.rows.compactMap { $0.precision?[name] }).sorted().joined(separator: ", ")
            return (name, [result.devices[name] ?? "", precisions].filter { !$0.isEmpty }.joined(separator: ", "))
        }
        facts.append(("File", file.path))
        return facts.map { element("dt", [:], escaped($0.0)) + element("dd", [:], escaped($0.1)) }.joined()
    }
}
