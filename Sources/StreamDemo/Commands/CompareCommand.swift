// `compare`: two results of the same kind beside each other, for people and as a gate.

import ArgumentParser
import Reports

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare two results: what has changed for sure, and what may have.",
        discussion: """
            Results are what 'study' and 'simulate' write with --json. A change is sure where the 95 % interval of \
            after ÷ before doesn't hold 1; a study of one round has no intervals.

            With --fail-below R the exit code is 1 if all devices together (or a device that was alone) are slower \
            than R times before on any network, unless the interval says that there may be no change, and if a \
            network is missing.

            Examples:
              stream-demo compare before.json after.json
              stream-demo compare main.json branch.json --fail-below 0.95
            """)

    @Argument(help: "The earlier result.", completion: .file(extensions: ["json"]))
    var before: String

    @Argument(help: "The later result.", completion: .file(extensions: ["json"]))
    var after: String

    @Option(help: "Fail if throughput is below this share of before.")
    var failBelow: Double?

    @Option(help: "Write the comparison as JSON to this file, or - for standard output.", completion: .file())
    var json: String?

    @Option(help: "Write the table as Markdown to this file, or -.", completion: .file(extensions: ["md"]))
    var markdown: String?

    func validate() throws {
        if let failBelow, !(failBelow > 0 && failBelow <= 10) {
            throw ValidationError("--fail-below must be above 0 and up to 10.")
        }
    }

    func run() throws {
        for path in [before, after] { try FilesInUse.ofThisRun.reads(path) }
        let (jsonFile, markdownFile) = (try json.map { try OutputFile($0) }, try markdown.map { try OutputFile($0) })
        let comparison = Comparison(try ResultFile(before).result, try ResultFile(after).result)
        try jsonFile?.writeLine(JSON.document(comparison))
        try markdownFile?.writeLine(comparison.table.markdown)
        try printForPeople(Self.text(comparison), dataIn: json, markdown)
        guard let failBelow else { return }
        let failures = comparison.failures(below: failBelow)
        for failure in failures { printError("stream-demo: below \(failBelow): \(failure)") }
        if !failures.isEmpty { throw ExitCode.failure }
    }

    private static func text(_ comparison: Comparison) -> String {
        var table = Table(comparison.table.header)
        for row in comparison.table.rows { table.append(row) }
        let isUnknown = comparison.rows.contains { $0.verdict == .unknown }
        let unknown = isUnknown ? ["unknown: a result of one round has no interval (--rounds)"] : []
        return ([table.text] + unknown + comparison.missing).joined(separator: "\n")
    }
}
