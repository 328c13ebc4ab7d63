// What a name gets that no built-in network has. A value.

/// A network name that the catalog doesn't have.
public struct UnknownNetworkError: Error, CustomStringConvertible {
    public let name: String
    /// The names there are.
    public let known: [String]

    /// The known name that was most likely meant: a typing slip or two away, or begun alike.
    public var suggestion: String? {
        let wanted = name.lowercased()
        let nearest = known.map { (name: $0, distance: editDistance(wanted, $0)) }.min { $0.distance < $1.distance }
        if let nearest, nearest.distance <= 2 { return nearest.name }
        return wanted.count < 3 ? nil : known.first { $0.hasPrefix(wanted) || wanted.hasPrefix($0) }
    }

    public var description: String {
        "no network '\(name)'" + (suggestion.map { "; did you mean '\($0)'?" } ?? "")
            + " (there are: \(known.joined(separator: ", ")))"
    }
}

/// Levenshtein distance: insertions, deletions and replacements from one to the other.
private func editDistance(_ a: String, _ b: String) -> Int {
    let b = Array(b)
    var row = Array(0...b.count)
    for (i, character) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in b.indices {
            let replaced = diagonal + (b[j] == character ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[b.count]
}
