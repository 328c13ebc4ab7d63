// Figures in forms to look at and to take along: `--html`, `--csv`, `--markdown`.

import ArgumentParser
import Foundation
import Reports

struct ReportOptions: ParsableArguments {
    @Option(
        help: "Write a page with charts to this file, or - for standard output; it needs no network.",
        completion: .file(extensions: ["html"]))
    var html: String?

    @Option(help: "Write the tables as comma-separated values to this file, or -.", completion: .file(extensions: ["csv"]))
    var csv: String?

    @Option(help: "Write the tables as Markdown to this file, or -.", completion: .file(extensions: ["md"]))
    var markdown: String?

    /// The files that were asked for, known to be writable before anything is measured.
    struct Files {
        fileprivate let html: OutputFile?
        fileprivate let csv: OutputFile?
        fileprivate let markdown: OutputFile?

        /// - Parameters:
        ///   - document: a result's JSON.
        ///   - name: what the page calls it.
        func write(_ document: Data, of name: String) throws {
            guard html != nil || csv != nil || markdown != nil else { return }
            try write([ResultFile(path: name, json: document)])
        }

        func write(_ results: [ResultFile]) throws {
            try html?.writeLine(ReportPage(results).html)
            let tables = results.flatMap { result in result.result.tables.map { (result.path, $0) } }
            // A line feed ends each already.
            try csv?.writeLine(tables.map(\.1.csv).joined(separator: "\n"))
            try markdown?.writeLine(
                tables.map { path, table in
                    "### \(table.title)\(results.count > 1 ? ", \(path)" : "")\n\n\(table.markdown)"
                }.joined(separator: "\n"))
        }
    }

    func open() throws -> Files {
        Files(
            html: try html.map { try OutputFile($0) }, csv: try csv.map { try OutputFile($0) },
            markdown: try markdown.map { try OutputFile($0) })
    }
}
