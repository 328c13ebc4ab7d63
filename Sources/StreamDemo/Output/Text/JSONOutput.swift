// Where results go as JSON: a file, or standard output for "-".

import Foundation
import System

/// A destination for text: a file that is created or overwritten, or standard output for `-`.
final class OutputFile {
    private let path: String
    /// nil until something is written.
    private var handle: FileHandle?

    /// Finds out whether the file can be written, before there is much to lose, and leaves it as it is: a command that
    /// fails or is interrupted before its first line leaves no empty file behind, and an older one whole.
    /// - Throws: `OutputError` naming the file when it cannot be created; `UsageError` where it is in use.
    init(_ path: String, files: FilesInUse = .ofThisRun) throws {
        self.path = path
        if path == "-" {
            handle = .standardOutput
        } else if let number = obstacle(toWriting: path) {
            throw OutputError(path, number)
        }
        try files.writes(path)
    }

    /// Text for people.
    private init() { (path, handle) = ("-", .standardOutput) }
    fileprivate static var forPeople: OutputFile { OutputFile() }

    private func create() throws -> FileHandle {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw OutputError(path, errno) }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Writes the line and a line feed.
    func writeLine(_ line: String) throws { try writeLine(Data(line.utf8)) }

    /// Writes the bytes and a line feed.
    func writeLine(_ line: Data) throws {
        let handle = try handle ?? create()
        self.handle = handle
        let bytes = line + Data("\n".utf8)
        let code = bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = write(handle.fileDescriptor, bytes.baseAddress! + written, bytes.count - written)
                if count < 0 && errno != EINTR { return errno }
                written += max(count, 0)
            }
            return 0
        }
        guard code == 0 else { throw OutputError(path, code) }
    }
}

/// Prints text for people: on standard output, or on standard error where data takes standard output.
func printForPeople(_ text: String, dataIn paths: String?...) throws {
    if paths.contains(where: { $0.map(isStandardOutput) ?? false }) {
        printError(text)
    } else {
        try OutputFile.forPeople.writeLine(text)
    }
}

/// A file that cannot be written.
struct OutputError: Error, CustomStringConvertible {
    let path: String
    let reason: String
    /// Whoever read the pipe has left, as `head` does when it has enough.
    let isReaderGone: Bool

    /// - Parameter number: what `errno` says.
    fileprivate init(_ path: String, _ number: Int32) {
        (self.path, reason) = (path == "-" ? "standard output" : path, String(cString: strerror(number)))
        isReaderGone = number == EPIPE && isStandardOutput(path)
    }

    var description: String { "cannot write '\(path)': \(reason)" }
}

/// Encodes results with stable key order and the contract's snake_case keys; one line each, or indented for people.
enum JSON {
    static func line(_ value: some Encodable) throws -> Data { try encode(value, [.sortedKeys]) }
    /// A whole result, which says where it is from, and so if the user has cut it short.
    static func document(_ value: some Encodable) throws -> Data {
        try encode(Document(value: value), [.sortedKeys, .prettyPrinted])
    }

    private struct Document<Value: Encodable>: Encodable {
        let value: Value

        private enum Keys: CodingKey { case origin, interrupted }

        func encode(to encoder: any Encoder) throws {
            try value.encode(to: encoder)
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(Origin.ofThisRun(), forKey: .origin)
            if Interrupt.isByUser { try container.encode(true, forKey: .interrupted) }
        }
    }

    private static func encode(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = formatting.union(.withoutEscapingSlashes)
        return try encoder.encode(value)
    }
}
