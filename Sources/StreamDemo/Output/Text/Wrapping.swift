// Lines that fit a terminal.

extension String {
    /// The text with lines of so many characters at most, cut at blanks; what is cut off goes on indented.
    func wrapped(to width: Int = 100) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let indent = String(line.prefix { $0 == " " })
            var lines: [String] = []
            var current = indent
            for word in line.split(separator: " ") {
                let isFirst = current.allSatisfy { $0 == " " }
                if !isFirst, current.count + 1 + word.count > width {
                    lines.append(current)
                    current = indent + "  " + word
                } else {
                    current += (isFirst ? "" : " ") + word
                }
            }
            return (lines + [current]).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
