// A result that was kept: what `study`, `simulate` and `bench` write with `--json`, as far as reports read it. Values.

import FoundationEssentials
import Glibc
import System

/// A file with one result.
package struct ResultFile: Sendable {
    /// As the user wrote it.
    package let path: String
    /// The file as it is, to be kept in a report.
    package let json: String
    package let result: StudyFigures

    /// Reads a file.
    /// - Throws: `ResultFileError` naming the file, and what in it isn't as it should be.
    package init(_ path: String) throws(ResultFileError) {
        func failure() -> ResultFileError { ResultFileError(path, "cannot be read: \(String(cString: strerror(errno)))") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        // To the end: pipes have no size.
        var bytes = Data()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= Self.greatestSize {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        try self.init(path: path, json: bytes)
    }

    /// - Parameter path: what errors call it.
    package init(path: String, json bytes: Data) throws(ResultFileError) {
        guard bytes.count <= Self.greatestSize else {
            throw ResultFileError(path, "is too large: results have up to \(Self.greatestSize >> 20) MB")
        }
        self.path = path
        // Files end with a line feed, documents that come from memory don't.
        json = String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes, as: UTF8.self)
        do {
            result = try decodeJSON(StudyFigures.self, from: bytes)
        } catch let error as DecodingError {
            throw ResultFileError(path, "is no result of 'study' or 'simulate': \(Self.text(error))")
        } catch {
            throw ResultFileError(path, "\(error)")
        }
        guard !result.rows.isEmpty else { throw ResultFileError(path, "has no rows") }
        for row in result.rows {
            guard !row.isolated.isEmpty else { throw ResultFileError(path, "has no devices for '\(row.network)'") }
            let rates: [Double] = Array(row.isolated.values) + [row.combined]
            guard let rate = rates.first(where: { !(1e-9...1e15 ~= $0) }) else { continue }
            throw ResultFileError(path, "says that '\(row.network)' ran at \(rate) frames/s")
        }
    }

    private static let greatestSize = 64 << 20

    private static func text(_ error: DecodingError) -> String {
        func text(_ keys: [any CodingKey], _ reason: String) -> String {
            keys.isEmpty ? reason : "\(keyPath(keys)): \(reason)"
        }
        return switch error {
        case .keyNotFound(let key, let context): text(context.codingPath + [key], "missing")
        case .typeMismatch(let type, let context): text(context.codingPath, "not of type \(type)")
        case .valueNotFound(_, let context): text(context.codingPath, "null")
        case .dataCorrupted(let context): text(context.codingPath, context.debugDescription)
        @unknown default: "\(error)"
        }
    }
}

/// What is wrong with a file.
package struct ResultFileError: Error, CustomStringConvertible {
    package let description: String

    init(_ path: String, _ reason: String) { description = "'\(path)' \(reason)" }
}
