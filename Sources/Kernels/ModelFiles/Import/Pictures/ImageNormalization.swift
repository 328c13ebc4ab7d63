// What trained networks expect of pixels. Value types.
import NetworkGraph

/// How pixels become what a model was trained on: (byte − mean[c]) × scale[c].
public struct ImageNormalization: Hashable, Sendable {
    /// One a channel in the network's order, or one for all.
    public let mean: [Float]
    public let scale: [Float]
    /// Whether the first is red's and the third blue's, whichever comes first in the network.
    private let isByColour: Bool

    /// Of one, three or four channels; others are refused when a model is opened.
    public init(mean: [Float], scale: [Float]) { self.init(mean: mean, scale: scale, isByColour: false) }

    private init(mean: [Float], scale: [Float], isByColour: Bool) {
        (self.mean, self.scale, self.isByColour) = (mean, scale, isByColour)
    }

    /// Of R, G and B.
    fileprivate init(colours mean: [Float], scale: [Float]) { self.init(mean: mean, scale: scale, isByColour: true) }

    /// The same with a number for each channel; nil where it has others.
    func expanded(to channels: ImageChannels) -> ImageNormalization? {
        let count = channels.count
        guard mean.count == scale.count else { return nil }
        if mean.count == 1 {
            return ImageNormalization(
                mean: [Float](repeating: mean[0], count: count), scale: [Float](repeating: scale[0], count: count))
        }
        guard mean.count == count else { return nil }
        guard isByColour, [.bgr, .bgra].contains(channels) else { return self }
        func reversed(_ values: [Float]) -> [Float] { [values[2], values[1], values[0]] + values.dropFirst(3) }
        return ImageNormalization(mean: reversed(mean), scale: reversed(scale))
    }
}

extension ImageNormalization {
    /// Of most models trained on ImageNet: bytes ÷ 255, less (0.485, 0.456, 0.406), over (0.229, 0.224, 0.225) for R,
    /// G and B, whatever the order of a network's channels.
    public static let imageNet = ImageNormalization(
        colours: [123.675, 116.28, 103.53],
        scale: [58.395, 57.12, 57.375].map { (deviation: Float) in 1 / deviation })

    /// From 0 to 1.
    public static let unit = ImageNormalization(mean: [0], scale: [Float(1) / 255])

    /// Of TensorFlow's models for mobile devices: from −1 to 1.
    public static let centered = ImageNormalization(mean: [127.5], scale: [Float(1) / 127.5])

    /// From 0 to 255.
    public static let bytes = ImageNormalization(mean: [0], scale: [1])

    /// Bytes less ImageNet's mean colour, as models from Caffe take them, most of them as B, G, R.
    public static let caffe = ImageNormalization(colours: [123.68, 116.779, 103.939], scale: [1, 1, 1])
}

/// What many networks' makers feed, by name.
public enum ImagePreset: String, CaseIterable, Sendable {
    case imageNet = "imagenet"
    case zeroOne = "zero-one"
    case minusOneOne = "minus-one-one"
    case bytes
    /// B, G, R, unless other channels are asked for.
    case caffe

    public var normalization: ImageNormalization {
        switch self {
        case .imageNet: .imageNet
        case .zeroOne: .unit
        case .minusOneOne: .centered
        case .bytes: .bytes
        case .caffe: .caffe
        }
    }
}

extension ModelOptions {
    /// Normalises as a preset says, whose channels count where none are asked for.
    public mutating func set(_ preset: ImagePreset) {
        normalization = preset.normalization
        if preset == .caffe { channels = channels ?? .bgr }
    }
}

extension QuantizationGrid {
    /// Pixels as an input's numbers, which are not normalised: bytes are q, or q + 128 where q is signed.
    var imageNormalization: ImageNormalization {
        ImageNormalization(mean: [Float(zeroPoint - indices.lowerBound)], scale: [scale])
    }
}
