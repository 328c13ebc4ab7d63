// What Ultralytics' exporter says about a model: in an ONNX file's metadata, or in a file packed behind a TFLite one. A
// value type.
import FoundationEssentials
import NetworkGraph
import System

struct UltralyticsMetadata {
    /// Texts as the exporter writes them, by what they are about.
    private let entries: [String: String]

    /// - Returns: nil for what another exporter says.
    init?(_ entries: [String: String]) {
        // The oldest say no more than this.
        let isOld = entries["author"] == nil && entries["stride"] != nil && entries["names"] != nil
        guard entries["author"] == "Ultralytics" || isOld else { return nil }
        self.entries = entries
    }

    /// From what is packed behind a TFLite model: JSON, or a dictionary as Python writes it.
    /// - Throws: where the archive is damaged.
    init?(_ files: PackedFiles) throws(ImportFailure) {
        if let json = try files.content(of: "metadata.json") {
            self.init(Self.entries(ofJSON: json))
            return
        }
        for name in ["temp_meta.txt", "meta.txt"] {
            guard let text = try files.content(of: name)?.text else { continue }
            self.init(Self.entries(of: text))
            return
        }
        return nil
    }

    /// How frames become its pictures.
    var image: StatedImage {
        var image = StatedImage()
        image.normalization = .unit
        image.fit = entries["task"] == "classify" ? .crop : .letterbox(grey: 114)
        let extents = Self.numbers(entries["imgsz"] ?? "")
        if let height = extents.first, let width = extents.last, extents.count <= 2, height > 0, width > 0 {
            image.size = ImageSize(width: width, height: height)
        }
        return image
    }

    /// What the network is for: "detect", "segment", "pose", "obb" or "classify"; nil in the oldest.
    var task: String? { entries["task"] }

    /// The names of the classes, from index 0; nil if there are none.
    var labels: [String]? { entries["names"].flatMap(Self.names) }

    // MARK: Texts

    /// The texts of a dictionary as Python or JSON writes it, {0: 'person', "1": "driver's seat"}, by their numbers, or
    /// of a list; nil for anything else.
    private static func names(_ text: String) -> [String]? {
        let isList = text.first == "["
        var (names, number): ([Int: String], Int?) = ([:], nil)
        var rest = text[...].dropFirst()
        while let first = rest.popFirst() {
            if first.isWholeNumber {
                let digits = [first] + rest.prefix { $0.isWholeNumber }
                rest = rest.dropFirst(digits.count - 1)
                number = Int(String(digits))
            } else if first == "'" || first == "\"" {
                let name = quoted(&rest, by: first)
                if isList {
                    names[names.count] = name
                } else if let known = number {
                    (names[known], number) = (name, nil)
                } else {
                    guard let known = Int(name) else { return nil }
                    number = known
                }
            }
        }
        guard !names.isEmpty, names.keys.min() == 0, names.keys.max() == names.count - 1 else { return nil }
        return (0..<names.count).compactMap { names[$0] }
    }

    /// What stands before the next quote of a kind.
    private static func quoted(_ rest: inout Substring, by quote: Character) -> String {
        var text = ""
        while let next = rest.popFirst(), next != quote { text.append(next == "\\" ? rest.popFirst() ?? next : next) }
        return text
    }

    private static func numbers(_ text: String) -> [Int] {
        text.split { !$0.isWholeNumber }.compactMap { Int($0) }
    }

    /// A dictionary's values as Python writes them, of strings what they hold.
    private static func entries(of text: String) -> [String: String] {
        var entries: [String: String] = [:]
        var rest = text.drop { $0 != "{" }.dropFirst()
        while true {
            rest = rest.drop { $0 != "'" && $0 != "\"" && $0 != "}" }
            guard let quote = rest.popFirst(), quote != "}" else { return entries }
            let key = quoted(&rest, by: quote)
            rest = rest.drop { $0 == ":" || $0.isWhitespace }
            entries[key] = value(&rest)
        }
    }

    /// What stands before the comma or the bracket that ends a value.
    private static func value(_ rest: inout Substring) -> String {
        if let quote = rest.first, quote == "'" || quote == "\"" {
            rest.removeFirst()
            return quoted(&rest, by: quote)
        }
        var (value, depth) = ("", 0)
        while let next = rest.first {
            if depth == 0, next == "," || next == "}" { break }
            rest.removeFirst()
            value.append(next)
            switch next {
            case "{", "[", "(": depth += 1
            case "}", "]", ")": depth -= 1
            case "'", "\"":
                // A name may hold brackets; its escapes are read later.
                while let inside = rest.popFirst() {
                    value.append(inside)
                    if inside == next { break }
                    if inside == "\\", let escaped = rest.popFirst() { value.append(escaped) }
                }
            default: break
            }
        }
        return value
    }

    private static func entries(ofJSON bytes: ByteSlice) -> [String: String] {
        guard let text = bytes.text,
            let object = try? decodeJSON([String: JSONValue].self, from: Data(text.utf8))
        else { return [:] }
        return object.compactMapValues { value in
            if case .text(let text) = value { return text }
            return (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
