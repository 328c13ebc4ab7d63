// Where results go as JSON: a file, or standard output for "-".

import Foundation

/// A destination for text: a file that is created or overwritten, or standard output for `-`.
final class OutputFile {
    private let handle: FileHandle
    private let path: String
    private let isStandardOutput: Bool

    /// - Throws: `OutputError` naming the file when it cannot be created.
    init(_ path: String) throws {
        self.path = path
        isStandardOutput = path == "-"
        if isStandardOutput {
            handle = .standardOutput
        } else {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw OutputError(path: path, reason: String(cString: strerror(errno))) }
            handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        }
    }

    /// Writes the bytes and a line feed.
    func writeLine(_ line: Data) throws {
        do {
            try handle.write(contentsOf: line + Data("\n".utf8))
        } catch {
            throw OutputError(path: isStandardOutput ? "standard output" : path, reason: error.localizedDescription)
        }
    }
}

/// A file that cannot be written.
struct OutputError: Error, CustomStringConvertible {
    let path: String
    let reason: String
    var description: String { "cannot write '\(path)': \(reason)" }
}

/// Encodes results with stable key order and the contract's snake_case keys; one line each, or indented for people.
enum JSON {
    static func line(_ value: some Encodable) throws -> Data { try encode(value, [.sortedKeys]) }
    static func document(_ value: some Encodable) throws -> Data { try encode(value, [.sortedKeys, .prettyPrinted]) }

    private static func encode(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = formatting.union(.withoutEscapingSlashes)
        return try encoder.encode(value)
    }
}
