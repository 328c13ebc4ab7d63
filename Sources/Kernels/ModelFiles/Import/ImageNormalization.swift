// What trained networks expect of pixels. A value type.
import NetworkGraph

/// How pixels become what a model was trained on: (byte − mean[c]) × scale[c] for R, G, B.
public struct ImageNormalization: Hashable, Sendable {
    public let mean: [Float]
    public let scale: [Float]

    /// - Precondition: three of each.
    public init(mean: [Float], scale: [Float]) {
        precondition(mean.count == 3 && scale.count == 3)
        (self.mean, self.scale) = (mean, scale)
    }

    /// Of most models trained on ImageNet: bytes ÷ 255, less (0.485, 0.456, 0.406), over (0.229, 0.224, 0.225).
    public static let imageNet = ImageNormalization(
        mean: [123.675, 116.28, 103.53], scale: [58.395, 57.12, 57.375].map { (deviation: Float) in 1 / deviation })
}

extension ImageNormalization {
    /// From 0 to 1.
    public static let unit = ImageNormalization(
        mean: [0, 0, 0], scale: [Float](repeating: 1 / 255, count: 3))

    /// Of TensorFlow's models for mobile devices: from −1 to 1.
    public static let centered = ImageNormalization(
        mean: [127.5, 127.5, 127.5], scale: [Float](repeating: 1 / 127.5, count: 3))
}

extension QuantizationGrid {
    /// Pixels as an input's numbers, which are not normalised: bytes are q, or q + 128 where q is signed.
    var imageNormalization: ImageNormalization {
        let mean = Float(zeroPoint - indices.lowerBound)
        return ImageNormalization(mean: [mean, mean, mean], scale: [scale, scale, scale])
    }
}
