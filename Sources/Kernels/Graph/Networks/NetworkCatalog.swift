// The built-in networks by name. Their weights are drawn from a fixed seed, so every machine runs the same numbers.

/// Networks that need no file: right architectures, random weights. For measuring speed, not for recognising things.
public enum NetworkCatalog {
    /// Names that `make` takes, in alphabetical order.
    public static var names: [String] { entries.map(\.name) }

    /// The five of the study (paper 004, section III).
    public static let studyNames = ["alexnet", "googlenet", "mobilenet_v1", "resnet50", "squeezenet"]

    /// Builds a network.
    /// - Parameters:
    ///   - name: one of `names`, in any case; `mobilenet_v1_1.0` is `mobilenet_v1`.
    ///   - batch: frames a run takes.
    /// - Throws: `UnknownNetworkError` for any other name.
    public static func make(_ name: String, batch: Int = 1) throws(UnknownNetworkError) -> Network {
        let wanted = name.lowercased()
        guard let entry = entries.first(where: { $0.name == wanted || $0.alias == wanted }) else {
            throw UnknownNetworkError(name: name, known: names)
        }
        return entry.make(entry.name, batch)
    }

    private struct Entry: Sendable {
        let name: String
        var alias: String?
        let make: @Sendable (_ name: String, _ batch: Int) -> Network
    }

    private static let entries = [
        Entry(name: "alexnet") { alexNet($0, batch: $1) },
        Entry(name: "googlenet") { googLeNet($0, batch: $1) },
        Entry(name: "mobilenet_v1", alias: "mobilenet_v1_1.0") { mobileNetV1($0, width: 1, batch: $1) },
        Entry(name: "mobilenet_v1_0.25") { mobileNetV1($0, width: 0.25, batch: $1) },
        Entry(name: "mobilenet_v1_0.5") { mobileNetV1($0, width: 0.5, batch: $1) },
        Entry(name: "mobilenet_v1_0.75") { mobileNetV1($0, width: 0.75, batch: $1) },
        Entry(name: "resnet50") { resNet50($0, batch: $1) },
        Entry(name: "squeezenet") { squeezeNet($0, batch: $1) },
    ]
}

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
