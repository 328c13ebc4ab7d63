// Runs the built program as a user would: another process, its output and its exit code.

import Foundation
import Testing

/// What a finished run of `stream-demo` left.
struct ProgramResult {
    let exitCode: Int32
    let output: String
    let errors: String

    var outputLines: [Substring] { output.split(separator: "\n") }
    var errorLines: [Substring] { errors.split(separator: "\n") }

    /// The whole standard output as JSON.
    func json() throws -> [String: Any] { try Self.json(output[...]) }

    /// Each line of standard output as JSON.
    func jsonLines() throws -> [[String: Any]] { try outputLines.map(Self.json) }

    private static func json(_ text: Substring) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }
}

enum Program {
    /// The executable that was built with the tests.
    static let executable: URL = {
        // The test bundle, or its runner, lies beside the products.
        let testProduct = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: testProduct).deletingLastPathComponent().appendingPathComponent("stream-demo")
    }()

    /// Runs the program to its end. What it remembers goes with it, unless `environment` names another cache folder.
    /// - Parameters:
    ///   - standardInput: a file that the program reads as standard input; nil for none.
    ///   - interruptAfterLines: SIGINT is sent once standard output has so many lines.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], standardInput: String? = nil,
        interruptAfterLines lineCount: Int? = nil
    ) throws -> ProgramResult {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.standardInput =
            try standardInput.map { try #require(FileHandle(forReadingAtPath: $0)) } ?? FileHandle.nullDevice
        // Files rather than pipes: nothing blocks however much the program writes.
        let folder = try TemporaryFolder()
        let (output, errors) = (folder.file("output"), folder.file("errors"))
        let inherited = ProcessInfo.processInfo.environment
        var ours = ["XDG_CACHE_HOME": folder.file("cache")]
        // PoCL would look for its compiled kernels there too, and compile them each time.
        if let base = inherited["XDG_CACHE_HOME"] ?? inherited["HOME"].map({ $0 + "/.cache" }) {
            ours["POCL_CACHE_DIR"] = inherited["POCL_CACHE_DIR"] ?? base + "/pocl/kcache"
        }
        process.environment = inherited.merging(ours) { $1 }.merging(environment) { $1 }
        process.standardOutput = try handle(creating: output)
        process.standardError = try handle(creating: errors)
        try process.run()
        if let lineCount {
            while process.isRunning,
                try String(contentsOfFile: output, encoding: .utf8).filter({ $0 == "\n" }).count < lineCount
            {
                Thread.sleep(forTimeInterval: 0.02)
            }
            process.interrupt()
        }
        process.waitUntilExit()
        return ProgramResult(
            exitCode: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
            errors: try String(contentsOfFile: errors, encoding: .utf8))
    }

    private static func handle(creating path: String) throws -> FileHandle {
        try #require(FileManager.default.createFile(atPath: path, contents: nil))
        return try #require(FileHandle(forWritingAtPath: path))
    }
}
