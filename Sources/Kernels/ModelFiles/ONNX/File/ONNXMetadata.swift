// What an ONNX model says about itself beside its graph (metadata_props): how frames become its pictures, and what its
// classes are called. Of WinML (ONNX' MetadataProps.md), Ultralytics' exporter, PaddleOCR, and this library. A value type.
import NetworkGraph

struct ONNXMetadata {
    private var entries: [String: String] = [:]

    /// Adds a StringStringEntryProto.
    mutating func read(_ bytes: ByteSlice) throws(ImportFailure) {
        var reader = ProtobufReader(bytes)
        var (key, text) = ("", "")
        while let (field, value) = try reader.next() {
            switch field {
            case 1: key = try value.text("a metadata key")
            case 2: text = try value.message("a metadata value").text ?? ""
            default: break
            }
        }
        entries[key] = text
    }

    // MARK: Pictures

    /// - Throws: for pictures that frames can't become.
    func image() throws(ImportFailure) -> StatedImage {
        var image = StatedImage()
        if isUltralytics {
            image.normalization = .unit
            image.fit = entries["task"] == "classify" ? .crop : .letterbox(grey: 114)
            let extents = Self.numbers(entries["imgsz"] ?? "")
            if let height = extents.first, let width = extents.last, extents.count <= 2, height > 0, width > 0 {
                image.size = ImageSize(width: width, height: height)
            }
        } else if entries["character"] != nil {
            (image.channels, image.normalization) = (.bgr, .centered)
        }
        if let format = entries["Image.BitmapPixelFormat"] { image.channels = Self.channels[format] }
        if let range = entries["Image.NominalPixelRange"] { image.normalization = Self.ranges[range] }
        if let fit = entries[Self.fitKey] { image.fit = ImageFit(parsing: fit) }
        if let gamma = entries["Image.ColorSpaceGamma"], gamma == "Linear" {
            throw .unsupported("the model takes pictures of linear light (Image.ColorSpaceGamma); frames are sRGB")
        }
        return image
    }

    private var isUltralytics: Bool { entries["author"] == "Ultralytics" }

    private static let channels: [String: ImageChannels] = [
        "Gray8": .grey, "Rgb8": .rgb, "Bgr8": .bgr, "Rgba8": .rgba, "Bgra8": .bgra,
    ]

    private static let ranges: [String: ImageNormalization] = [
        "NominalRange_0_255": .bytes, "Normalized_0_1": .unit, "Normalized_1_1": .centered,
        // Black is 16 and white 235.
        "NominalRange_16_235": ImageNormalization(mean: [-16 * 255 / 219], scale: [219 / 255]),
    ]

    /// This library's own.
    private static let fitKey = "coexec.fit"

    /// What a file says whose pictures are not R, G, B, stretched.
    static func entries(of image: ImageInput) -> [(key: String, value: String)] {
        var entries: [(key: String, value: String)] = []
        if image.channels != .rgb, let format = channels.first(where: { $0.value == image.channels }) {
            entries.append(("Image.BitmapPixelFormat", format.key))
        }
        if image.fit != .stretch { entries.append((fitKey, image.fit.text)) }
        return entries
    }

    // MARK: Classes

    /// The names of the classes, from index 0.
    var labels: [String]? {
        if isUltralytics, let names = entries["names"] { return Self.names(names) }
        // Index 0 is the gap between characters, the last one a space.
        guard let characters = entries["character"] else { return nil }
        return ["blank"] + characters.split(whereSeparator: \.isNewline).map(String.init) + [" "]
    }

    /// The texts of a dictionary as Python writes it, {0: 'person', 1: "driver's seat"}, by their numbers; nil for
    /// anything else.
    private static func names(_ text: String) -> [String]? {
        var (names, number): ([Int: String], Int?) = ([:], nil)
        var rest = text[...].dropFirst()
        while let first = rest.popFirst() {
            if first.isWholeNumber {
                let digits = [first] + rest.prefix { $0.isWholeNumber }
                rest = rest.dropFirst(digits.count - 1)
                number = Int(String(digits))
            } else if first == "'" || first == "\"" {
                var name = ""
                while let next = rest.popFirst(), next != first { name.append(next == "\\" ? rest.popFirst() ?? next : next) }
                guard let known = number else { return nil }
                (names[known], number) = (name, nil)
            }
        }
        guard !names.isEmpty, names.keys.max() == names.count - 1 else { return nil }
        return (0..<names.count).compactMap { names[$0] }
    }

    private static func numbers(_ text: String) -> [Int] {
        text.split { !$0.isWholeNumber }.compactMap { Int($0) }
    }
}
