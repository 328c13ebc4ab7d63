// What files of /sys list: words, numbers, CPUs.

extension SystemFiles {
    /// The words of a file's text; none where it cannot be read.
    package func words(_ file: String) -> [String] {
        ((try? text(file)) ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// Those words of a file's text that are numbers.
    package func numbers(_ file: String) -> [Double] { words(file).compactMap(Double.init).filter(\.isFinite) }

    /// The CPUs that a file lists: "0-3,6", or with blanks between, as cpufreq has them; nil where it cannot be read.
    package func cpus(_ file: String) -> CPUSet? {
        guard let text = try? text(file) else { return nil }
        return try? CPUSet(parsing: text.split(whereSeparator: \.isWhitespace).joined(separator: ","))
    }

    /// The folders `cpu0`, `cpu1`, … in a folder, by number.
    package func cpuNames(in folder: String) -> [(text: String, number: Int)] {
        names(in: folder).compactMap { name in
            guard name.hasPrefix("cpu"), let number = Int(name.dropFirst(3)), name == "cpu\(number)",
                (0..<CPUSet.numberLimit).contains(number)
            else { return nil }
            return (name, number)
        }
    }
}
