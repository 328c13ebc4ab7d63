// What a model's pictures are made of, and who says so: the caller, else the file, else its format's default. Values.
import NetworkGraph

/// Who said how frames become a network's input.
public enum ImageOrigin: String, Sendable {
    case asked = "asked for"
    case file = "as the file says"
    case format = "the format's default"
}

/// Who said each part of it.
public struct ImageOrigins: Hashable, Sendable {
    public let size: ImageOrigin
    public let channels: ImageOrigin
    public let normalization: ImageOrigin
    public let fit: ImageOrigin
}

/// What a model is fed, and who said so: its network's input may be another, since scaling at a model's beginning is
/// merged into that.
struct AssumedPictures {
    let image: ImageInput
    let origins: ImageOrigins
}

/// What a file says of its pictures; nil for what it doesn't.
struct StatedImage {
    var size: ImageSize?
    var channels: ImageChannels?
    var normalization: ImageNormalization?
    var fit: ImageFit?
}

/// What frames become, but for batch and size.
struct ImagePixels {
    let channels: ImageChannels
    let mean: [Float]
    let scale: [Float]
    let fit: ImageFit
    let resampling: ImageResampling
    let origins: ImageOrigins

    /// - Throws: where what is asked for doesn't fit the number of channels.
    init(_ options: InputOptions, _ layout: PictureLayout, _ stated: StatedImage) throws(ImportFailure) {
        let asked = options.asked
        if let wanted = asked.channels {
            guard let channels = wanted.with(layout.channels) else {
                throw .unsupported("its pictures have \(layout.channels) channels, which \(wanted.rawValue) has not")
            }
            self.channels = channels
        } else {
            let plain: ImageChannels = layout.channels == 1 ? .grey : layout.channels == 3 ? .rgb : .rgba
            channels = stated.channels?.with(layout.channels) ?? plain
        }
        let fallback = layout.channels == 3 ? options.fallbacks.rgb : options.fallbacks.other
        let normalization = asked.normalization ?? stated.normalization ?? fallback
        guard let numbers = normalization.expanded(to: channels) else {
            throw .unsupported(
                """
                its pictures have \(channels.count) channels; means are for \(normalization.mean.count) and scales for \
                \(normalization.scale.count)
                """)
        }
        (mean, scale) = (numbers.mean, numbers.scale)
        fit = asked.fit ?? stated.fit ?? .stretch
        resampling = asked.resampling ?? .area
        func origin<Value>(_ asked: Value?, _ stated: Value?) -> ImageOrigin {
            asked != nil ? .asked : stated != nil ? .file : .format
        }
        origins = ImageOrigins(
            size: asked.size != nil ? .asked : .file,
            channels: origin(asked.channels, stated.channels?.with(layout.channels)),
            normalization: origin(asked.normalization, stated.normalization), fit: origin(asked.fit, stated.fit))
    }
}

extension ImageChannels {
    /// The same colours in so many channels, with opacity or without; nil where they can't be.
    fileprivate func with(_ count: Int) -> ImageChannels? {
        switch (self, count) {
        case (.grey, 1): .grey
        case (.rgb, 3), (.rgba, 3): .rgb
        case (.bgr, 3), (.bgra, 3): .bgr
        case (.rgb, 4), (.rgba, 4): .rgba
        case (.bgr, 4), (.bgra, 4): .bgra
        default: nil
        }
    }
}

extension ImageInput {
    /// In one line, as "BGR, letterboxed into 416×416 with grey 114, from 0 to 255 (as the file says)".
    /// - Parameter origins: nil where there is no file.
    public func text(_ origins: ImageOrigins?) -> String {
        let size = "\(width)×\(height)"
        let fitted =
            switch fit {
            case .stretch: "stretched to \(size)"
            case .crop: "cropped to \(size)"
            case .letterbox(let grey): "letterboxed into \(size) with grey \(grey)"
            }
        let parts = [channels == .grey ? "grey" : channels.rawValue.uppercased(), fitted, normalizationText]
        guard let origins else { return parts.joined(separator: ", ") }
        let said = [origins.channels, origins.fit, origins.normalization]
        // One word for all that come from one place, the last of them.
        let texts = parts.indices.map { index in
            index + 1 < said.count && said[index] == said[index + 1]
                ? parts[index] : "\(parts[index]) (\(said[index].rawValue))"
        }
        return texts.joined(separator: ", ")
    }

    private var normalizationText: String {
        let known: [(ImageNormalization, String)] = [
            (.imageNet, "as for ImageNet"), (.unit, "from 0 to 1"), (.centered, "from -1 to 1"),
            (.bytes, "from 0 to 255"), (.caffe, "less ImageNet's mean colour"),
        ]
        for (normalization, text) in known {
            guard let numbers = normalization.expanded(to: channels) else { continue }
            if numbers.mean == mean, numbers.scale == scale { return text }
        }
        func text(_ values: [Float]) -> String {
            Set(values).count == 1 ? "\(values[0])" : values.map { "\($0)" }.joined(separator: ", ")
        }
        return "less \(text(mean)), over \(text(scale.map { 1 / $0 }))"
    }
}
