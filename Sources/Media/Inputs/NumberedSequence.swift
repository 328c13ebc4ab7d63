// Pictures whose names count: `img%03d.png`. Which files that names; reading them is `PictureFolderSource`'s.

import FoundationEssentials

/// A pattern, as C's `printf` has it, in the last part of a path. The folder is listed here: FFmpeg's own way would
/// open whatever the names lead to.
package struct NumberedSequence {
    let pattern: String
    package let folder: String
    private let prefix: String
    private let suffix: String
    /// Fewest digits, with zeros in front.
    private let digits: Int

    /// nil for what has no `%d` or `%03d`, or several.
    package init?(pattern: String) {
        let slash = pattern.lastIndex(of: "/")
        let name = slash.map { pattern[pattern.index(after: $0)...] } ?? pattern[...]
        let numbers = name.matches(of: /%%|%(?:0(\d))?d/).filter { $0.output.0 != "%%" }
        guard numbers.count == 1, let mark = numbers.first else { return nil }
        self.pattern = pattern
        folder = slash.map { $0 == pattern.startIndex ? "/" : String(pattern[..<$0]) } ?? "."
        prefix = String(name[..<mark.range.lowerBound].replacing("%%", with: "%"))
        suffix = String(name[mark.range.upperBound...].replacing("%%", with: "%"))
        digits = mark.output.1.flatMap { Int($0) } ?? 1
    }

    /// The files, and what is wrong with their numbers.
    struct Listing {
        /// In the order of their numbers.
        var fileNames: [String] = []
        /// nil where no number is left out.
        var gapNote: String?
    }

    /// - Throws: `VideoError` where the folder can't be listed, or has no such file.
    func list() throws(VideoError) -> Listing {
        let entries: [String]
        do {
            entries = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw VideoError(.unreadable, pattern, "the folder '\(folder)' can't be listed")
        }
        var found: [(number: Int, name: String)] = []
        for name in entries {
            if let number = number(of: name), canBePicture(folder + "/" + name) { found.append((number, name)) }
        }
        found.sort { $0.number < $1.number }
        guard !found.isEmpty else { throw VideoError(.noPictures, pattern, "no file has a name of this pattern") }
        return Listing(fileNames: found.map(\.name), gapNote: gapNote(found.map(\.number)))
    }

    /// The paths of its files, none where it can't be listed.
    package var paths: [String] { ((try? list())?.fileNames ?? []).map { folder + "/" + $0 } }

    private func number(of name: String) -> Int? {
        guard name.count > prefix.count + suffix.count, name.hasPrefix(prefix), name.hasSuffix(suffix) else {
            return nil
        }
        let text = name.dropFirst(prefix.count).dropLast(suffix.count)
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        // As printf would write it.
        guard text.count == digits || text.count > digits && text.first != "0" else { return nil }
        return Int(text)
    }

    private func gapNote(_ numbers: [Int]) -> String? {
        var gaps: [String] = []
        var missing = 0
        for (number, next) in zip(numbers, numbers.dropFirst()) where next > number + 1 {
            missing += next - number - 1
            gaps.append(next == number + 2 ? "\(number + 1)" : "\(number + 1) to \(next - 1)")
        }
        guard !gaps.isEmpty else { return nil }
        let shown = gaps.prefix(3).joined(separator: ", ") + (gaps.count > 3 ? ", …" : "")
        return "\(pattern): \(missing) \(missing == 1 ? "number is" : "numbers are") missing between \(numbers[0]) and "
            + "\(numbers[numbers.count - 1]): \(shown)"
    }
}
