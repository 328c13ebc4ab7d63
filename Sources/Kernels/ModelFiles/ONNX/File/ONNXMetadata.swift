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
        if let ultralytics {
            image = ultralytics.image
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

    private var ultralytics: UltralyticsMetadata? { UltralyticsMetadata(entries) }

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

    // MARK: Results

    /// What the network is for, in its exporter's words.
    var task: String? { ultralytics?.task }

    /// The names of the classes, from index 0.
    var labels: [String]? {
        if let ultralytics, let labels = ultralytics.labels { return labels }
        // Index 0 is the gap between characters, the last one a space.
        guard let characters = entries["character"] else { return nil }
        return ["blank"] + characters.split(whereSeparator: \.isNewline).map(String.init) + [" "]
    }
}
