// Reports in a real browser, where there is one: Chromium without a window.
import Foundation
import Testing

@testable import Reports

private let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

@Suite(.serialized, .enabled(if: browser != nil, "there is no Chromium here"))
struct BrowserTests {
    /// - Returns: what the browser printed and what it complained about.
    private func run(_ arguments: [String]) throws -> (output: String, complaints: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let page = folder.appendingPathComponent("report.html")
        // A result of one's own is looked at by COEXEC_REPORT=RESULT.json COEXEC_SCREENSHOTS=FOLDER.
        let own = try ProcessInfo.processInfo.environment["COEXEC_REPORT"].map { try ResultFile($0) }
        try ReportPage([own ?? figures()]).html.write(to: page, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(browser))
        process.arguments =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
                "--user-data-dir=\(folder.path)/profile",
            ] + arguments + ["file://\(page.path)"]
        let (output, errors) = (Pipe(), folder.appendingPathComponent("errors"))
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return (text, try String(contentsOf: errors, encoding: .utf8))
    }

    @Test func theTextIsThereAndNothingComplains() throws {
        let (text, complaints) = try run(["--dump-dom"])
        #expect(text.contains("frames/s together") && text.contains("gain over the best device alone, %"))
        #expect(!complaints.contains("CONSOLE"), "\(complaints)")
    }

    @Test(arguments: [360, 800, 1400]) func itFitsItsWidth(width: Int) throws {
        let folder =
            ProcessInfo.processInfo.environment["COEXEC_SCREENSHOTS"]
            ?? FileManager.default.temporaryDirectory.path
        let picture = "\(folder)/report-\(width).png"
        _ = try run(["--hide-scrollbars", "--window-size=\(width),2600", "--screenshot=\(picture)"])
        let size = try #require(
            FileManager.default.attributesOfItem(atPath: picture)[.size] as? Int)
        #expect(size > 20_000)  // an empty page has 5 kB
        if ProcessInfo.processInfo.environment["COEXEC_SCREENSHOTS"] == nil {
            try FileManager.default.removeItem(atPath: picture)
        }
    }
}
