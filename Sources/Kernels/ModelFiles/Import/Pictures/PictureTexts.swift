// What a user says of a model's pictures, as the program's options and an embedder's settings write it. Pure.
import NetworkGraph

/// What a model's pictures are made of, each as a text; what is nil follows the file, else its format's default.
public struct PictureTexts: Hashable, Sendable {
    /// "320x240": width and height, each up to 8192, where the file leaves the pictures' size open.
    public var size: String?
    /// "rgb", "bgr" or "grey"; with a fourth channel opacity follows.
    public var channels: String?
    /// Pixels are (byte − mean) ÷ scale, both of 0 to 255: "127.5", or for each channel "123.7,116.3,103.5". Where only
    /// one of the two is given, the other does nothing.
    public var mean: String?
    public var scale: String?
    /// Both by name: see `ImagePreset`.
    public var preset: String?
    /// "stretch", "crop", "letterbox" or "letterbox:0": see `ImageFit`.
    public var fit: String?
    /// "area" or "bilinear": see `ImageResampling`.
    public var resample: String?

    public init() {}
}

extension ModelOptions {
    /// - Throws: `PictureTextError` for what can't be read, or doesn't go together.
    public init(batch: Int = 1, _ texts: PictureTexts) throws(PictureTextError) {
        func read<Value>(
            _ text: String?, _ name: String, like form: String, _ value: (String) -> Value?
        ) throws(PictureTextError) -> Value? {
            guard let text else { return nil }
            guard let value = value(text) else { throw .unreadable(name, text, form: form) }
            return value
        }
        let numbers = "A or, for each channel, A,B,C"
        let plain = ImageChannels.plain.map(\.rawValue).joined(separator: ", ")
        let presets = ImagePreset.allCases.map(\.rawValue).joined(separator: ", ")
        let ways = ImageResampling.allCases.map(\.rawValue).joined(separator: ", ")
        let size = try read(texts.size, "size", like: "320x240, up to 8192x8192") { ImageSize(parsing: $0) }
        let channels = try read(texts.channels, "channels", like: plain) { ImageChannels(plain: $0) }
        let mean = try read(texts.mean, "mean", like: numbers) { ChannelNumbers(parsing: $0) }
        let scale = try read(texts.scale, "scale", like: numbers) { ChannelNumbers(parsing: $0) }
        let preset = try read(texts.preset, "preset", like: presets) { ImagePreset(rawValue: $0) }
        let fit = try read(texts.fit, "fit", like: "stretch, crop, letterbox[:GREY]") { ImageFit(parsing: $0) }
        let resampling = try read(texts.resample, "resample", like: ways) { ImageResampling(rawValue: $0) }
        try self.init(
            batch: batch, size: size, channels: channels, mean: mean, scale: scale, preset: preset, fit: fit,
            resampling: resampling)
    }

    /// - Throws: `PictureTextError` where mean, scale and preset don't go together.
    package init(
        batch: Int = 1, size: ImageSize?, channels: ImageChannels?, mean: ChannelNumbers?, scale: ChannelNumbers?,
        preset: ImagePreset?, fit: ImageFit?, resampling: ImageResampling? = nil
    ) throws(PictureTextError) {
        self.init(batch: batch, size: size, channels: channels, fit: fit, resampling: resampling)
        if let preset {
            guard mean == nil, scale == nil else { throw .presetAndNumbers }
            set(preset)
        }
        guard mean != nil || scale != nil else { return }
        let (means, scales) = (mean?.values ?? [0], scale?.values ?? [1])
        guard !scales.contains(0) else { throw .scaleOfZero }
        let count = max(means.count, scales.count)
        func each(_ values: [Float]) throws(PictureTextError) -> [Float] {
            guard values.count < count else { return values }
            guard values.count == 1 else { throw .differentChannels(means.count, scales.count) }
            return [Float](repeating: values[0], count: count)
        }
        let divisors = try each(scales)
        normalization = ImageNormalization(
            mean: try each(means), scale: divisors.map { (divisor: Float) in 1 / divisor })
    }
}

/// What a user says of pictures that can't be.
public enum PictureTextError: Error, Equatable, CustomStringConvertible {
    case unreadable(_ name: String, _ text: String, form: String)
    case presetAndNumbers
    case scaleOfZero
    case differentChannels(_ means: Int, _ scales: Int)

    public var description: String {
        switch self {
        case .unreadable(let name, let text, let form): "\(name) '\(text)' is not as it is written: \(form)"
        case .presetAndNumbers: "a preset says mean and scale: give it or them, not both"
        case .scaleOfZero: "a scale divides: it can't be 0"
        case .differentChannels(let means, let scales): "a mean of \(means) channels, and a scale of \(scales)"
        }
    }
}

extension ImageSize {
    /// As "320x240", each from 1 to 8192; nil for anything else.
    public init?(parsing text: String) {
        let extents = text.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard extents.count == 2, let width = extents[0], let height = extents[1],
            [width, height].allSatisfy((1...8192).contains)
        else { return nil }
        self.init(width: width, height: height)
    }

    /// The same, to be parsed again.
    public var text: String { "\(width)x\(height)" }
}

extension ImageChannels {
    /// Those that a user chooses from: whether opacity follows is the model's.
    package static let plain: [ImageChannels] = [.rgb, .bgr, .grey]

    /// "rgb", "bgr" or "grey"; nil for anything else.
    package init?(plain text: String) {
        guard let channels = Self.plain.first(where: { $0.rawValue == text }) else { return nil }
        self = channels
    }
}

/// A number for each channel, or one for all.
package struct ChannelNumbers: Hashable, Sendable {
    package let values: [Float]

    /// As "127.5" or "123.675,116.28,103.53"; nil for anything else.
    package init?(parsing text: String) {
        let values = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
        guard [1, 3, 4].contains(values.count), values.allSatisfy({ $0?.isFinite ?? false }) else { return nil }
        self.values = values.compactMap(\.self)
    }
}
