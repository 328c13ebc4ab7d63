// Names of a network's classes, from a text file. Plain values.

import FoundationEssentials
import System

/// Class names, one a line, from index 0.
package struct Labels: Equatable, Sendable {
    private let names: [String]

    /// - Parameter names: lines of a file; empty ones at its end don't count.
    package init(_ names: [String]) {
        self.names = Array(names.prefix((names.lastIndex { !$0.isEmpty } ?? -1) + 1))
    }

    /// - Throws: `LabelsError`.
    package init(contentsOfFile path: String) throws(LabelsError) {
        guard !isDirectory(path) else { throw LabelsError(path: path, reason: "it is a folder") }
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            let isThere = FileManager.default.fileExists(atPath: path)
            throw LabelsError(path: path, reason: isThere ? "it can't be read" : "there is no such file")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw LabelsError(path: path, reason: "it is not UTF-8 text")
        }
        // Some editors begin a file with a mark that isn't text. A line ends in LF, CR or both.
        let lines = text.drop { $0 == "\u{FEFF}" }.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        self.init(lines.map(String.init))
        guard !names.isEmpty else { throw LabelsError(path: path, reason: "it has no names") }
    }

    package var count: Int { names.count }

    /// The name of a class; nil past the end of the file, and for an empty line.
    package subscript(index: Int) -> String? {
        names.indices.contains(index) && !names[index].isEmpty ? names[index] : nil
    }

    /// What doesn't fit, in one line; nil where there is a name for each class.
    /// - Parameters:
    ///   - classCount: how many values the network gives.
    ///   - source: what to call the file.
    package func mismatch(classCount: Int, in source: String) -> String? {
        guard names.count != classCount else { return nil }
        let background =
            switch names.count - classCount {
            case -1: "; if class 0 is the background, which has no name here, every name is off by one"
            case 1: "; if the first name is the background's, which the network lacks, every name is off by one"
            default: ""
            }
        return "\(source): \(names.count) names for \(classCount) classes: names may be wrong\(background)"
    }
}

/// A labels file that can't be used.
package struct LabelsError: Error, CustomStringConvertible {
    package let path: String
    package let reason: String
    package var description: String { "cannot read labels from '\(path)': \(reason)" }
}
