// `report`: results that were kept, as a page to look at or tables to take along.

import ArgumentParser
import Reports

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Make a page or tables of results that were kept.",
        discussion: """
            Results are what 'study' and 'simulate' write with --json. The page has a sentence for each network, \
            charts, tables, the machine and the command that measured, and the JSON itself; it is one file without \
            scripts that needs no network.

            Examples:
              stream-demo report study.json --html study.html
              stream-demo report monday.json tuesday.json --html both.html
              stream-demo report study.json --markdown -
            """)

    @Argument(help: "The results' files.", completion: .file(extensions: ["json"]))
    var results: [String]

    @OptionGroup var reportOptions: ReportOptions

    func validate() throws {
        guard reportOptions.html != nil || reportOptions.csv != nil || reportOptions.markdown != nil else {
            throw ValidationError("Say what to make of it: --html FILE, --csv FILE or --markdown FILE.")
        }
    }

    func run() throws {
        for path in results { try FilesInUse.ofThisRun.reads(path) }
        let files = try reportOptions.open()
        try files.write(results.map { try ResultFile($0) })
    }
}
