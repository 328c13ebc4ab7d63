// HTML and SVG as text. Values.

/// Text as it stands between tags and in attributes: no name of a file, device or network can be markup.
func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for character in text.unicodeScalars {
        switch character {
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "&": result += "&amp;"
        case "\"": result += "&quot;"
        // Not allowed in XML, not even written as numbers.
        case "\0"..."\u{8}", "\u{b}", "\u{c}", "\u{e}"..."\u{1f}": result += "\u{fffd}"
        default: result.unicodeScalars.append(character)
        }
    }
    return result
}

/// An element; attributes' values are escaped, the content is markup already.
func element(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: String = "") -> String {
    let list = attributes.map { " \($0)=\"\(escaped($1))\"" }.joined()
    return "<\(name)\(list)>\(content)</\(name)>"
}

extension String {
    /// Coordinates: tenths are finer than any screen.
    init(coordinate: Double) {
        // What is no number, or far outside, is drawn nowhere.
        let near = coordinate.isNaN ? 0 : Swift.min(Swift.max(coordinate, -1e6), 1e6)
        let rounded = (near * 10).rounded() / 10
        self = rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}
